"""Report rows: derived figures, the table in a terminal, the stored JSON, the tables of README.md."""

import datetime
import json
import os
import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np

from benchmarks.peers.side_by_side import DISTURBED

FOLDER = Path(__file__).parent
LATEST, README = FOLDER / "latest.json", FOLDER / "README.md"
PACKAGES = ("talentflow", "numpy", "numba", "scipy", "simpy", "xarray")
FULL, MIDDLE, LARGEST = 1_900_000, 100_000, 20_000_000
COMMAND = "talentflow run h1b_fee, defaults"
FIXED = "run, what is independent of the size"
VARIANCE = "its variance with independent seeds over common ones"
FLAGSHIPS = ("h1b_fee", "eu_fast_track", "newcomer_tax", "us_tax_up", "gulf_compute")  # scenarios of gate g23
# (what, population) -> what to reach; more is better where the unit says so
BARS = {
    ("run, full model", FULL): 1.8,
    ("run, full model", MIDDLE): 0.10,
    (FIXED, 2_000): 0.02,
    ("build", FULL): 3.0,
    ("build, from the cache on disk", FULL): 0.5,
    ("peak memory of a build and a run", FULL): 1.0,
    ("peak memory of a pair, arms side by side", FULL): 1.0,
    ("peak memory of a build and a run", LARGEST): 24.0,
    ("memory of an engineer beside ties", FULL): 22,
    ("talentflow --help", None): 0.4,
    ("talentflow describe h1b_fee", None): 0.8,
    (f"{COMMAND}, warm", None): 5.0,
    (f"{COMMAND}, the first run on a machine", None): 15.0,
    **{(f"{VARIANCE}, {name}", 20_000): 20 for name in FLAGSHIPS},
    ("finished runs of a sweep", 50_000): 683,
}
MORE_IS_BETTER = ("times", "a minute")


def exponent(sizes, seconds):
    """Exponent b of seconds ~ size ** b by least squares on logarithms, and its standard error."""
    x, y = np.log(sizes), np.log(seconds)
    x = x - x.mean()
    slope = (x @ y) / (x @ x)
    left = y - y.mean() - slope * x
    error = np.sqrt(left @ left / max(len(x) - 2, 1) / (x @ x))
    return float(slope), float(error)


def derived(rows):
    """Rows that follow from others: scale exponents, the part of ties and of visas, what threads save."""
    median = {(row["what"], row["n"]): row["median"] for row in rows if "median" in row}
    for what in ("build", "run, full model"):
        points = sorted((n, seconds) for (other, n), seconds in median.items() if other == what)
        if len(points) > 2:
            slope, error = exponent(*zip(*points, strict=True))
            yield _row(f"scale exponent, {what}", "", slope, slope - error, slope + error)
    for (what, n), seconds in median.items():
        whole = median.get(("run, full model", n))
        if what in ("run, without ties", "run, without visas") and whole:
            yield _row(f"saved by going {what[5:]}", "%", 100 * (1 - seconds / whole), n=n)
        one = median.get(("run, 1 thread", n))
        if what.startswith("run, ") and what.endswith(" threads") and one:
            yield _row(f"speed-up by {what[5:]}", "times", one / seconds, n=n)


def _row(what, unit, value, low=None, high=None, n=None):
    return {
        "what": what,
        "n": n,
        "unit": unit,
        "median": value,
        "low": value if low is None else low,
        "high": value if high is None else high,
        "times": 1,
        "foreign_cores": 0.0,
    }


def line(row):
    """One row of the terminal's table; ~ marks times that others disturbed."""
    if "skipped" in row:
        return f"{row['what']:<66} skipped: {row['skipped']}"
    n = f"{row['n']:,}" if row["n"] else ""
    mark = "~" if row["foreign_cores"] > DISTURBED else " "
    spread = f"[{row['low']:.3g}, {row['high']:.3g}] of {row['times']}" if row["times"] > 1 else ""
    return f"{row['what']:<66}{n:>12}{row['median']:>11.4g}{mark}{row['unit']:<9}{spread}"


