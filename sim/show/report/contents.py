"""Collect the contents of a report as plain texts and tables; the templates only lay them out."""

from typing import Any

from sim.results import narrative
from sim.results.cells import basis_table, hub_table, route_table
from sim.results.display import added_up
from sim.results.effects import LEAST, basis_rows
from sim.results.facts import facts
from sim.results.record import digest, folder_name, plain, settings
from sim.results.summary import route_rows, shown_hubs
from sim.scenario.assumptions import ENOUGH, PRIOR_DRIVEN
from sim.show import backcast, hub_shares, index
from sim.show.plots import KINDS
from sim.show.report.brief import brief_contents

OPTIONS = ("population", "replicates", "years", "start", "seed")
CAUTION = "b_compute"  # the assumption without any causal evidence: it stands first


def contents(result) -> dict[str, Any]:
    """Collect all that the templates use.

    Parameters
    ----------
    result : Result of one scenario or of several

    Returns
    -------
    dict; a table in it is (list of headings, list of rows of texts)
    """
    record = result.record
    scenarios = [_scenario(result.versus(arm), arm) for arm in result.arms]
    several = len(scenarios) > 1
    return {
        **brief_contents(result),
        "answer": narrative.paragraphs(result),
        "added_up": added_up(result) if several else [],
        "comparison": hub_table(result) if several else None,
        "reading": narrative.reading(result),
        "scenarios": scenarios,
        "warnings": _once(scenarios, "warnings"),
        "notices": _once(scenarios, "notices"),
        "index": None if several else _index(result),
        "kinds": KINDS,
        "long_run": hub_shares.table_of(shown_hubs(result)),
        "long_run_reading": hub_shares.reading(),
        "long_run_lines": hub_shares.hub_share_sentences(hub_shares.quoted(result, 3)),
        "weak": narrative.weak_evidence(record),
        "backcast": backcast.shipped_line(),
        "assumed": narrative.assumed(record),
        "verdicts": narrative.verdicts(result),
        "assumptions": _assumptions(record["assumptions"]),
        "provenance": _provenance(record),
        "commands": _commands(record),
        "files": _files(record),
    }


def _scenario(result, arm) -> dict[str, Any]:
    """Collect the texts and tables of one scenario."""
    record, routes, employed = result.record, route_rows(result), basis_rows(result)
    return {
        "label": arm,
        "title": record["title"],
        "question": record["question"],
        "sentences": record["sentences"],
        "notices": record["notices"],
        "warnings": record["warnings"],
        "hubs": hub_table(result),
        "reading": narrative.reading(result),
        "uncertainty": narrative.uncertainty(result),
        "employers": basis_table(employed) if employed else None,
        "least": LEAST,
        "routes": route_table(routes),
        "composition": narrative.composition(routes[0]) if routes else [],
        "money": _money(result),
        "published": narrative.published_sentences(facts(result)),
        "years": f"{result.data.year.values[0]} to {result.data.year.values[-1]}",
    }


def _money(result) -> tuple[list[str], list[list[str]]] | None:
    """Tabulate what the scenario costs the public of its subject, million USD a year; None if nothing was counted."""
    money = facts(result)["money"]
    if not money or not money["parts"]:
        return None
    rows = [*money["parts"], money["cost"] | {"name": "net cost"}]
    signed = lambda value: f"{'+' if value > 0 else ''}{narrative.figures(value)}"  # noqa: E731
    span = lambda row: f"{signed(row['low'])} to {signed(row['high'])}"  # noqa: E731
    head = ["million USD of 2026 a year", "effect", "90 % of runs"]
    return head, [[row["name"], signed(row["mean"]), span(row)] for row in rows]


def _once(scenarios, what) -> list[str]:
    """Collect the lines of all scenarios, each line once."""
    return list(dict.fromkeys(line for scenario in scenarios for line in scenario[what]))


def _index(result) -> dict[str, Any] | None:
    """Tabulate the talent index of the first year; None for a run that was saved without its columns."""
    if not index.is_kept(result.data):
        return None
    # the table as texts, and which of its columns are words
    rows = index.index_table(result)
    head, texts = index.index_texts(rows)
    return {
        "year": rows.attrs["year"],
        "table": (head, texts),
        "texts": index.columns_of_text(head),
        "reading": index.index_reading(result, rows),
    }


