"""Portfolio: a known optimum is found through the same door, and runs decide, not the emulator."""

import math

import numpy as np
import pytest
from test_plots import drawn, words

from sim.errors import UsageError
from sim.results import narrative
from sim.show.plots.curve import plot_frontier
from sim.study.portfolio import Emulator, _distinct, _judged, million, mix_scenario, portfolio, search
from sim.study.sweep.factors import number

WORTH, PRICE = (10.0, 6.0, 2.0), (100.0, 50.0, 40.0)
FACTORS = [number(name, 0, 1) for name in ("a", "b", "c")]
BUDGET = 60.0
# most of sum w sqrt(x) with sum p x = B: x proportional to (w / p)^2
BEST = {n: (w / p) ** 2 * BUDGET / sum(v**2 / q for v, q in zip(WORTH, PRICE, strict=True))
        for n, w, p in zip("abc", WORTH, PRICE, strict=True)}  # fmt: skip


def engineers(values):
    return sum(w * math.sqrt(values[name]) for w, name in zip(WORTH, "abc", strict=True))


def cost(values):
    return sum(p * values[name] for p, name in zip(PRICE, "abc", strict=True))


def known(values):
    return {"engineers": engineers(values), "cost": cost(values)}


def confirmed(mixes):
    noise = 0.05 * np.random.default_rng(1).standard_normal(12)
    pairs = {label: (engineers(values) + noise, cost(values) + 0 * noise) for label, values in mixes.items()}
    return pairs, lambda best: {}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return search(known, FACTORS, BUDGET, "stock:fra", confirmed, store=tmp_path_factory.mktemp("p"), n=48)


def test_a_known_optimum_is_found(found):
    best = found.mixes[found.mixes.label == found.best].iloc[0]
    most = engineers(BEST)
    assert cost(BEST) == pytest.approx(BUDGET)
    assert most * 0.97 < best.engineers < most * 1.02
    assert best.cost <= BUDGET


def test_the_best_is_no_worse_than_every_corner(found):
    best = found.mixes[found.mixes.label == found.best].iloc[0]
    corners = found.mixes[found.mixes.label.str.startswith("corner") & found.mixes.within]
    assert len(found.mixes[found.mixes.label.str.startswith("corner")]) == 7
    assert (corners.engineers <= best.engineers).all()


def test_frontier_rises_and_stays_in_its_band(found):
    front = found.frontier
    assert (np.diff(front.engineers) >= 0).all()
    assert ((front.low <= front.engineers) & (front.engineers <= front.high)).all()
    near = front.iloc[(front.budget - BUDGET).abs().argmin()]
    scale = near.budget / BUDGET
    assert near.engineers == pytest.approx(engineers(BEST) * math.sqrt(scale), rel=0.06)


def test_the_best_mix_has_the_least_regret(found):
    best = found.mixes[found.mixes.label == found.best].iloc[0]
    assert best.best_in == 1
    assert best.regret == pytest.approx(0)
    said = " ".join(narrative.portfolio(found, 12))
    assert "best mix" in said
    assert "100 %" in said


def test_a_killed_search_goes_on(tmp_path):
    store, calls = tmp_path / "p", []

    def counted(values):
        calls.append(1)
        return known(values)

    from concurrent.futures import ThreadPoolExecutor  # functions of a test do not travel between processes

    from sim.study.sweep.runner import explore

    with ThreadPoolExecutor(1) as pool:
        explore(counted, FACTORS, "lhs", 20, store=store, record={"budget_search": True}, executor=pool)
    assert len(calls) == 20
    again = search(known, FACTORS, BUDGET, "stock:fra", confirmed, store=store, n=20)
    assert again.points == 20
    assert len(calls) == 20


def test_budgets_are_read_as_people_write_them():
    assert million("500M") == 500
    assert million("1.2 bn") == 1200
    for wrong in ("much", "5 apples", True):
        with pytest.raises(UsageError):
            million(wrong)


def test_a_lever_without_bounds_asks_for_limits(tmp_path):
    lever = "country.fra.compute.h100e"
    with pytest.raises(UsageError, match=f"^limits {lever}: its bounds are too wide .* {lever}=LOW:HIGH"):
        portfolio("fra", "500M", [lever], out=tmp_path)
    with pytest.raises(UsageError, match=f"levers: {lever} is given twice"):
        portfolio("fra", "500M", ["country.fra.tax.newcomer_relief", lever, lever], out=tmp_path)
    assert not [*tmp_path.iterdir()]


def test_no_mix_within_the_budget_is_said(tmp_path):
    none = search(known, FACTORS, -1.0, "stock:fra", confirmed, store=tmp_path / "p", n=10)
    assert none.best is None
    assert "No mix that was run stays within" in narrative.portfolio(none, 12)[0]


def test_a_best_mix_that_loses_engineers_is_said(tmp_path):
    def losing(mixes):
        return {label: (-1.0 - np.arange(12.0), np.ones(12)) for label in mixes}, lambda best: {}

    lost = search(known, FACTORS, BUDGET, "stock:fra", losing, store=tmp_path / "p", n=10)
    assert "no mix that was run adds engineers; the best is" in narrative.portfolio(lost, 12)[0]


def test_mixes_set_every_lever_from_the_start():
    from sim.scenario.files import as_scenario

    mix = mix_scenario(
        as_scenario("baseline"), {"country.fra.tax.newcomer_relief": 0.2, "country.fra.compute.h100e": 9}
    )
    assert [(p.lever, p.amount, p.begins) for p in mix.policies] == [
        ("country.fra.tax.newcomer_relief", 0.2, None),
        ("country.fra.compute.h100e", 9.0, None),
    ]


