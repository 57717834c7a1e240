"""Results of runs: arrays, measures, paired effects and the folder that holds them."""

__all__ = ["Result"]


def __getattr__(name) -> type:
    """Import ``Result`` on first use: worker processes never need what it imports."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sim.results.result import Result

    return Result
