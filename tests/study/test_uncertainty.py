"""Uncertainty in its parts: they add up, none is below zero, and what does not vary has no part."""

from html import unescape
from itertools import product

import numpy as np
import pytest
from fake_result import fake_comparison, fake_result, reports
from test_plots import drawn, words

from sim import compare, load, run
from sim.errors import UsageError
from sim.results.decomposition import (
    DIMS,
    RUNS,
    SOURCES,
    WHOLE,
    parts,
    place_rows,
    shares,
    split_table,
)
from sim.results.facts import facts, leading_row
from sim.results.narrative import uncertainty
from sim.results.result import Result
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions
from sim.scenario.policies import Scenario
from sim.show.plots.uncertainty import plot_uncertainty
from sim.study.options import Options
from sim.study.uncertainty import DATA, VARIANTS, variants_of
from sim.world.perturb import figure_errors, perturb_setting
from sim.world.setting import load_setting

SMALL = dict(population=2_000, replicates=2, years=2, workers=1, uncertainty="parts")
ERRORS = {"A": 0.0, "B": 0.05, "C": 0.1, "D": 0.1}


@pytest.fixture(scope="module")
def small():
    return run("h1b_fee", **SMALL)


def with_runs(result, size=(4.0, 2.0, 6.0, 1.0), rows=12):
    """The result with runs whose effects differ by so many standard points at the end, by source."""
    data, random = result.data.copy(), np.random.default_rng(1)
    shape = (data.sizes["arm"], rows, 2, 2, 2, 2, data.sizes["time"], data.sizes["hub"])
    found = np.zeros(shape)
    for part, of in zip(SOURCES, size, strict=True):
        axis = 2 + ("data", "assumptions", "model", "chance").index(part)
        along = [n if k in (0, 1, axis, 7) else 1 for k, n in enumerate(shape)]
        found = found + of * random.standard_normal(along)
    data[RUNS] = (DIMS, found * np.linspace(0, 0.01, shape[6])[:, None])
    told = {"rows": rows, "refused": 3, "population": 100_000, "sources": list(SOURCES), "variants": list(VARIANTS)}
    return Result(data, result.record | {"split": told})


# --- the arithmetic -------------------------------------------------------------------------------


def test_parts_are_those_of_a_function_that_is_known():
    """Y = 2 chance (1 + data) + data * assumptions + 3 model + data * assumptions * model, all standard normal.

    E Var(Y | rest) = 8; of the rest data and assumptions share 1, all three share 1, and model has 9 of its own.
    """
    random, rows = np.random.default_rng(0), 60_000
    data, assumed, model = (random.standard_normal((rows, *where, 1)) for where in ((2, 1, 1), (1, 2, 1), (1, 1, 2)))
    noise = random.standard_normal((rows, 2, 2, 2, 2))  # another in every combination, as among agents
    values = 2 * noise * (1 + data) + data * assumed + 3 * model + data * assumed * model
    found = parts(values).mean(axis=0)
    assert found == pytest.approx([8, 0.5 + 1 / 3, 0.5 + 1 / 3, 9 + 1 / 3], rel=0.06)


def test_parts_add_up_to_the_whole_variance():
    values = np.random.default_rng(0).standard_normal((3, 2, 2, 2, 2, 5))
    opposite = values - values[:, ::-1, ::-1, ::-1]
    between = (opposite[:, :, :, :, 0] * opposite[:, :, :, :, 1]).mean(axis=(1, 2, 3)) / 2
    within = values.var(axis=4, ddof=1).mean(axis=(1, 2, 3))
    assert parts(values).sum(axis=1) == pytest.approx(between + within)


@pytest.mark.parametrize("source", SOURCES)
def test_an_idle_source_has_no_part(source):
    values = np.random.default_rng(0).standard_normal((3, 2, 2, 2, 2, 5))
    axis = 1 + ("data", "assumptions", "model", "chance").index(source)
    found = parts(np.take(values, [0, 0], axis))
    assert np.abs(found[:, SOURCES.index(source)]).max() == 0
    assert np.abs(np.delete(found, SOURCES.index(source), axis=1)).min() > 0


def test_shares_add_up_and_errors_are_of_the_rows():
    def drawn_parts(rows, seed):
        return np.random.default_rng(seed).chisquare(1, (rows, 4, 1)) * np.array([1.0, 2.0, 3.0, 4.0])[:, None]

    share, error = shares(drawn_parts(4_000, 0))
    assert share.sum() == pytest.approx(1)
    again = [shares(drawn_parts(50, k)) for k in range(1, 300)]
    spread = np.std([one for one, _ in again], axis=0)
    assert np.mean([doubt for _, doubt in again], axis=0) == pytest.approx(spread, rel=0.15)
    assert error == pytest.approx(spread * np.sqrt(50 / 4_000), rel=0.2)


