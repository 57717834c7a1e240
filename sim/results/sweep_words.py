"""A sweep in sentences: which numbers the answer rests on, how good they are, and how far the sweep itself can tell."""

from pathlib import Path

import numpy as np

from sim.errors import ResultError
from sim.results.effects import SHOWN
from sim.results.sweep_result import Sweep
from sim.results.sweep_tables import assumption_load, chance_share, index_table
from sim.results.words import number_of
from sim.scenario.assumption_table import PRIOR_DRIVEN

ENOUGH = 0.70  # of the variance: as many factors are named as hold it together
MOST_NAMED = 4
WORTH_NAMING = 0.05  # of the variance
MUCH_CHANCE = 0.5  # of the variance: shares of the rest are noise
BLURRED = 0.3  # of the variance is chance: say that the indices are blurred
NO_CAUSE = "b_compute"
GRADES = {
    "A": "measured numbers (A)",
    "B": "derived numbers (B)",
    "C": "industry figures (C)",
    "D": "numbers that nobody has measured (D)",
    "": "numbers without a grade",
}
COUNTS = "no one two three four five six seven eight".split()


def subject(sweep, measure=None):
    """What is explained, in words: ``the effect on share:usa in 2036``."""
    told = sweep.measures.loc[measure or sweep.primary]
    axis = next((d for d in ("time", "year") if d in told["dims"]), None)
    when = f" in {told['coords'][axis][int(told['at'])]}" if axis else ""
    return f"{'the effect on ' if told['paired'] else ''}{told['name']}{when}"


def reading(sweep, measure=None):
    """What a sweep says about a measure, as sentences.

    Parameters
    ----------
    sweep : Sweep, finished or not
    measure : str, the primary one if None

    Returns
    -------
    list of str
    """
    measure = measure or sweep.primary
    method = sweep.stages.method[sweep.last] if len(sweep.stages) else None
    if not method or measure is None or len(sweep.complete()) < 2:
        return ["Too few cells are done to say anything yet."]
    tell = {"sobol": _variance, "morris": _elementary, "oat": _tornado, "grid": _range}.get(method, _distribution)
    chance, share = _chance(sweep, measure)
    said = tell(sweep, measure)
    return [*chance, *said] if share > BLURRED else [*said, *chance]


def notes(sweep):
    """What a reader must know of the sweep itself, whatever the measure: what was left out, cut, refused or failed.

    Returns
    -------
    list of str
    """
    said = _screened(sweep)
    for note, names in sweep.factors[sweep.factors.note != ""].groupby("note").groups.items():
        said.append(f"{', '.join(names)}: {note}.")
    counts = sweep.counts()
    if counts.get("refused"):
        more = counts.get("spared", 0)
        spared = f"; {more:,} others of their rows were not run, and the next rows took their place" if more else ""
        said.append(
            f"The model refused {number_of(counts['refused'], 'point')} (no constants meet the observed first "
            f"year, or size would run away){spared}."
        )
    if counts.get("failed"):
        said.append(f"{number_of(counts['failed'], 'cell')} failed, the first with {sweep.problems().error.iloc[0]}.")
    if not sweep.record.get("finished"):
        said.append("The sweep is not finished: the same command goes on with it.")
    return said


def is_graded(sweep):
    """Whether the factors have evidence grades, as assumptions do."""
    return bool(set(sweep.factors.grade) - {""})


def load_sentence(sweep, measure=None):
    """How much of the variance rests on which grade of evidence, in one sentence; only for Sobol indices.

    >>> load_words({"A": 0.2, "D": 0.8})
    '80 % rests on numbers that nobody has measured (D), 20 % on measured numbers (A)'
    """
    load = assumption_load(sweep, measure).load
    return f"Of the variance of {subject(sweep, measure)}, {load_words(load.to_dict())}."


def load_words(load):
    """Parts of the variance by grade, the largest first, as ``80 % rests on ..., 20 % on ...``."""
    parts = sorted(((part, grade) for grade, part in load.items() if round(part, 2) > 0), reverse=True)
    said = [f"{part:.0%} on {GRADES[grade]}".replace("%", " %") for part, grade in parts]
    return ", ".join(said).replace(" on ", " rests on ", 1) or "nothing varies"


