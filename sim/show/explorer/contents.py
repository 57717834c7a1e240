"""Contents of the explorer's views as plain tables and texts: places, answers, saved runs and downloads."""

import io
import zipfile
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import pandas as pd

from sim.errors import ResultError
from sim.results.effects import SHOWN, agreement_needed, effect, effect_series, summarise
from sim.results.export import effects, flows, shares
from sim.results.measures import measure, series
from sim.results.narrative import engineers, number_of
from sim.results.record import digest, plain, settings
from sim.results.result import Result
from sim.results.sweep import Sweep, beside
from sim.show.illustrate import illustrate
from sim.study.attribution import channel_of
from sim.world.tables import rows

# ------------------------------------------------------------------------------
# What a hub or a home country is made of: its flows, its people and its constants, as tables.
# ------------------------------------------------------------------------------


MOST = 10  # places that have a row of their own
CONSTANTS = {  # table -> columns of a hub that the page shows, with unit and words
    "hub_constants": {
        "permanent": ("log-odds", "lasting pull that no named factor explains (fitted)"),
        "boom": ("log-odds", "pull of the published year's boom, which fades (fitted)"),
    },
    "stock": {"engineers": ("persons", "engineers at the start")},
    "prices": {"price_level": ("US average = 1", "local prices")},
    "compute": {"h100e": ("H100-equivalents", "compute that its engineers can use")},
    "net_targets": {
        "national_net": ("persons a year", "net migration by national counts"),
        "index_net": (
            "persons a year",
            "net migration by the industry index; the first year is fitted to a blend of the two",
        ),
    },
}


def moves_of(result, hub, incoming=True):
    """Who comes to a hub from where, or who leaves it for where: a row a place, the most important first.

    Returns
    -------
    pandas.DataFrame: place, baseline, scenario (persons a year, means over years and pairs), effect
    """
    flow = result.data.flow.sel({"destination" if incoming else "origin": hub}).mean(("year", "replicate"))
    names = result.data.hub_name.to_series()
    table = pd.DataFrame({arm: flow.sel(arm=arm).to_series() for arm in ("baseline", "scenario")}).drop(index=hub)
    table = table.loc[table.max(axis=1).sort_values(ascending=False, kind="stable").index]
    table.insert(0, "place", table.index.map(names))
    first, rest = table[:MOST], table[MOST:]
    others = pd.DataFrame([{"place": f"{len(rest)} other hubs", **rest[["baseline", "scenario"]].sum()}])
    table = pd.concat([first, others] if len(rest) else [first], ignore_index=True)
    return table.assign(effect=table.scenario - table.baseline)


def living(result, home):
    """Where the engineers of a home live at the end: a row a hub, most first; columns as of :func:`moves_of`."""
    stock = measure(result, f"stock,home={home}").mean("replicate")
    names = result.data.hub_name.to_series()
    table = pd.DataFrame({arm: stock.sel(arm=arm).to_series() for arm in ("baseline", "scenario")})
    table.insert(0, "place", table.index.map(names))
    table = table.sort_values("scenario", ascending=False, kind="stable")[:MOST].reset_index(drop=True)
    return table.assign(effect=table.scenario - table.baseline)


def over_time(result, query):
    """A measure over time in both arms, as the page's line charts take it: in % where it is a share.

    Returns
    -------
    xarray.DataArray over arm, replicate and time
    """
    values = series(result, query)
    factor = SHOWN.get(values.attrs["units"], (1,))[0]
    values = factor * values
    return values.rename(year="time") if "year" in values.dims else values


def effect_at_end(result, query):
    """The effect on a measure at the end: dict of mean, low, high, error, in the unit that people read."""
    pairs = effect_series(result, query)
    axis = "time" if "time" in pairs.dims else "year"
    factor = SHOWN.get(pairs.attrs["units"], (1,))[0]
    found = summarise(factor * pairs.isel({axis: -1}))
    return {key: float(found[key]) for key in ("mean", "low", "high", "error")}


def constants_of(hub):
    """The constants of a hub with their evidence: what, value, unit, grade, source.

    Returns
    -------
    pandas.DataFrame
    """
    found = []
    for table, columns in CONSTANTS.items():
        for row in rows(table):
            if row["hub"] == hub:
                found += [
                    {"what": words, "value": row[column], "unit": unit, "grade": row["grade"], "source": row["source"]}
                    for column, (unit, words) in columns.items()
                    if row.get(column)
                ]
    return pd.DataFrame(found, columns=["what", "value", "unit", "grade", "source"])


def homes_with_hubs(data):
    """The homes that are countries with hubs of their own, whose drain can be measured: list of labels."""
    countries = set(data.hub_country.values.astype(str))
    return [home for home in data.home.values.astype(str) if home in countries]


# ------------------------------------------------------------------------------
# What the right of the page says of an answer, as plain texts: which one it is, how sure, what it rests on.
# ------------------------------------------------------------------------------


PRIOR = {
    "compute": "Driven by an assumption: this works through compute, whose pull (b_compute, grade D) has no causal "
    "evidence. Another belief gives another answer; try one under Assumptions.",
}
RETURNEES = (
    "Known gap: returning home by choice hardly happens in the fitted model, so relief for returnees moves "
    "almost nobody. Not a finding."
)


def which(told, title):
    """Which answer is shown: ``Settled: 20 pairs of 20,000 engineers each``, or that it is a first rough one."""
    record = told.result.record
    size = f"{number_of(told.done, 'pair')} of {engineers(record)}"
    if told.is_complete:
        return f"Settled answer: {size}, {record['years']} years, seed {record['seed']}. {title}"
    return f"First rough answer: {size} so far, of {number_of(told.total, 'pair')} asked for. {title}"