def test_ordered_pairs_come_once_in_sixteen_rows():
    for seed in (0, 1):
        found = [variants_of(k, seed) for k in range(32)]
        assert sorted(found[:16]) == sorted(found[16:]) == list(product(range(len(VARIANTS)), repeat=2))
        assert found[:16] != found[16:]


# --- figures within their error -------------------------------------------------------------------


def test_perturbed_worlds_keep_persons_and_net_sum():
    setting = load_setting()
    other = perturb_setting(setting, ERRORS, np.random.default_rng(0))
    assert other.persons == pytest.approx(setting.persons)
    assert other.national_net.sum() == pytest.approx(setting.national_net.sum(), abs=1e-6)
    assert np.array_equal(np.isnan(other.index_net), np.isnan(setting.index_net))
    ratio = other.pay[setting.pay > 0] / setting.pay[setting.pay > 0]
    assert ratio.min() < 0.95 < 1.05 < ratio.max()
    assert other.price is setting.price


def test_net_figures_follow_the_perturbed_stock():
    """With errors of stocks alone a country's net migration stays, and the index stays a part of the stock."""
    setting = load_setting()
    other = perturb_setting(setting, dict.fromkeys("ABCD", 0.0), np.random.default_rng(0))
    assert np.array_equal(other.pay, setting.pay)
    assert other.index_net / other.stock == pytest.approx(setting.index_net / setting.stock, nan_ok=True)
    by_country = [np.bincount(setting.country, one.national_net) for one in (setting, other)]
    assert by_country[1] == pytest.approx(by_country[0], abs=0.5)
    usa = setting.country == setting.country[0]
    rate = (other.national_net / other.stock)[usa]
    assert rate == pytest.approx(np.full(usa.sum(), rate[0]), rel=1e-3)


def test_figures_vary_by_stated_error_and_grade():
    setting, draws = load_setting(), 3_000
    below, above, pay, net = figure_errors(setting, tuple(sorted(ERRORS.items())))
    random = np.random.default_rng(0)
    found = [perturb_setting(setting, ERRORS, random) for _ in range(draws)]
    spread = np.std([np.log(one.pay[:, 1, 0] / setting.pay[:, 1, 0]) for one in found], axis=0)
    assert spread == pytest.approx(pay[:, 1], rel=0.06)
    hub = setting.hubs.index("singapore")  # 7,190 to 44,936 engineers
    relative = [np.log(one.stock[hub] / setting.stock[hub]) for one in found]
    assert np.quantile(relative, [0.05, 0.95]) == pytest.approx([np.log(7190 / 17974), np.log(44936 / 17974)], rel=0.15)
    assert ((below > 0) & (above > 0)).all()
    assert set(net) == {0.1}


# --- runs -----------------------------------------------------------------------------------------


def test_the_four_parts_of_a_run_sum_to_the_total(small):
    table = split_table(small)
    parts = table[table.part != WHOLE].groupby(["place", "time"]).variance.sum()
    totals = table[table.part == WHOLE].set_index(["place", "time"]).variance
    assert parts.to_numpy() == pytest.approx(totals[parts.index].to_numpy(), rel=1e-12)
    assert (totals.xs(2028, level="time") != 0).all()
    assert (table[table.time == 2026].variance == 0).all()  # nobody has moved yet
    widths = table[table.part != WHOLE].groupby(["place", "time"]).half_width.sum()
    whole = table[table.part == WHOLE].set_index(["place", "time"]).half_width
    assert widths.to_numpy() == pytest.approx(whole[widths.index].to_numpy())


def test_a_split_leaves_the_pairs_of_the_run(small):
    plain = run("h1b_fee", **SMALL | {"uncertainty": "all"})
    assert plain.data.identical(small.data.drop_vars(RUNS))


def test_a_scenario_without_policies_has_no_parts():
    nothing = run(Scenario(name="nothing", title="Nothing", question="", policies=()), **SMALL | {"replicates": 1})
    table = split_table(nothing)
    assert (table.variance == 0).all()
    assert (table.half_width == 0).all()
    assert "exactly zero" in uncertainty(nothing)[0]


