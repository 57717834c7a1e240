"""A result in sentences: the answer, how to read its table, what it rests on; never "certain"."""

import tomllib

import numpy as np

from sim.results.cells import count
from sim.results.effects import HIGH, agreement_needed, decimals, effect, error_words, more_pairs, summarise
from sim.results.measures import measure
from sim.results.summary import POINTS
from sim.scenario.assumptions import ENOUGH, PRIOR_DRIVEN

FEW_PAIRS = 20  # below, the 5 and 95 % quantiles are the least and the largest pair
SMALL = 0.05  # percentage points
NAMED_RIVALS = 2  # hubs that an effect cannot be told apart from
UNTESTED = "only its equations, on scholars, have been tested against years that were held back"


def number_of(n, thing):
    """``1 pair``, ``20 pairs``."""
    return f"{n} {thing}{'' if n == 1 else 's'}"


def engineers(record):
    """How many are simulated: ``100,000 engineers``, or ``all engineers``."""
    size = record["population"]
    return f"{size:,} engineers" if isinstance(size, int) else "all engineers"


def contents(record):
    """What the spread over pairs holds: ``chance and assumptions``, or one of them."""
    return "chance" if record["uncertainty"] == "chance" else "chance and assumptions"


def baseline_title(record):
    """What the baseline of a run is called."""
    return tomllib.loads(record["baseline"])["title"]


# --- the answer in two sentences ------------------------------------------------------------------


def two_sentences(result):
    """The answer of one scenario: who loses and gains most, and how sure that is; what it rests on.

    Parameters
    ----------
    result : Result of one scenario

    Returns
    -------
    str
    """
    return f"{who_loses_and_gains(result)} {rests_on(result.record)}"


def said(result):
    """The answer of a result as paragraphs: a sentence a scenario (labelled in a comparison), and what all rest on.

    Returns
    -------
    list of str
    """
    if len(result.arms) == 1:
        return [who_loses_and_gains(result), rests_on(result.record)]
    each = [f"{arm}: {who_loses_and_gains(result.versus(arm))}" for arm in result.arms]
    return [*each, rests_on(result.record)]


def who_loses_and_gains(result):
    """The first sentence: the hubs that lose and gain most by one scenario, with spread, agreement and error."""
    data, pairs, last = result.data, result.data.sizes["replicate"], int(result.data.time[-1])
    baseline = f"the baseline ({baseline_title(result.record)})"
    if data.sel(arm="scenario", drop=True).equals(data.sel(arm="baseline", drop=True)):
        return f"No pair differs from {baseline}: every effect is exactly zero."
    effects = POINTS * effect(result, "share")
    found = summarise(effects)
    mean = found["mean"].to_series()
    if not mean.any():
        return f"Against {baseline}, no hub's share in January {last} changes, though other measures do."
    levels, names = POINTS * measure(result, "share").mean("replicate"), data.hub_name.to_series()
    loser, gainer = (
        {"name": names[hub] + rivals(effects, hub)}
        | {arm: float(levels.sel(hub=hub, arm=arm)) for arm in ("baseline", "scenario")}
        | {key: float(found[key].sel(hub=hub)) for key in ("mean", "low", "high", "same_sign", "error")}
        | {"places": len(mean)}
        for hub in (mean.idxmin(), mean.idxmax())
    )
    one = "; there is only one pair, so neither spread nor error can be given" if pairs == 1 else ""
    return (
        f"Against {baseline}, {loser['name']} loses most: its share of the world's AI engineers in January {last} is "
        f"{_change(loser)} percentage points lower ({_sure(loser, pairs)}), and {gainer['name']} gains most: "
        f"{_change(gainer)} points higher ({_sure(gainer, pairs)}){one}."
    )


def rivals(effects, hub):
    """`` (too close to tell apart from A and B)``: hubs whose effect is not clearly smaller than that of ``hub``."""
    behind = (effects - effects.sel(hub=hub, drop=True)) * np.sign(float(effects.sel(hub=hub).mean()))
    close = behind.quantile(HIGH, "replicate").drop_sel(hub=hub).to_series() >= 0
    same = (effects.mean("replicate") * effects.sel(hub=hub, drop=True).mean("replicate")).to_series() > 0
    near = list(close.index[close & same.reindex(close.index)])
    if effects.sizes["replicate"] == 1 or not near:
        return ""
    near.sort(key=lambda hub: -abs(float(effects.sel(hub=hub).mean())))
    few = near if len(near) <= NAMED_RIVALS + 1 else near[:NAMED_RIVALS]  # never "1 others"
    named = list(effects.hub_name.sel(hub=few).values)
    named += [f"{len(near) - len(few)} others"] if len(few) < len(near) else []
    return f" (too close to tell apart from {' and '.join(map(str, named))})"


def _digits(row):
    """Two decimals, or for a small effect as many as its error allows; there is no error in a single pair."""
    return 2 if abs(row["mean"]) >= SMALL or not row["error"] > 0 else max(2, decimals(row["error"]))


def _change(row):
    return f"{abs(row['mean']):.{_digits(row)}f}"


