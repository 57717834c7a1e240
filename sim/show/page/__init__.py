"""The page: one HTML file with its libraries and the response table inside, served or sent as it is."""

import base64
import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim import __version__
from sim.arguments import user_path
from sim.custom_world import rows
from sim.errors import saving
from sim.results.effects import agreement_needed
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.describe import resolved_toml
from sim.scenario.levers import find
from sim.show.plots.flow_map import LAND
from sim.study.response_table import GROUPS, LEVERS, ResponseTable, blocks, by_key, law_values, names, scenario_of

if TYPE_CHECKING:
    from jinja2 import Template

FOLDER = Path(__file__).parent
SCRIPTS = ("vendor/d3.js", "vendor/plot.js", "page.js")
SELF, NOBODY = "'self'", "'none'"
TITLE = "talentflow: where AI engineers live, and how policy moves them"
PAIRS = (*range(2, 31), 40, 50, 60, 80, 100, 200)  # of a confirming run; other numbers call no direction
OPENING = {"fee": 100_000}  # the setting on which the page opens
# settings that the page offers by name
PRESETS = (
    ("US $100,000 H-1B fee", {"fee": 100_000}),
    ("Law as decided since mid-2025", law_values()),
    ("H-1B lottery weighted by wage level", {"selection": 1}),
    ("H-1B places halved", {"cap": 42_500}),
    ("Green card with a US doctorate", {"doctorates": 1}),
    ("Work after study (OPT) closed", {"opt": 1}),
    ("EU permits without waiting", {"eu_wait": 0}),
    ("EU free entry for engineers", {"eu_free": 1}),
    ("UK Global Talent for 60 % of experts", {"uk_talent": 0.6}),
    ("Canadian open permits as in 2023, each year", {"can_open": 1}),
    ("Newcomer tax schemes in Germany and the UK", {"de_new": 0.34, "uk_new": 0.34}),
    ("Tax relief of 60 % for returnees to India and France", {"in_back": 0.6, "fr_back": 0.6}),
    ("US income tax up by three points", {"us_tax": 3}),
    ("Gulf: a million H100e in each hub", {"gulf": 1_000_000}),
    ("Paris: a million H100e", {"paris": 1_000_000}),
    ("India: public compute of 250,000 H100e", {"india": 250_000}),
    ("Three times as many remote jobs", {"remote": 3}),
    ("Frontier labs cut pay by 40 %", {"frontier": 0.6}),
    ("Entry hiring down by 30 %", {"entry": 0.7}),
)


def page_html(table, token="", notice="") -> str:
    """Return the whole page as one HTML text.

    Parameters
    ----------
    table : ResponseTable
    token : secret that the page must show to its server; empty for a page that stands alone
    notice : what a reader must know of the table, such as that it is stale
    """
    # the page may run these scripts alone: the policy names their digests
    scripts = [(FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS]
    allowed = " ".join(f"'sha256-{_sha256(_as_parsed(script))}'" for script in scripts)
    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; "
        f"connect-src {SELF if token else NOBODY}; base-uri 'none'; form-action 'none'"
    )
    # the licences of the vendored libraries travel inside the page
    licences = "\n\n".join(
        (FOLDER / "vendor" / f"{name}.LICENSE").read_text(encoding="utf-8") for name in ("d3", "plot")
    )
    return _template().render(
        title=TITLE,
        policy=policy,
        style=style,
        scripts=scripts,
        token=token,
        notice=notice,
        data=_embedded(contents(table)),
        arrays=packed(table)[1],
        licences=licences,
    )


@cache
def _template() -> "Template":
    """Return the template of the page, which fills plain texts in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(loader=PackageLoader("sim.show.page", "."), undefined=StrictUndefined, autoescape=True)
    return made.get_template("page.html.j2")


def _as_parsed(script) -> str:
    """Return a script as a browser reads it from the page: line ends are newlines."""
    return script.replace("\r\n", "\n")


def _sha256(text) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(value) -> str:
    """Return JSON that cannot end the element that it stands in."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def packed(table) -> tuple[list[dict], str]:
    """Return the arrays of a table as the page reads them: name, type, shape and offset of each; gzip in base64."""
    parts, rows_of, offset = [], [], 0
    for name, array in table.arrays.items():
        data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
        data += bytes(-len(data) % 8)
        rows_of.append({"name": name, "type": array.dtype.name, "shape": list(array.shape), "offset": offset})
        parts.append(data)
        offset += len(data)
    return rows_of, base64.b64encode(gzip.compress(b"".join(parts), 9, mtime=0)).decode()