def test_what_is_held_has_no_part():
    centre = Assumptions.central()
    behaviour = {name: getattr(centre, name) for name in ASSUMPTIONS if name not in DATA}
    held = run("h1b_fee", assumptions=behaviour, **SMALL | {"replicates": 1})
    table = split_table(held).groupby("part").variance.sum()
    assert table["assumptions"] == 0
    assert table["data"] != 0
    exact = centre.to_dict() | {"figure_error_c": 0.0, "figure_error_b": 0.0}
    stocks = run("h1b_fee", assumptions=exact, **SMALL | {"replicates": 1})
    table = split_table(stocks).groupby("part").variance.sum()
    assert table["assumptions"] == 0
    assert table["data"] != 0  # the ranges that the table of stocks states


@pytest.mark.slow
def test_a_comparison_splits_scenarios_as_runs(small):
    both = compare(["h1b_fee", "eu_fast_track"], **SMALL)
    mine = both.versus("h1b_fee").data[RUNS]
    assert np.array_equal(mine.values, small.data[RUNS].values)
    assert set(split_table(both).arm) == {"h1b_fee", "eu_fast_track"}


def test_a_split_of_another_kind_is_refused():
    with pytest.raises(UsageError, match="none of all, chance, parts"):
        Options(uncertainty="both").checked()


# --- what is told and shown -----------------------------------------------------------------------


def test_the_folder_holds_the_split_and_reads_back(small, tmp_path):
    folder = small.save(tmp_path)
    saved = Result.load(folder)
    assert saved.data.identical(small.data)
    assert saved.record["split"]["rows"] == 2
    assert (folder / "uncertainty.csv").read_text().startswith("place,time,part,variance,error,share,")
    with_all = fake_result(2, 2).save(tmp_path)
    assert not (with_all / "uncertainty.csv").exists()


def test_the_sentence_leads_with_the_largest_part():
    result = with_runs(fake_result())
    rows = {row["part"]: row for row in place_rows(result, "usa") if row["time"] == 2036}
    said, how = uncertainty(result)
    largest = max(SOURCES, key=lambda part: rows[part]["variance"])
    assert f"in 2036: {largest} {100 * rows[largest]['share']:.0f} %" in said
    assert sum(rows[part]["share"] for part in SOURCES) == pytest.approx(1)
    assert "12 rows (3 more refused" in how
    html, summary = reports(result)
    assert said in unescape(summary).replace("\\", "")
    assert "What the uncertainty is made of" in html
    assert "What the uncertainty is made of" not in reports(fake_result(2, 2))[0]


@pytest.mark.parametrize(
    ("subject", "place", "name"),
    [
        ("usa", "usa", "the US"),  # the country of the answer
        ("paris", "paris", "Paris"),
        ("ind,home=ind", "ind", "India"),
        ("deu+gbr", "deu+gbr", "Germany and the UK"),
    ],
)
def test_the_split_is_of_the_answers_subject(subject, place, name):
    result = fake_result()
    result = with_runs(Result(result.data, result.record | {"subject": subject}))
    assert leading_row(result)["label"] == facts(result)["lead"]["label"] == place
    assert f"the share of all engineers in {name} in 2036: " in uncertainty(result)[0]
    assert f"the share of {name} is made of" in " ".join(words(drawn(plot_uncertainty, result)))


def test_a_question_on_the_world_splits_a_country():
    """The share of the whole world never changes, so that its effect has no variance to split."""
    result = fake_result()
    result = with_runs(Result(result.data, result.record | {"subject": "world"}))
    assert leading_row(result)["kind"] == "country"
    assert "does not vary" not in uncertainty(result)[0]


@pytest.mark.parametrize("look", ["memo", "slide"])
@pytest.mark.parametrize("hubs", [None, ["usa"]])
def test_the_stack_is_as_high_as_half_the_band(look, hubs):
    result = with_runs(fake_result())
    ax = drawn(plot_uncertainty, result, look=look, hubs=hubs)
    total = [row["half_width"] for row in place_rows(result, "usa") if row["part"] == WHOLE]
    (plot,) = ax.child_axes
    assert plot.lines[0].get_ydata() == pytest.approx(total)
    assert max(layer.get_paths()[0].vertices[:, 1].max() for layer in plot.collections) == pytest.approx(max(total))
    assert "assumptions" in words(ax)


def test_splits_refuse_comparisons_and_two_places(equal_arms, result):
    for shown, hubs, wrong in (
        (result, None, "not split"),
        (with_runs(result), ["paris", "berlin"], "2 hubs"),
        (fake_comparison(["a", "b"], 2, 2), None, "one scenario"),
    ):
        with pytest.raises(UsageError, match=wrong):
            drawn(plot_uncertainty, shown, hubs=hubs)
    still = with_runs(equal_arms, size=(0, 0, 0, 0))
    assert any("exactly 0" in text for text in words(drawn(plot_uncertainty, still)))
    assert load("h1b_fee").policies
