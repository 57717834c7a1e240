"""The answer as plain values: what the terminal prints, and what ``--json`` gives to other programs."""

from sim.results import narrative
from sim.results.decomposition import sentences
from sim.results.effects import basis_rows, effect, sentence
from sim.results.facts import facts
from sim.results.summary import country_rows, hub_rows, route_rows, shown_hubs
from sim.show import hub_shares


def answer(result, folder=None, hubs=None):
    """Everything that the terminal's answer says of one scenario.

    Parameters
    ----------
    result : Result of one scenario
    folder : where it was saved, or None
    hubs : list of the hubs to show; those that matter if None

    Returns
    -------
    dict of plain values: shares in %, effects in percentage points, rates in % of the stock a year
    """
    record = result.record
    largest = largest_effect(result)
    found = facts(result)
    return {
        **{key: record[key] for key in ("name", "title", "question", "sentences", "notices", "warnings")},
        "subject": found["subject"],
        "answer": narrative.answer(result),
        "told": narrative.sentences(found),
        "places": [_plain_row(row) for row in found["rows"]],
        "causes": found["causes"],
        "first": int(result.data.time.values[0]),
        "last": int(result.data.time.values[-1]),
        "pairs": result.data.sizes["replicate"],
        "largest": largest and {"hub": largest, "sentence": sentence(result, f"share:{largest}")},
        "hubs": hub_rows(result, hubs),
        "countries": country_rows(result, hubs),
        "uncertainty_parts": sentences(result),
        "long_run": hub_shares.sentences(hub_shares.quoted(result, 3)),
        "by_employer": basis_rows(result),
        "routes": route_rows(result),
        **{key: record[key] for key in ("legal", "population", "seed", "uncertainty", "refused_draws")},
        "held": [row for row in record["assumptions"] if row["held"] is not None],
        "weak": [row for row in record["assumptions"] if row["grade"] == "D"],
        "compute": next(row for row in record["assumptions"] if row["name"] == "b_compute"),
        "assumptions": len(record["assumptions"]),
        "versions": record["versions"],
        "folder": str(folder) if folder else None,
    }


def _plain_row(row):
    """A row of the table by country without its arrays."""
    return {key: value for key, value in row.items() if key not in ("members", "by_pair", "where")}


def answers(result, folder=None):
    """The answer of every scenario of a comparison, over the same hubs: label -> :func:`answer`."""
    hubs = shown_hubs(result)
    return {arm: answer(result.versus(arm), folder, hubs) for arm in result.arms}


def largest_effect(result):
    """The hub whose share changes most, or None if no pair differs."""
    mean = abs(effect(result, "share").mean("replicate")).to_series()
    return str(mean.idxmax()) if mean.max() > 0 else None


def plain_rows(table):
    """A table as a list of dicts of plain values; what is not known (nan) is None, for JSON knows no nan."""
    return table.astype(object).where(table.notna(), None).to_dict("records")