def beside(record, folder):
    """What a sweep of the same scenario and baseline says, if its folder lies in ``folder``; else None.

    Parameters
    ----------
    record : dict, of a run
    folder : path of the folder of folders

    Returns
    -------
    dict: ``folder`` (name), ``sentences``; or None
    """
    for store in sorted(Path(folder).glob("*-sweep-*")):
        try:
            sweep = Sweep.load(store)
        except ResultError:
            continue
        same = all(sweep.record.get(key) == record[key] for key in ("scenario", "baseline"))
        if same and sweep.record.get("finished") and sweep.stages.method[sweep.last] == "sobol":
            said = _variance(sweep, sweep.primary)[:2]
            return {"folder": store.name, "sentences": said, "sweep": sweep}
    return None


def _variance(sweep, measure):
    table = index_table(sweep, measure)
    size = table.total.clip(lower=0)
    if not size.sum() > 0:
        return [f"Nothing that was swept changes {subject(sweep, measure)}: at every point it is the same."]
    by_chance = chance_share(sweep, measure)["share"]
    if by_chance > MUCH_CHANCE:
        return [
            f"Nothing can be said of what {subject(sweep, measure)} rests on: about {_percent(by_chance)} of its "
            "variance is chance. Give more --population or --replicates."
        ]
    part = size / size.sum()
    named = list(part.index[: min(int((part.cumsum() < ENOUGH).sum()) + 1, MOST_NAMED)])
    grades = {sweep.factors.grade[name] for name in named}
    kind = " that nobody has measured" if grades == {"D"} else ""
    each = ", ".join(f"{name} ({_percent(part[name])}{_grade(sweep, name)})" for name in named)
    said = [
        f"{_percent(part[named].sum())} of the variance of {subject(sweep, measure)} rests on "
        f"{_counted(len(named))}{kind}: {each}."
    ]
    if is_graded(sweep):
        said.append(load_sentence(sweep, measure))
    together = float(np.clip(1 - table["first"].sum(), 0, 1))
    said.append(
        f"{_percent(together)} of the variance comes from factors acting together rather than one by one; "
        "chance, which no single factor commands, looks the same."
    )
    if part.get(NO_CAUSE, 0) >= WORTH_NAMING:
        said.append("The pull of compute (b_compute) is among them, and it has no causal evidence at all.")
    return said + _undecided(table, "its interval holds 0")


def _elementary(sweep, measure):
    table, (factor, unit) = index_table(sweep, measure), _shown(sweep, measure)
    size = table.mu_star * factor
    if not _moving(size).any():
        return [f"Nothing that was swept changes {subject(sweep, measure)}: at every point it is the same."]
    named = list(size.index[:MOST_NAMED])
    each = ", ".join(f"{name} ({size[name]:.2g}{unit}{_grade(sweep, name)})" for name in named if _moving(size)[name])
    said = [
        f"{_begin(subject(sweep, measure))} moves most with {each}: the mean change over the whole range of "
        "the factor, wherever the others stand."
    ]
    if NO_CAUSE in named:
        said.append("The pull of compute (b_compute) is among them, and it has no causal evidence at all.")
    return said + _undecided(table[_moving(size)], "its interval holds 0")


def _distribution(sweep, measure):
    table = index_table(sweep, measure)
    clear = table[~table.undecided]
    if clear.empty:
        said = [f"No factor shifts the distribution of {subject(sweep, measure)} by more than sampling would."]
    else:
        each = ", ".join(f"{n} ({table['median'][n]:.2f}{_grade(sweep, n)})" for n in clear.index[:MOST_NAMED])
        said = [
            f"The distribution of {subject(sweep, measure)} shifts most when these are held: {each}; 0 means not "
            f"at all, 1 completely, and up to {table.critical.iloc[0]:.2f} may be sampling."
        ]
    return said + _undecided(table, "its shift is no larger than sampling gives")