@pytest.mark.slow
def test_a_small_search_runs_from_end_to_end(tmp_path):
    levers = ["country.fra.tax.newcomer_relief", "country.fra.compute.h100e"]
    limits = {"country.fra.tax.newcomer_relief": (0, 0.6), "country.fra.compute.h100e": (0, 50_000)}
    options = {"population": 3_000, "years": 2, "replicates": 1, "workers": 1, "n": 8, "confirm": 3}
    found = portfolio("fra", "500M", levers, limits=limits, out=tmp_path, **options)
    assert set(found.mixes.label) >= {"optimum", "corner_11", "corner_01"}
    assert found.best is None or found.mixes.set_index("label").within[found.best]
    compute = found.mixes.set_index("label").cost
    assert compute["corner_01"] > 0


def test_noise_names_no_clear_winner():
    random = np.random.default_rng(3)
    noise = {label: (random.normal(10, 1, 20), np.ones(20)) for label in "abc"}
    mixes = {label: {} for label in noise}
    assert not _judged(mixes, noise, 2.0).clear.any()
    ahead = noise | {"b": (noise["a"][0] + 5, np.ones(20)), "c": (noise["a"][0] + 9, 3 * np.ones(20))}
    table = _judged(mixes, ahead, 2.0).set_index("label")
    assert table.clear.to_dict() == {"a": False, "b": True, "c": False}  # the third is beyond the budget
    few = {label: tuple(values[:9] for values in pair) for label, pair in ahead.items()}
    assert not _judged(mixes, few, 2.0).clear.any()  # fewer than ten pairs settle nothing


def test_equal_mixes_settle_no_winner():
    """A lever without effect: the mixes tie in every pair, and none is clearly the best."""
    effect = np.linspace(9, 11, 20)
    tied = {label: (effect, np.ones(20)) for label in "ab"} | {"c": (effect - 5, np.ones(20))}
    table = _judged({label: {"lever": k} for k, label in enumerate("abc")}, tied, 2.0).set_index("label")
    assert not table.clear.any()
    assert table.best_in.to_dict() == {"a": 1.0, "b": 1.0, "c": 0.0}


def test_mixes_with_the_same_values_are_one(tmp_path):
    """If every lever does harm, the best mix is nothing, and so are nine tenths of it."""
    nothing = {"a": 0.0, "b": 0.0, "c": 0.0}
    assert list(_distinct({"optimum": nothing, "cautious": nothing, "x": nothing | {"b": 0.1}}, FACTORS)) == [
        "optimum",
        "x",
    ]

    def harm(values):
        return {"engineers": -engineers(values), "cost": cost(values)}

    def free(mixes):
        return {
            label: (-engineers(values) + np.arange(12.0), np.zeros(12)) for label, values in mixes.items()
        }, lambda best: {}

    found = search(harm, FACTORS, BUDGET, "stock:fra", free, store=tmp_path / "p", n=10)
    assert found.mixes.set_index("label").loc[found.best, list("abc")].tolist() == [0, 0, 0]
    assert "cautious" not in set(found.mixes.label)


@pytest.mark.parametrize(("levers", "n"), [(1, 10), (2, 16)])
def test_the_band_holds_a_known_function_with_noise(levers, n):
    """Of a sum of square roots with normal noise; the emulator's own standard deviations hold it too seldom."""
    slopes, held, own = np.array((10.0, 6.0))[:levers], [], []
    grid = np.random.default_rng(0).random((40, levers))
    for seed in range(4):
        random = np.random.default_rng(seed)
        x = random.random((n, levers))
        emulator = Emulator(x, np.sqrt(x) @ slopes + random.normal(size=n), seed)
        mean, deviation = emulator(grid)
        off = np.abs(mean - np.sqrt(grid) @ slopes) / deviation
        held += [off <= emulator.reach]
        own += [off <= 1.645]
    assert np.mean(held) >= 0.85
    assert np.mean(held) >= np.mean(own)


def test_few_mixes_have_no_band_and_say_so(tmp_path):
    few = search(known, FACTORS, BUDGET, "stock:fra", confirmed, store=tmp_path / "few", n=12)
    assert few.frontier[["low", "high"]].isna().all(axis=None)
    assert few.frontier.engineers.notna().all()
    assert narrative.portfolio(few, 12)[-1].endswith("So few mixes give its frontier no band: 18 do (--n 18).")
    assert "12 mixes give no band" in " ".join(words(drawn(plot_frontier, few, title="x")))


def test_a_mix_that_is_not_clearly_worse_is_no_second(tmp_path):
    """Ten pairs of noise settle no order; a lead of far more than the noise does."""

    def unsure(mixes):
        random = np.random.default_rng(2)
        return {label: (10 + random.normal(size=12), np.full(12, 1.0)) for label in mixes}, lambda best: {}

    said = narrative.portfolio(search(known, FACTORS, BUDGET, "stock:fra", unsure, store=tmp_path / "p", n=10), 12)
    assert any(line.startswith("Not clearly worse is") for line in said)
    assert any("the pairs do not settle which is best" in line for line in said)

    def sure(mixes):
        return {label: (100.0 * k + np.arange(12.0), np.ones(12)) for k, label in enumerate(mixes)}, lambda best: {}

    said = narrative.portfolio(search(known, FACTORS, BUDGET, "stock:fra", sure, store=tmp_path / "q", n=10), 12)
    assert any(line.startswith("Next comes") for line in said)


def test_errors_are_those_of_mixes_left_out():
    """Pure noise cannot be predicted: the error at mixes left out is about the spread, whatever the fit."""
    random = np.random.default_rng(5)
    emulator = Emulator(random.random((30, 2)), random.normal(size=30), 0)
    assert 0.9 < emulator.error["share"] < 1.5
