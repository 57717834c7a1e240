"""What published facts said of the model when it was last validated, for every answer: all of them, and its own."""

import json
from functools import cache
from pathlib import Path

SHIPPED = Path(__file__).parent / "data" / "verdicts.json"  # written by ``python -m sim.show.gates``
KEPT = ("id", "statistic", "unit", "low", "high", "median", "inside", "verdict", "scenarios")


def kept(rows):
    """What ships of the gates that decide: list of dict, one JSON object a line."""
    return "[\n" + ",\n".join(json.dumps({key: row[key] for key in KEPT}) for row in rows) + "\n]\n"


@cache
def shipped():
    """The gates that decide, as the last validation found them."""
    return json.loads(SHIPPED.read_text(encoding="utf-8"))


def of_scenario(record):
    """The gates that were measured on a run's own scenarios as they ship: list of dict, with ``name`` of the scenario.

    Parameters
    ----------
    record : dict, of a run or a comparison
    """
    told = record["arms"].values() if "arms" in record else [record]
    names = {name for one in told for name in one.get("parts", one["name"].split("+"))} - {"baseline"}
    return [row | {"name": name} for name in sorted(names) for row in shipped() if name in row["scenarios"]]


def sentences(result):
    """How many published facts the model reproduces, and what those of the result's own scenarios say.

    Parameters
    ----------
    result : Result of one scenario or of several

    Returns
    -------
    list of str
    """
    rows = shipped()
    passed = sum(row["verdict"] == "passed" for row in rows)
    return [
        f"Of {len(rows)} published facts that decide whether the model holds, it reproduces {passed} "
        "(talentflow validate).",
        *(
            f"On the scenario {row['name']} as it ships, {row['id']} is {row['verdict']}: {row['statistic']}, "
            f"{row['unit']}: {_found(row)}, published {_band(row)}."
            for row in of_scenario(result.record)
        ),
    ]


def _found(row):
    if row["median"] is None:
        return "not measured"
    return f"{row['median']:.3g} in the model, inside in {100 * row['inside']:.0f} % of draws"


def _band(row):
    if row["low"] == row["high"]:
        return f"{row['low']:g}"
    if row["high"] is None:
        return f"at least {row['low']:g}"
    return f"at most {row['high']:g}" if row["low"] is None else f"{row['low']:g} to {row['high']:g}"
