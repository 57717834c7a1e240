"""Measure how often printed intervals hold the truth: ``python -m benchmarks.coverage`` writes ``docs/coverage.md``.

Small samples are repeated many times where the truth is known: from a formula, or from all the repetitions together.
Effects of the simulator come from runs with seeds of their own, whose draws and people share nothing.
"""

import argparse
import math
from pathlib import Path

import numpy as np
import xarray as xr
from scipy.stats import chi2
from scipy.stats import t as student

from sim.results import indices
from sim.results.effects import agreement_needed, band, effect, summarise, upper_error
from sim.study.run import run
from sim.study.sweep.designs import design

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
HEAD = """# Coverage of the printed intervals

How often an interval that talentflow prints holds the truth, over repetitions of small runs and sweeps whose truth is
known. `python -m benchmarks.coverage` measures it and writes this page. A 90 % interval should hold it in 85 to 95 %;
where it does not, the last column says what the interval is.

Rows of the simulator have 20 repetitions each: chance alone gives 80 to 100 % in 24 rows of 25, and a row below that
says so. The truth of a row of the Monte Carlo error is the mean of all 20 runs, the run itself among them, which
flatters it: a run lies 2.5 % nearer to that mean than to the truth.

| interval | of what | repetitions | holds the truth | what to make of it |
|---|---|---|---|---|
"""
MEASURES = (
    "share:usa",
    "share:can",
    "share:sf_bay_area",
    "share:ind,tier=expert",
    "arrival_share:gbr",
    "net_rate:can",
    "fiscal:usa",
)
RUNS, PAIRS = 20, 20
LEAST = 0.8  # of 20 runs: a true 90 % interval holds the truth in fewer of them in one row of 25 (binomial)
SMALL = {"population": 2_000, "years": 2, "workers": 1}


def ishigami(z):
    """The Ishigami function of points in the unit cube; its indices are known."""
    x = math.pi * (2 * z - 1)
    return np.sin(x[..., 0]) + 7 * np.sin(x[..., 1]) ** 2 + 0.1 * x[..., 2] ** 4 * np.sin(x[..., 0])


ISHIGAMI = {"first": (0.3139, 0.4424, 0.0), "total": (0.5576, 0.4424, 0.2437)}


def linear(z, weights=(3.0, 2.0, 1.0)):
    """A weighted sum, whose indices are the squares of the weights over their sum."""
    return z @ np.array(weights)


LINEAR = dict.fromkeys(("first", "total"), tuple(w * w / 14 for w in (3.0, 2.0, 1.0)))


def pairs_of_noise(times):
    """Bands, errors and directions of pairs that are drawn independently from known distributions."""
    for pairs in (10, 20, 50):
        for name, draw, mean in (
            ("normal effects", lambda random, shape: random.standard_normal(shape), 0.0),
            ("skewed effects", lambda random, shape: random.lognormal(0, 0.5, shape), math.exp(0.125)),
        ):
            random = np.random.default_rng([pairs, times])
            found = xr.DataArray(draw(random, (times, pairs)), dims=("run", "replicate"))
            low, high = (end.values for end in band(found))
            further = draw(random, times)
            held = (low <= further) & (further <= high)
            words = "" if pairs >= 19 else "all pairs: so few cannot hold 90 %"
            yield f"90 % of pairs, {pairs} pairs", f"a further pair, {name}", times, held.mean(), words
            summary = summarise(found)
            reach = student.ppf(0.95, pairs - 1) * summary.error.values
            held = abs(summary["mean"].values - mean) <= reach
            words = "mean and Monte Carlo error times Student's t"
            yield f"Monte Carlo error, {pairs} pairs", f"the mean, {name}", times, held.mean(), words
            sigma = found.values.std(ddof=1)
            rough = "" if name.startswith("normal") else "made for normal effects; rough where they are skewed"
            above = np.array([upper_error(e, pairs) for e in summary.error.values]) >= sigma / math.sqrt(pairs)
            yield f"error behind --precision, {pairs} pairs", f"the true error, {name}", times, above.mean(), rough
        noise = np.random.default_rng([pairs, 39]).standard_normal((min(times, 2000), pairs, 39))
        same = summarise(xr.DataArray(noise, dims=("run", "replicate", "hub"))).same_sign
        right = 1 - (same >= agreement_needed(pairs, 39)).any("hub").mean().item()
        words = "no direction called among 39 places: 95 % or more"
        yield f"direction, {pairs} pairs", "pure noise", len(noise), right, words


