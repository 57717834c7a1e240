"""What a run leaves behind: the arrays, their measures, the paired effects, the folder."""

from sim.results.result import Result

__all__ = ["Result"]