def _tornado(sweep, measure):
    table, (factor, unit) = index_table(sweep, measure), _shown(sweep, measure)
    named = [name for name in table.index[:MOST_NAMED] if table.width[name] > 0]
    if not named:
        return [f"No factor changes {subject(sweep, measure)} on its own."]
    each = "; ".join(
        f"{name} from {_signed(factor * table.at_low[name])} to {_signed(factor * table.at_high[name])}{unit}"
        f"{_grade(sweep, name).replace(',', ', grade')}"
        for name in named
    )
    centre = f"{_signed(factor * table.centre.iloc[0])}{unit}"
    return [
        f"{_begin(subject(sweep, measure))} is {centre} at the centre. One at a time over their ranges, the others "
        f"at their centre: {each}."
    ]


def _range(sweep, measure):
    y, (factor, unit) = sweep.value(measure), _shown(sweep, measure)
    points, names = sweep.points(), sweep.stages.factors[sweep.last]
    ends = [
        f"{_signed(factor * y[k])}{unit} at " + ", ".join(f"{n} = {_plain(points[n][k])}" for n in names)
        for k in (y.idxmin(), y.idxmax())
    ]
    zero = "" if y.min() < 0 < y.max() else "; it never changes its sign"
    return [f"Over the grid {subject(sweep, measure)} goes from {ends[0]} to {ends[1]}{zero}."]


def _chance(sweep, measure):
    found = chance_share(sweep, measure)
    if not found["points"] or found["share"] != found["share"]:
        return [], 0.0
    said = [
        f"Chance makes up about {_percent(found['share'])} of the variance over the points (the Monte Carlo share: "
        f"{found['points']} points were run again with another seed)."
    ]
    if found["share"] > BLURRED:
        said.append(
            "That blurs every index: a larger --population, or more --replicates at each point, would show "
            "what the factors do."
        )
    return said, found["share"]


def _undecided(table, why):
    names = list(table.index[table.undecided])
    if not names:
        return []
    runs = [int(n) for n in table.more_runs[names] if n == n and n is not None]
    settle = f"; about {min(runs):,} more runs would likely settle the first of them" if runs else ""
    return [f"Undecided ({why}): {', '.join(names)}{settle}."]


def _screened(sweep):
    """What a Morris stage found to reach nothing, and what was left out of the stage after it."""
    first = sweep.stages.index[0] if len(sweep.stages) else None
    if first is None or sweep.stages.method[first] != "morris" or len(sweep.complete(first)) < 2:
        return []
    size = index_table(sweep, stage=first).mu_star
    if first == sweep.last:
        return _still(size)
    kept = sweep.stages.factors[sweep.last]
    left = [name for name in size.index if name not in kept and _moving(size)[name]]
    said = (
        [
            f"{len(kept)} of {number_of(len(size), 'factor')} were kept by the screening; the others stayed at their "
            f"centre, the strongest of them {left[0]}."
        ]
        if left
        else []
    )
    return said + _still(size)


def _still(size):
    still = sorted(size.index[~_moving(size)])
    return [f"Reach nothing here: {', '.join(still)}."] if still else []


def _moving(size):
    return size > 1e-9 * max(size.max(), 0)  # less is rounding


def _shown(sweep, measure):
    """Factor and unit in which the effect on a measure is read."""
    unit = sweep.measures.unit[measure]
    factor, _, shown = SHOWN.get(unit, (1, "", unit))
    return factor, f" {shown}" if shown else ""


def _begin(words):
    return words[:1].upper() + words[1:]


def _signed(value):
    return f"{'+' if value > 0 else ''}{_plain(value)}"


def _plain(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _grade(sweep, name):
    said = [sweep.factors.grade[name], PRIOR_DRIVEN if PRIOR_DRIVEN in sweep.factors.note[name] else ""]
    return "".join(f", {words}" for words in said if words)


def _percent(part):
    return f"{100 * part:.0f} %"


def _counted(n):
    words = COUNTS[n] if n < len(COUNTS) else str(n)
    return f"{words} number{'' if n == 1 else 's'}"