def sweeps_of_functions(times):
    """Indices of test functions, and chance's share of one with noise of known size."""
    for name, function, truth in (("Ishigami", ishigami, ISHIGAMI), ("a sum", linear, LINEAR)):
        for n in (16, 64, 256):
            held = {key: [] for key in truth}
            for seed in range(times):
                made, blocks = design("sobol", 3, n, seed)
                y = function(np.array([made.block(k) for k in range(blocks)]))
                table = indices.sobol(y, list("abc"), seed)
                for key, values in truth.items():
                    inside = (table[f"{key}_low"] <= np.array(values)) & (np.array(values) <= table[f"{key}_high"])
                    held[key] += inside.tolist()
            for key, inside in held.items():
                words = (
                    "wider than needed: it does not know that the design is balanced" if np.mean(inside) > 0.95 else ""
                )
                if np.mean(inside) < 0.85:
                    words = "too few samples: named only where the interval is narrower than the index"
                yield f"{key} Sobol index, {n} base samples", name, len(inside), np.mean(inside), words
    for share in (0.05, 0.2, 0.5):
        held = []
        for seed in range(10 * times):
            random = np.random.default_rng([seed, int(100 * share)])
            points, chance = random.standard_normal(320), math.sqrt(share / (1 - share))
            first = points + chance * random.standard_normal(320)
            again = points[:16] + chance * random.standard_normal(16)
            ratio = ((first[:16] - again) ** 2).mean() / 2 / first.var(ddof=1)
            low, high = indices.variance_ratio_interval(ratio, 16, 319)
            held.append(low <= share <= high)
        yield f"chance's share, {100 * share:.0f} % in truth", "320 points, 16 run again", len(held), np.mean(held), ""


def simulated(runs=RUNS, pairs=PAIRS):
    """Errors and bands of runs of the simulator with seeds of their own; the truth is the run of all their pairs."""
    for uncertainty, whose in (("all", "drawn assumptions"), ("chance", "assumptions held")):
        values = {name: [] for name in MEASURES}
        for seed in range(1, runs + 1):
            result = run("h1b_fee", seed=seed, replicates=pairs, uncertainty=uncertainty, **SMALL)
            for name in MEASURES:
                values[name].append(effect(result, name).values)
        inside, above, within = [], [], []
        for name, found in values.items():
            summary = summarise(xr.DataArray(np.array(found), dims=("run", "replicate")))
            means, errors = summary["mean"].values, summary.error.values
            held = abs(means - means.mean()) <= student.ppf(0.95, pairs - 1) * errors
            within += held.tolist()
            true = means.std(ddof=1)
            above += [upper_error(error, pairs) >= true for error in errors]
            # the other runs' pairs are further draws from the same chances
            low, high = summary.low.values[:, None], summary.high.values[:, None]
            others = np.array([np.delete(np.array(found), k, axis=0).ravel() for k in range(runs)])
            inside.append(((low <= others) & (others <= high)).mean())
            words = f"true error {times_printed(true / math.sqrt((errors**2).mean()), runs)} the printed one"
            words += "; too few, and why is not known" if held.mean() < LEAST else ""
            yield f"Monte Carlo error, {pairs} pairs", f"h1b_fee on {name}, {whose}", runs, held.mean(), words
        several = f"h1b_fee on these {len(MEASURES)} measures, {whose}"
        yield f"Monte Carlo error, {pairs} pairs", several, len(within), np.mean(within), ""
        yield f"error behind --precision, {pairs} pairs", several, len(above), np.mean(above), ""
        yield f"90 % of pairs, {pairs} pairs", f"{several}: pairs of the other runs", len(above), np.mean(inside), ""


def times_printed(ratio, runs):
    """Return a ratio of standard errors in words, with its 90 % interval (normal means of ``runs`` runs)."""
    low, high = (ratio * math.sqrt((runs - 1) / chi2.ppf(q, runs - 1)) for q in (0.95, 0.05))
    return f"{ratio:.2f} ({low:.2f} to {high:.2f}) times"


def main():
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coverage", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few repetitions, without the simulator; writes nothing")
    asked = parser.parse_args()
    rows = [*pairs_of_noise(400 if asked.quick else 4_000), *sweeps_of_functions(20 if asked.quick else 100)]
    rows += [] if asked.quick else simulated()
    text = HEAD
    for what, whose, times, share, words in rows:
        text += f"| {what} | {whose} | {times:,} | {100 * share:.0f} % | {words} |\n"
    print(text)
    if not asked.quick:
        PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
