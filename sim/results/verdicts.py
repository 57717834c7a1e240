"""Verdicts of the last validation, shipped with the package: of all gates, and of those on a run's own scenarios."""

import json
from functools import cache
from pathlib import Path

from sim.scenario.assumptions import shipped_fit

SHIPPED = Path(__file__).parent / "data" / "verdicts.json"  # written by ``python -m sim.show.gates``
KEPT = ("id", "statistic", "unit", "low", "high", "median", "inside", "verdict", "scenarios")


def as_json(rows) -> str:
    """Return the JSON text of the shipped gates that decide, one object a line."""
    return "[\n" + ",\n".join(json.dumps({key: row[key] for key in KEPT}) for row in rows) + "\n]\n"


@cache
def shipped() -> list[dict]:
    """Return the gates that decide, as measured by the last validation."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def of_scenario(record) -> list[dict]:
    """Return the gates that were measured on a run's own scenarios: list of dict, with ``name`` of the scenario.

    Parameters
    ----------
    record : dict, of a run or a comparison
    """
    runs = record["arms"].values() if "arms" in record else [record]
    names = {name for one in runs for name in one.get("parts", one["name"].split("+"))} - {"baseline"}
    return [row | {"name": name} for name in sorted(names) for row in shipped() if name in row["scenarios"]]


# ------------------------------------------------------------------------------
# The published experiments that are nearest to a policy, and whether a fit without them predicts them.
# ------------------------------------------------------------------------------


FAMILIES = {  # family of experiments -> in words
    "inventors": "top taxes on inventors",
    "us_states_stars": "state taxes on star scientists",
    "denmark": "the Danish scheme",
    "netherlands": "the Dutch scheme",
    "italy": "the Italian scheme",
    "china_conjoint": "Chinese doctors' pay at home",
    "canada_flows": "H-1B denials, seen in Canada",
    "h1b_cap2004": "the H-1B cap of 2004",
    "opt": "the OPT extension",
    "us_phd_stay": "stays in green-card queues",
}
ALIKE = {"stem_opt": "opt", "h1b_exempt": "h1b", "newcomer_relief": "newcomer", "newcomer_years": "newcomer"}
ALIKE |= {"returnee_relief": "returnee", "returnee_years": "returnee"}
ALIKE |= {f"{group}_grandfathered": group for group in ("newcomer", "returnee")}


def nearest(levers) -> list[dict]:
    """Return the families of experiments nearest to some levers: list of dict of ``name`` and ``held``.

    Nearest are studies of the same lever in the same place, else of the same lever elsewhere; all rules of a route are
    one lever here. An empty list where no study is near, or the shipped fit has left none out.
    """
    fit = shipped_fit()
    holds = {row["family"]: bool(row["held"]) for row in fit.get("families", [])}
    nearness = {}
    for row in fit.get("left_out", []):
        if row["family"] not in holds or row["family"] not in FAMILIES:
            continue
        # the nearest pair of a lever here and a lever of the study
        near = max((_nearness(mine, theirs) for mine in levers for theirs in row["levers"]), default=0)
        nearness[row["family"]] = max(nearness.get(row["family"], 0), near)
    best = max(nearness.values(), default=0)
    return [{"name": FAMILIES[name], "held": holds[name]} for name, near in nearness.items() if near == best > 0]


def _nearness(mine, theirs) -> int:
    """Return 2 for the same lever in the same place, 1 for the same elsewhere, else 0."""
    (place, lever), (other_place, other) = _apart(mine), _apart(theirs)
    return 0 if lever != other else 1 + bool(place & other_place)


def _apart(lever) -> tuple[set[str], tuple[str, ...]]:
    """Return the places of a lever's path, and what it moves there."""
    _, place, *rest = f"{lever}..".split(".")
    names = [ALIKE.get(name, name) for name in rest if name]
    return set(place.strip("{}").split(",")), tuple(names[:2])
