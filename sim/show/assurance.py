"""Assurance pack of a saved run: what a reviewer asks for before a ministry leans on it, as HTML and DOCX.

It follows the AQuA Book (2025: purpose, assumptions, checks, uncertainty, sign-off) and names the fields of the
algorithmic transparency record. Everything is read from the run's folder, whose digests are checked first, and every
page bears the digest of the run.
"""

from pathlib import Path

import numpy as np

from sim.errors import UsageError, saving
from sim.results.effects import LEAST_PAIRS
from sim.results.facts import facts
from sim.results.measures import measure
from sim.results.narrative import published_sentences, sentences, weak_evidence
from sim.results.record import digest, folder_name
from sim.results.result import Result
from sim.results.verdicts import of_scenario, shipped
from sim.show.report.pages import templates

FORMATS = ("html", "docx")
HIGH, MEDIUM = 0.5, 0.3  # rank correlation of an assumption with the effect: high and medium impact
QUALITY = {"A": "measured", "B": "derived", "C": "industry, without data", "D": "assumed"}
ROLES = ("Senior responsible owner", "Analyst", "Analytical assurer", "Reviewer outside the team")
PURPOSE = (
    "To compare a policy with the rules in force: where AI engineers live under each, with the same chance in both.",
    "Not to decide about a person, not to forecast head counts, and not as the sole ground of a decision "
    "(docs/what_it_is_not_for.md).",
)
RECORD = (
    ("Name and version", "talentflow {version}"),
    ("Owner, contact, senior responsible owner", "[to be filled in by the body]"),
    ("What the tool does", "simulates engineers one by one under two sets of rules; no machine learning"),
    ("Inputs", "a scenario file, world tables with sources and grades, assumptions with ranges; no personal data"),
    ("Outputs", "effects with spread and error, public cost, report, arrays, digests"),
    ("Human review", "[who reads warnings and assumptions, and who signs off]"),
    ("Frequency and scale of use", "[runs a year, decisions informed]"),
    ("Impact assessments", "[data protection: none needed for the tool, it holds no personal data; equality: ...]"),
    ("Risks and mitigations", "known misses and weak evidence below; replay by talentflow verify"),
)


def contents(result) -> dict:
    """Collect the pack as plain texts and tables: list of (heading, paragraphs, table or None).

    Parameters
    ----------
    result : Result of one scenario

    Returns
    -------
    dict: ``title``, ``bound`` (the digests) and ``sections``
    """
    record, outcome = result.record, facts(result)
    texts_of_answer = sentences(outcome)
    name = folder_name(record)
    # misses of the last validation, marked if they were measured on this policy
    missed = [row for row in shipped() if row["verdict"] != "passed"]
    own = {row["id"] for row in of_scenario(record)}
    # (heading, texts, table or None), in the order that reviewers ask for
    sections = [
        ("1. Purpose and fitness", [*PURPOSE, f"Question: {record['question'] or record['title']}"], None),
        (
            "2. The answer",
            [
                texts_of_answer["headline"],
                texts_of_answer["others"],
                texts_of_answer["money"],
                *published_sentences(outcome),
            ],
            None,
        ),
        (
            "3. What was changed",
            [*record["sentences"], *(f"Notice: {text}" for text in record["notices"] + record["warnings"])],
            None,
        ),
        ("4. Assumptions log, by quality and impact", [_impact_reading(outcome["pairs"])], assumptions_log(result)),
        ("5. Checks done", [], checks(result)),
        (
            "6. Known misses",
            [f"Of {len(shipped())} published facts that decide, the model misses {len(missed)}."],
            (
                ["fact", "statistic", "model", "published", "on this policy"],
                [
                    [row["id"], row["statistic"], _number(row["median"]), _band(row), "yes" if row["id"] in own else ""]
                    for row in missed
                ],
            ),
        ),
        ("7. Uncertainty", _uncertainty(result, outcome, texts_of_answer), None),
        ("8. Algorithmic transparency record", [], (["field", "entry"], _record(record))),
        (
            "9. Sign-off",
            ["The pack is valid for this digest alone; another run needs another sign-off."],
            (["role", "name", "decision", "date"], [[role, "", "", ""] for role in ROLES]),
        ),
    ]
    return {
        "title": record["title"],
        "bound": f"Run {name}, digest of the inputs {digest(record)}",
        "sections": [(heading, [text for text in texts if text], table) for heading, texts, table in sections],
    }


def assumptions_log(result) -> tuple[list[str], list[list[str]]]:
    """Tabulate the assumptions with quality (grade) and impact on the answer, the weakest with most impact first.

    Impact is the rank correlation between an assumption's draws and the effect on the subject's engineers.
    """
    from scipy.stats import rankdata

    outcome = facts(result)
    # paired effects on the engineers of the subject
    subject = outcome["subject"] or outcome["lead"]["label"]
    query = "stock" if subject == "world" else f"stock:{subject}"
    values = measure(result, query)
    values = values.sum("hub") if "hub" in values.dims else values
    effect = (values.sel(arm="scenario") - values.sel(arm="baseline")).values
    draws, rows = result.record["draws"], []
    for row in result.record["assumptions"]:
        drawn = np.asarray(draws.get(row["name"], []), float)
        # a fixed assumption, or an effect that never varies, has no correlation
        rho = 0.0
        if len(drawn) == len(effect) and np.ptp(drawn) > 0 and np.ptp(effect) > 0:
            rho = float(np.corrcoef(rankdata(drawn), rankdata(effect))[0, 1])
        impact = "high" if abs(rho) >= HIGH else "medium" if abs(rho) >= MEDIUM else "low"
        span = "fixed" if row["low"] == row["high"] else f"{row['low']:g} to {row['high']:g}"
        text = [row["name"], row["meaning"], f"{row['central']:g} ({span}) {row['unit']}"]
        rows.append(
            (row["grade"], abs(rho), [*text, f"{row['grade']}: {QUALITY[row['grade']]}", impact, f"{rho:+.2f}"])
        )
    # impact first, then the weaker evidence
    rows.sort(key=lambda row: (-round(row[1] >= HIGH) - (row[1] >= MEDIUM), -ord(row[0]), -row[1]))
    head = ["assumption", "meaning", "central (90 % range)", "quality", "impact", "rank correlation"]
    return head, [cells for *_, cells in rows]


