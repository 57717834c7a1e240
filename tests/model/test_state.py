"""The steps of a year change only the attributes of a simulation that their modules declare."""

import ast
import inspect
import sys

import numpy as np
from worlds import CENTRE, rules_for, setting, shipped_world, years_of

from sim.model import year
from sim.model.state import Simulation

# steps of the loop that are functions of a simulation and a year
STEPS = [
    node.func.id
    for node in ast.walk(ast.parse(inspect.getsource(year.simulate)))
    if isinstance(node, ast.Call)
    and isinstance(node.func, ast.Name)
    and getattr(year, node.func.id, None)
    and list(inspect.signature(getattr(year, node.func.id)).parameters)[:1] == ["sim"]
]
MODULE = {name: getattr(year, name).__module__ for name in STEPS}
SHARED = {
    "world",
    "a",
    "constants",
    "baseline_rules",
    "layout",
    "routes",
    "policies",
    "rules",
    "table_cache",
    "tables_in_force",
    "residents_cache",
}  # read only


def picture(value):
    """Something equal for equal contents, whatever a value is made of."""
    if isinstance(value, np.ndarray):
        return (value.shape, value.tobytes())
    if isinstance(value, tuple | list):
        return tuple(picture(part) for part in value)
    if isinstance(value, dict):
        return {key: picture(part) for key, part in value.items()}
    if hasattr(value, "__dict__"):
        return {key: picture(part) for key, part in vars(value).items() if key not in ("sim", "_kept")}
    return value


def pictures(sim):
    # odds of staying are noted by whoever chooses first: they follow from the other tables
    seen = vars(sim) | {"tables": sim.tables._replace(odds=None)}
    return {name: picture(value) for name, value in seen.items() if name not in SHARED}


def test_steps_change_what_their_modules_declare(monkeypatch):
    changed = {}

    def watched(name, step):
        def run(sim, *when):
            before = pictures(sim)
            step(sim, *when)
            after = pictures(sim)
            found = {key for key, value in after.items() if before.get(key) != value}
            changed[name] = changed.get(name, set()) | found

        return run

    for name in STEPS:
        monkeypatch.setattr(year, name, watched(name, getattr(year, name)))
    rules = rules_for(setting())
    rules["acquihire_rate"] = rules["acquihire_rate"] + 0.5
    rules["graduates"] = rules["graduates"] * 1.5  # so that there are more entrants than on the path
    rules["sector_remote"] = rules["sector_remote"] * 0.5
    for _ in years_of(shipped_world(5_000, 2), CENTRE, rules=rules):
        pass
    assert len(STEPS) >= 10
    assert changed["promote"] == {"people", "accounts"}  # the watch sees what happens
    for name in STEPS:
        assert changed[name] <= set(sys.modules[MODULE[name]].WRITES), name


def test_nothing_is_born_after_the_start():
    for sim in years_of(shipped_world(5_000, 2)):
        assert set(vars(sim)) == set(Simulation.__annotations__)