def sign_certainty(result):
    """How many hubs have an effect whose direction this run settles.

    Returns
    -------
    str
    """
    found = summarise(effect(result, "share"))
    pairs = found.attrs["pairs"]
    if pairs == 1:
        return "A single pair says nothing about how sure the direction is."
    differs = found.differs.values > 0
    if not differs.any():
        return "No pair differs."
    needed = agreement_needed(pairs, len(differs))
    sure = (found.same_sign.values >= needed) & differs
    return (
        f"The direction is settled (at least {needed} of {number_of(pairs, 'pair')} agree) for {sure.sum()} of "
        f"{len(sure)} hubs; for the others more pairs may settle it, or nothing does."
    )


def warnings(result, scenario, beliefs=()):
    """What a reader must know before trusting the answer: list of str.

    Parameters
    ----------
    result : Result of one scenario
    scenario : Scenario
    beliefs : of the state: assumptions that the user holds
    """
    said = list(result.record["warnings"])
    if beliefs:
        named = ", ".join(f"{name} = {value:g}" for name, value in beliefs)
        said.append(f"Yours: this answer rests on your own assumptions ({named}), not on talentflow's.")
    channels = {channel_of(policy) for policy in scenario.policies}
    said += [PRIOR[channel] for channel in PRIOR if channel in channels]
    if any(policy.levers[0].field.startswith("returnee_") for policy in scenario.policies):
        said.append(RETURNEES)
    return said


def swept(record, out):
    """What a finished sweep of the same scenario in the folder ``out`` says it rests on: list of str."""
    try:
        found = beside(record, out)
    except (ResultError, OSError):
        return []
    return found["sentences"] if found else []


# ------------------------------------------------------------------------------
# Saved runs and sweeps of one folder: named by their own folders, opened without running anything.
# ------------------------------------------------------------------------------


RUN, STORE = "run.json", "store.sqlite"
MOST_BYTES = 500_000_000  # of the arrays of a run


def folders(out):
    """What can be opened in ``out``, the newest first: dict of folder name -> ``"run"`` or ``"sweep"``."""
    kinds = {}
    for path in Path(out).glob("*"):
        kind = "run" if (path / RUN).is_file() else "sweep" if (path / STORE).is_file() else None
        if kind and not path.name.startswith("."):
            kinds[path] = kind
    return {path.name: kinds[path] for path in sorted(kinds, key=lambda path: -path.stat().st_mtime)}


def opened(out, name):
    """The run or the sweep of that name.

    Returns
    -------
    Result or Sweep

    Raises
    ------
    ResultError for a name that is not in the folder, a damaged run, or one too large for the page
    """
    known = folders(out)
    if name not in known:
        raise ResultError(name, "no saved run or sweep of that name lies in the folder of runs")
    path = Path(out) / name
    if known[name] == "sweep":
        return Sweep.load(path)
    size = (path / "result.nc").stat().st_size if (path / "result.nc").is_file() else 0
    if size > MOST_BYTES:
        raise ResultError(name, f"{size:,} bytes are too many for the page; the limit is {MOST_BYTES:,}")
    return _run(path, (path / RUN).stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _run(path, changed):
    """A run, read once for as long as it is not ``changed``."""
    return Result.load(path)


# ------------------------------------------------------------------------------
# What can be taken along: the scenario, the data, the figures and the report of an answer, as bytes.
# ------------------------------------------------------------------------------


TABLES = {"effects.csv": effects, "shares.csv": shares, "flows.csv": flows}
KEPT = 4  # illustrated answers that are kept
DRAWING = Lock()  # matplotlib draws in one thread at a time
_drawn = {}


def scenario_file(result, command):
    """The scenario as a file that runs unchanged, with the command that gives the same numbers above it."""
    return f"# {command}\n{result.record['scenario']}".encode()


def beliefs_file(text, command):
    """The user's own assumptions as a file for ``--assumptions``."""
    return f"# {command}\n{text}".encode()


def data_zip(result):
    """Effects, shares and flows as CSV, in one archive."""
    return _zip(
        {
            name: made(result).to_csv(index=False, float_format="%.9g", lineterminator="\n").encode()
            for name, made in TABLES.items()
        }
    )


def figures_zip(result):
    """The usual figures as PNG files, in one archive."""
    files = _illustrated(result)
    return _zip({name.removeprefix("figures/"): text for name, text in files.items() if name.startswith("figures/")})


def report(result):
    """The report: one HTML file that opens offline."""
    return _illustrated(result)["report.html"]


def run_zip(result):
    """The whole run as the command saves it: it can be verified, plotted and opened again."""
    return _zip(_illustrated(result))


def name_of(result, suffix):
    """A file name for a part of an answer."""
    return f"{plain(result.record['name'])}-{digest(result.record)}{suffix}"


def _illustrated(result):
    """Name -> bytes of every file of the run's folder, drawn once for each answer."""
    key = digest(result.record), str(settings(result.record))
    with DRAWING:
        if key not in _drawn:
            while len(_drawn) >= KEPT:
                _drawn.pop(next(iter(_drawn)))
            with TemporaryDirectory() as out:
                folder = result.save(out, illustrate=illustrate)
                _drawn[key] = {
                    path.relative_to(folder).as_posix(): path.read_bytes()
                    for path in sorted(Path(folder).rglob("*"))
                    if path.is_file()
                }
        return _drawn[key]


def _zip(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()
