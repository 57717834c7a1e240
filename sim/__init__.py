"""Talentflow: where the world's AI engineers will live and work if a policy changes.

>>> from sim import load, run
>>> load("h1b_fee").title
'US $100,000 H-1B fee'
"""

from importlib import import_module

__version__ = "0.1.0"

# Loaded when first asked for, so that `talentflow --help` and `import sim` stay quick.
_ROOMS = {
    "load": "sim.scenario.files",
    "Scenario": "sim.scenario.files",
    "run": "sim.study.simulate",
    "Result": "sim.results.result",
    "measure": "sim.results.measures",
    "effect": "sim.results.effects",
    "plot_shares": "sim.show.plots.shares",
    "plot_effects": "sim.show.plots.effects",
    "draw_figures": "sim.show.plots",
    "TalentflowError": "sim.errors",
}
__all__ = ["__version__", *_ROOMS]


def __getattr__(name):
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ROOMS[name]), name)


def __dir__():
    return __all__