def contents(table) -> dict:
    """Return everything that the page says and does not compute, as plain values."""
    from scipy.stats import t as student

    header = {key: value for key, value in table.header.items() if key not in ("spec", "joint")}
    # places that the page can name; regions are not among its choices
    place = names()
    used = [label for label, row in place.items() if row["kind"] != "region"]
    count = len(header["countries"])
    hubs = {row["hub"]: row for row in rows("hubs")}
    return {
        "version": __version__,
        "table": header | {"arrays": packed(table)[0]},
        "levers": [_lever(lever) for lever in LEVERS],
        "blocks": [[lever.key for lever in block] for block in blocks()],
        "groups": GROUPS,
        "presets": [{"title": title, "values": values} for title, values in PRESETS],
        "opening": OPENING,
        "law": law_values(),
        "lawToml": _policies_toml(resolved_toml(scenario_of({"law": 1}))),
        "places": {label: place[label] for label in used},
        "coordinates": {hub: [float(hubs[hub]["lon"]), float(hubs[hub]["lat"])] for hub in header["hubs"]},
        "joint": _departures(table.header["joint"]),
        "student": float(student.ppf(0.95, max(header["replicates"] - 1, 1)) ** 2),
        # pairs that must agree, by how many there are: a confirming run has its own number
        "needed": {
            "one": {pairs: agreement_needed(pairs) for pairs in {*PAIRS, header["replicates"]}},
            "all": {pairs: agreement_needed(pairs, count) for pairs in {*PAIRS, header["replicates"]}},
        },
        "beliefs": [_belief(assumption) for assumption in ASSUMPTIONS.values()],
        "land": json.loads(LAND.read_text(encoding="utf-8")),
    }


def _departures(joint, most=6) -> list[str]:
    """Return the pairs of levers whose joint effect departs clearly from the sum, as sentences; the largest first."""
    said = []
    for row in joint:
        clear = abs(row["beyond"]) > max(3 * row["error"], 0.1 * row["size"], 500)
        if clear and len(said) < most:
            one, other = (by_key()[key].title for key in row["levers"])
            where = names()[row["country"]]["spoken"]
            said.append(f"{one} with {other}: {row['beyond']:+,} people in {where} beyond the sum of {row['sum']:+,}")
    return said


def _policies_toml(text) -> str:
    """Return the policies of a scenario file."""
    return text[text.index("[[policy]]") :]


def _lever(lever) -> dict:
    """Return a lever as the page uses it."""
    declared = find(lever.rows[0][0])[0] if lever.rows else None
    # what the lever means and where its present value comes from
    what = f"{declared.meaning[0].upper()}{declared.meaning[1:]}; reaches {declared.reaches}. " if declared else ""
    source = (
        f"Present value: {declared.source} (grade {declared.grade})."
        if declared
        else "Scenario current_law, less its levers here."
    )
    return {
        "key": lever.key,
        "group": lever.group,
        "title": lever.title,
        "nodes": lever.nodes,
        "present": lever.present,
        "unit": lever.unit,
        "subject": lever.subject,
        "stops": lever.stops,
        "switch": lever.is_switch,
        "compute": lever.group == "compute",
        "rows": lever.rows,
        "integer": declared is not None and declared.kind == "integer",
        "about": f"{what}{source}",
    }


def _belief(assumption) -> dict:
    """Return an assumption as the page lists it."""
    kept = ("name", "central", "low", "high", "unit", "grade", "meaning")
    return {key: getattr(assumption, key) for key in kept}


def export(path, table=None) -> Path:
    """Write the page as one file that works from anywhere; return its path."""
    table = table or ResponseTable.load()
    path, page = user_path(path), page_html(table, notice=stale_notice(table))
    with saving(path):
        path.write_text(page, encoding="utf-8", newline="\n")
    return path


def stale_notice(table) -> str:
    """Return what a reader must know of a table that was made by other code or tables; empty if it is up to date."""
    said = table.stale()
    return f"This table was made by another version: {' and '.join(said)}." if said else ""