def _sure(row, pairs):
    """Levels, spread, agreement and error of one hub's share."""
    digits = _digits(row)
    levels = f"{row['scenario']:.{digits}f} % instead of {row['baseline']:.{digits}f} %"
    if pairs == 1:
        return levels
    settled = (
        ""
        if row["same_sign"] >= agreement_needed(pairs, row["places"])
        else ", so this run does not settle the direction"
    )
    return (
        f"{levels}; 90 % of pairs {row['low']:+.{digits}f} to {row['high']:+.{digits}f}, same sign in "
        f"{row['same_sign']:.0f} of {pairs} pairs, Monte Carlo error {error_words(row['error'], digits)}{settled}"
    )


def rests_on(record):
    """The second sentence: runs, assumptions, and what is missing."""
    rows = record["assumptions"]
    weak = sum(row["grade"] == "D" for row in rows)
    how = "held at their central values" if record["uncertainty"] == "chance" else "drawn from their ranges"
    held = sum(row["held"] is not None for row in rows)
    by_user = f" ({held} held by the user)" if held else ""
    return (
        f"This rests on {number_of(record['replicates'], 'pair')} of runs with {engineers(record)} each and on "
        f"{len(rows)} assumptions {how}{by_user}, {weak} of which nobody has measured (grade D); the pull of compute "
        f"has no causal evidence, and {UNTESTED}."
    )


# --- how to read the tables -----------------------------------------------------------------------


def reading(result):
    """How to read the table of hubs."""
    record, last = result.record, int(result.data.time[-1])
    pairs = record["replicates"]
    effect_is = f"Shares are of the world stock on 1 January. Effect: scenario less baseline in {last}"
    if pairs == 1:
        return f"{effect_is}, in percentage points (pp), in the only pair: more pairs would show its spread and error."
    rough = f" ({pairs} pairs: a rough spread)" if pairs < FEW_PAIRS else ""
    spread = (
        f"{effect_is}, in percentage points (pp), the mean over {pairs} pairs. 90 % of pairs: its spread over "
        f"{contents(record)}{rough}; more pairs do not shrink it."
    )
    if len(result.arms) > 1:
        return spread
    return (
        f"{spread} Same sign: pairs with the sign of the mean. MC error: Monte Carlo error of the mean; "
        f"{more_pairs(pairs)} more pairs would halve it."
    )


def volume_and_composition(row):
    """A row of the routes in words: how many get in, and who; nothing if nobody does in one of the arms.

    Returns
    -------
    list of str
    """
    before, after = row["baseline"], row["scenario"]
    if not before["grants"] or not after["grants"]:
        return []
    change = 100 * (after["grants"] / before["grants"] - 1)
    said = [
        f"{row['name']}: how many get in changes by {change:+.1f} %; who gets in: from abroad "
        f"{before['from_abroad']:.0f} -> {after['from_abroad']:.0f} %, experts {before['experts']:.0f} -> "
        f"{after['experts']:.0f} %."
    ]
    if before["registrations"] and before["registrations"] != before["applicants"]:
        said.append(
            f"All demand for its pool, other occupations included: {count(before['registrations'])} -> "
            f"{count(after['registrations'])} a year; selected {count(before['selected'])} -> "
            f"{count(after['selected'])}, more than there are places, since not every selection becomes a visa."
        )
    return said


# --- what it rests on -----------------------------------------------------------------------------


def assumed(record):
    """What was assumed in a run: pairs, refused draws, values held by the user, and the law of the baseline.

    Returns
    -------
    list of str
    """
    pairs, refused = record["replicates"], record["refused_draws"]
    size = f"{number_of(pairs, 'pair')} of {engineers(record)}, seed {record['seed']}"
    said = [f"{size}; all arms of a pair share every draw."]
    if refused:
        were = "was" if refused == 1 else "were"
        draws = number_of(refused, "draw")
        said.append(
            f"{draws} of the assumptions {were} refused: hubs would grow without bound or miss the observed first year."
        )
    said += [
        f"{row['name']} is held at {row['held']:g} {row['unit']} by the user."
        for row in record["assumptions"]
        if row["held"] is not None
    ]
    return said + [f"Law: {line.rstrip('.')}." for line in record["legal"]]


def weak_evidence(record, most=None):
    """What rests on weak evidence, compute first; at most ``most`` names of a list where the page has them all.

    Returns
    -------
    list of str
    """
    rows = record["assumptions"]
    compute = next(row for row in rows if row["name"] == "b_compute")
    names = [row["name"] for row in rows if row["grade"] == "D"]
    fitted = [row for row in rows if row.get("shrinkage") is not None]
    unmoved = [row["name"] for row in fitted if row["shrinkage"] < ENOUGH]
    fits = (
        [
            f"{len(unmoved)} of the {len(fitted)} assumptions fitted to facts are {PRIOR_DRIVEN}, as data "
            f"narrowed them by less than {100 * ENOUGH:.0f} %: {_some(unmoved, most)}."
        ]
        if unmoved
        else []
    )
    return [
        f"The pull of compute, b_compute = {compute['central']:g} ({compute['low']:g} to {compute['high']:g}): no "
        "causal evidence exists, so whatever works through compute rests on an assumption.",
        f"{len(names)} of {len(rows)} assumptions are assumed, not measured (grade D): {_some(names, most)}.",
        *fits,
    ]


def _some(names, most):
    """Names as a list in words, cut where they are many."""
    left = 0 if most is None else len(names) - most
    return ", ".join(names) if left <= 0 else f"{', '.join(names[:most])} and {left} more (report.html)"