def peer_line(row):
    """One row of the peers' table in a terminal."""
    ratios = "".join(f"{row[name]:>11.3g}" if row[name] else f"{'':>11}" for name in ("to_ours", "to_limit"))
    mark = "~" if row["foreign_cores"] > DISTURBED else " "
    return (
        f"{row['framework']:<28}{row['n']:>11,}{row['build_s']:>10.3g}{row['year_s']:>11.3g}{mark}"
        f"{row['n'] / row['year_s']:>10.3g}{row['peak_mb']:>9.0f}{ratios}"
    )


PEER_HEADING = (
    f"{'framework':<28}{'engineers':>11}{'build s':>10}{'s a year':>11} {'per s':>10}{'peak MB':>9}"
    f"{'to ours':>11}{'to limit':>11}"
)


def machine():
    """Return date, processor, memory and versions of this measurement."""
    names = [text.partition(":")[2].strip() for text in _lines("/proc/cpuinfo") if text.startswith("model name")]
    memory = [int(text.split()[1]) for text in _lines("/proc/meminfo") if text.startswith("MemTotal")]
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "processor": names[0] if names else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory[0] / 1e6, 1) if memory else None,
        "system": platform.system(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _lines(path):
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []


def store(part, rows, path=LATEST):
    """Put a part ('speed' or 'peers') in the stored JSON, with machine and versions; the other part stays."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    stored = {name: before[name] for name in TABLES if name in before}
    stored[part] = {"machine": machine(), "rows": rows}
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def speed_table(rows):
    """Markdown: what was measured, what to reach, and one over the other."""
    out = ["| what | engineers | measured | spread | to reach | measured over that |", "|---|---:|---:|---:|---:|---:|"]
    for row in rows:
        if "skipped" in row:
            continue
        bar = BARS.get((row["what"], row["n"]))
        spread = f"{row['low']:.3g} to {row['high']:.3g}" if row["low"] < row["high"] else ""
        least = "at least " if bar and row["unit"] in MORE_IS_BETTER else ""
        cells = (
            row["what"],
            f"{row['n']:,}" if row["n"] else "",
            f"{row['median']:.3g} {row['unit']}".strip(),
            spread,
            f"{least}{bar:g}" if bar else "",
            f"{row['median'] / bar:.2f}" if bar else "",
        )
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out)


def peers_table(rows):
    """Markdown: every framework at every size, with its ratio to ours and to the limit."""
    out = [
        "| framework | ties | engineers | build s | s a year | engineer-years a second | peak MB | years over ours "
        "| over the limit |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        ratios = [f"{row[name]:.3g}" if row[name] else "" for name in ("to_ours", "to_limit")]
        cells = (
            row["framework"],
            row["graph"],
            f"{row['n']:,}",
            f"{row['build_s']:.2g}",
            f"{row['year_s']:.3g}",
            f"{row['n'] / row['year_s']:.2e}",
            f"{row['peak_mb']:.0f}",
            *ratios,
        )
        out.append(f"| {' | '.join(cells)} |")
    return "\n".join(out)


TABLES = {"speed": speed_table, "peers": peers_table}


def filled(text, stored):
    """The README's text with its tables written anew between their marks, ``<!-- speed -->`` to ``<!-- end -->``."""
    for part in TABLES.keys() & stored.keys():
        before, mark, rest = text.partition(f"<!-- {part} -->\n")
        _, end, after = rest.partition("<!-- end -->")
        if not mark or not end:
            raise SystemExit(f"README.md: no <!-- {part} --> with an <!-- end --> after it")
        about = stored[part]["machine"]
        where = f"Measured on {about['date']}, on " if "date" in about else "On "
        where += f"{about['cores']} cores of {about['processor']}, {about['memory_gb']} GB; Python {about['python']}, "
        where += ", ".join(f"{name} {about[name]}" for name in PACKAGES if name in about)
        text = f"{before}{mark}{where}.\n\n{TABLES[part](stored[part]['rows'])}\n{end}{after}"
    return text


def write_readme():
    """Write the README's tables anew from the stored JSON."""
    stored = json.loads(LATEST.read_text(encoding="utf-8"))
    README.write_text(filled(README.read_text(encoding="utf-8"), stored), encoding="utf-8")
