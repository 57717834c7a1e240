"""Talentflow: where the world's AI engineers will live and work if a policy changes.

>>> from sim import load, run
>>> load("h1b_fee").title
'US $100,000 H-1B fee'
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from sim.kernel_cache import find_place

__version__ = "0.1.0"

find_place(Path(__file__).parent)

# public name -> its module; imported when the name is first used, so `talentflow --help` and `import sim` are quick
_MODULE_OF = {
    "load": "sim.scenario.files",
    "Scenario": "sim.scenario.files",
    "run": "sim.study.run",
    "compare": "sim.study.run",
    "breakeven": "sim.study.breakeven",
    "why": "sim.study.attribution",
    "backcast": "sim.study.backcast",
    "hindcast": "sim.study.hindcast",
    "sweep": "sim.study.sweep.runner",
    "Sweep": "sim.results.sweep",
    "Result": "sim.results.result",
    "measure": "sim.results.measures",
    "effect": "sim.results.effects",
    "effect_table": "sim.results.summary",
    "origins": "sim.results.decomposition",
    "write_graphml": "sim.results.export",
    **{
        f"plot_{kind}": f"sim.show.plots.{kind}"
        for kind in (
            "shares",
            "effects",
            "ranks",
            "backlog",
            "brain_gain",
            "comparison",
            "flow_map",
            "net_migration",
            "heat_map",
            "causes",
            "slope",
            "countries",
        )
    },
    "illustrate": "sim.show.illustrate",
    "write_report": "sim.show.report",
    "TalentflowError": "sim.errors",
}
__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULE_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