def _assumptions(rows) -> tuple[list[str], list[list[str]]]:
    """Tabulate the assumptions: the one without causal evidence first, then from the weakest grade to the best."""
    head = ["assumption", "meaning", "central", "90 % range", "unit", "grade", "fitted to facts", "source"]
    # grade D before C, B and A
    order = sorted(rows, key=lambda row: (row["name"] != CAUTION, -ord(row["grade"])))
    return head, [
        [
            row["name"],
            row["meaning"],
            f"{row['central']:g}",
            _range(row),
            row["unit"],
            row["grade"],
            _fitting(row),
            row["source"],
        ]
        for row in order
    ]


def _fitting(row) -> str:
    """Describe how far the calibration narrowed the range of an assumption; '' for runs of versions before it."""
    if row.get("shrinkage") is None:
        return ""
    return PRIOR_DRIVEN if row["shrinkage"] < ENOUGH else f"narrowed by {100 * row['shrinkage']:.0f} %"


def _range(row) -> str:
    """Format the 90 % range of an assumption, or say why it has none."""
    if row["held"] is not None:
        return "fixed by the user"
    return "fixed" if row["low"] == row["high"] else f"{row['low']:g} to {row['high']:g}"


def _provenance(record) -> list[tuple[str, str]]:
    """List what made the numbers as pairs of texts."""
    lines = {
        "run": folder_name(record),
        "size": f"{narrative.number_of(record['replicates'], 'pair')} of {narrative.engineers(record)}; one simulated "
        f"engineer stands for {record['weight']:,.1f}",
        "years": f"{record['start']} to {record['start'] + record['years']}, 1 January to 1 January",
        "seed": str(record["seed"]),
        "spread holds": narrative.contents(record),
        "refused draws": f"{record['refused_draws']} draws of the assumptions",
        "baseline": narrative.baseline_title(record),
        "versions": ", ".join(f"{name} {number}" for name, number in record["versions"].items()),
        "digest of the inputs": digest(record),
    }
    # what was read, by digest, and how long each part took
    lines |= {f"digest of the {what}": value for what, value in record["digests"].items()}
    lines |= {what.replace("_", " "): f"{value:g}" for what, value in record["timings"].items()}
    return list(lines.items())


def _commands(record) -> list[str]:
    """Write the commands that check and repeat the run, to be typed inside its folder."""
    arm_records = record.get("arms", {"scenario": {"parts": ["scenario"]}})
    # the stack of all scenarios comes from --interaction, not from a file
    whole = [
        arm for arm, one in arm_records.items() if len(one["parts"]) > 1 and len(arm_records) == len(one["parts"]) + 1
    ]
    arms = [f"{plain(arm)}.toml" for arm in arm_records if arm not in whole] + ["--interaction"] * bool(whole)
    options = [f"--{name} {record[name]}" for name in OPTIONS]
    options += [f"--uncertainty {record['uncertainty']}"] if record["uncertainty"] != "all" else []
    options += ["--assumptions assumptions.toml"] if settings(record)["assumptions"] else []
    options += ["--world world"] if "world" in record["digests"] else []
    verb = "compare" if "arms" in record else "run"
    return ["talentflow verify .", " ".join(["talentflow", verb, *arms, "--baseline baseline.toml", *options])]


def _files(record) -> dict[str, str]:
    """Return the files that the commands read: name -> text."""
    arms = record.get("arms", {"scenario": record})
    files = {f"{plain(arm)}.toml": arm_records["scenario"] for arm, arm_records in arms.items()}
    files["baseline.toml"] = record["baseline"]
    changes = settings(record)["assumptions"]
    if changes:
        files["assumptions.toml"] = "\n".join(["[assumptions]", *(f"{k} = {_toml(v)}" for k, v in changes.items())])
    return files


def _toml(value) -> str:
    """Write a value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {number!r}" for key, number in value.items()) + " }"
    return repr(value)