def _impact_reading(pairs) -> str:
    """Explain quality and impact, and how much impact chance alone gives."""
    noise = 1 / np.sqrt(max(pairs - 1, 1))
    return (
        "Quality is the grade of the evidence. Impact is the rank correlation of the draws with the effect over "
        f"{pairs} pairs: high from {HIGH:g}, medium from {MEDIUM:g}; by chance alone it lies within {2 * noise:.2f} of "
        "0. A sweep measures it properly."
    )


def checks(result) -> tuple[list[str], list[list[str]]]:
    """Check the run, and tabulate check and outcome."""
    data = result.data
    # the ledger: stock at the end is stock at the start, plus entrants and arrivals, less departures and exits
    stock = data.stock.sum("tier")
    start, end = (
        stock.isel(time=cut).rename(time="year").drop_vars("year").values for cut in (slice(0, -1), slice(1, None))
    )
    arrivals, departures = data.flow.sum("origin").values, data.flow.sum("destination").values
    # rounding of floats is allowed, a hundredth of an agent at most
    left = start + data.entrants.sum("tier").values + arrivals - departures - data.exits.values - end
    gap = float(np.abs(left).max())
    rows = [
        ["every file matches its digest in run.json", "passed: the folder could not be read otherwise"],
        [
            "people balance: stock, entrants, arrivals, departures, exits",
            _verdict(gap < 0.01 * result.record["weight"], gap),
        ],
        ["no stock is below 0", _verdict(bool((stock >= 0).all()), float(max(-stock.min(), 0)))],
    ]
    rows.append(["pairs", f"{data.sizes['replicate']}; below {LEAST_PAIRS} no direction is called"])
    rows.append(["replay of every array", "by hand: talentflow verify FOLDER"])
    return ["check", "outcome"], rows


def _verdict(passed, largest) -> str:
    """Format the outcome of a check."""
    return f"{'passed' if passed else 'FAILED'}: largest difference {largest:.2g}"


def _uncertainty(result, outcome, texts_of_answer) -> list[str]:
    """Describe the spread over pairs, what it leaves out, and the weak evidence."""
    lead = outcome["lead"]["people"]
    span = f"90 % of {outcome['pairs']} pairs lie between {lead['low']:,.0f} and {lead['high']:,.0f} people; "
    error = f"Monte Carlo error {lead['error']:,.0f}." if lead["error"] is not None else "a single pair has no error."
    what = "chance alone" if result.record["uncertainty"] == "chance" else "chance and assumptions"
    return [span + error, f"The spread holds {what}; choice of model and data errors are not in it.",
            *weak_evidence(result.record, 10), texts_of_answer["trust"]]  # fmt: skip


def _record(record) -> list[list[str]]:
    """Fill the fields of the algorithmic transparency record."""
    return [[field, entry.format(version=record["versions"].get("talentflow", ""))] for field, entry in RECORD]


def _number(value) -> str:
    """Format the model's figure."""
    return "not measured" if value is None else f"{value:.3g}"


def _band(row) -> str:
    """Format a published band."""
    low, high = row["low"], row["high"]
    return f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}"


def write_assurance(folder, formats=FORMATS) -> list[Path]:
    """Write the pack of a saved run into its folder, a file a format.

    Parameters
    ----------
    folder : path of a run of one scenario
    formats : some of ``FORMATS``

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ResultError for a folder that is no run or was changed; UsageError for a comparison, or without the extra
    """
    result = Result.load(folder)
    if len(result.arms) > 1:
        raise UsageError("assurance", f"{folder} compares several scenarios; run one alone")
    # the same contents, laid out once for each format
    pack = contents(result)
    paths = []
    for kind in formats:
        path = Path(folder) / f"assurance.{kind}"
        with saving(path):
            if kind == "html":
                path.write_text(templates().get_template("assurance.html.j2").render(pack), encoding="utf-8")
            else:
                _write_docx(pack, path)
        paths.append(path)
    return paths


def _write_docx(pack, path) -> None:
    """Write the pack as a Word document whose footer bears the digest."""
    try:
        from docx import Document
    except ImportError:
        raise UsageError("assurance --format docx", "needs the extra: pip install 'talentflow[assurance]'") from None
    # the digest binds the document to its run: in its properties, its footer and its first line
    document = Document()
    document.core_properties.title = f"Assurance: {pack['title']}"
    document.core_properties.subject = pack["bound"]
    document.sections[0].footer.paragraphs[0].text = pack["bound"]
    document.add_heading(f"Assurance: {pack['title']}", 0)
    document.add_paragraph(pack["bound"])
    for heading, texts, table in pack["sections"]:
        # a section: its texts, then its table
        document.add_heading(heading, 1)
        for text in texts:
            document.add_paragraph(text)
        if table:
            head, rows = table
            made = document.add_table(len(rows) + 1, len(head), style="Table Grid")
            cells = made._cells  # the grid once: reading it cell by cell is slow
            for k, text in enumerate([*head, *(text for row in rows for text in row)]):
                cells[k].text = text
    document.save(str(path))
