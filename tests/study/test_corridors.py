"""Corridors from data: the fit finds what made the flows, and the shipped coefficients are those of the data."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import CENTRE, arm_of, setting, shipped_world

from sim.errors import UsageError
from sim.model.inversion import expected
from sim.model.market import Layout
from sim.scenario.assumptions import ASSUMPTIONS
from sim.study import corridors
from sim.study.validation.experiments import published_skill_rates, rank_with_skill_rates
from sim.world.build.corridor_effects import K, flows_and_kernel, scaled, shrunken
from sim.world.build.source_files import DATA, as_csv
from sim.world.tables import read


def made_flows(k=12, seed=0):
    """Flows without noise from known coefficients, and the two terms that made them."""
    generator = np.random.default_rng(seed)
    terms = [generator.normal(size=(k, k)) for _ in range(2)]
    push, pull = generator.normal(size=(2, k))
    flow = np.exp(2 + push[:, None] + pull + 0.7 * terms[0] - 0.3 * terms[1])
    return flow * ~np.eye(k, dtype=bool), terms


def test_the_fit_finds_the_true_coefficients():
    flow, terms = made_flows()
    found, errors, fitted, deviance = corridors.poisson_fit(flow, terms)
    assert found == pytest.approx([0.7, -0.3], abs=1e-6)
    assert fitted == pytest.approx(flow)
    assert deviance == pytest.approx(0, abs=1e-6)
    assert (errors > 0).all()


def test_the_corridor_fit_keeps_both_margins():
    flow = np.random.default_rng(1).poisson(made_flows()[0]).astype(float)
    fitted = corridors.poisson_fit(flow, made_flows()[1][:1])[2]
    assert fitted.sum(axis=0) == pytest.approx(flow.sum(axis=0))
    assert fitted.sum(axis=1) == pytest.approx(flow.sum(axis=1))


def test_flows_that_allow_no_fit_are_refused():
    flow, terms = made_flows()
    with pytest.raises(UsageError, match="does not converge"):
        corridors.poisson_fit(1e-12 * flow, terms)


def test_a_country_that_sends_nobody_is_left_out():
    flow, terms = made_flows()
    flow[3] = 0
    found, _, fitted, _ = corridors.poisson_fit(flow, terms)
    assert found == pytest.approx([0.7, -0.3], abs=1e-6)
    assert (fitted[3] == 0).all()


@pytest.mark.slow
def test_the_shipped_kernel_is_what_the_data_give():
    assert (DATA / "corridor_kernel.csv").read_text(encoding="utf-8") == as_csv(corridors.corridor_kernel())


def test_the_assumptions_cite_the_shipped_coefficients():
    for row in read("corridor_kernel"):
        source = ASSUMPTIONS[row["term"]].source
        assert f"{float(row['coefficient']):.3f} ({float(row['error']):.3f})" in source, row["term"]
        assert "corridor_kernel.csv" in source
        assert float(row["coefficient"]) > 2 * float(row["error"])  # the sign of all three is sure


def test_compatriots_explain_more_than_any_other_term():
    assert corridors.diaspora_over_next(read("corridor_kernel")) >= 1  # gate g24


def test_nothing_is_fitted_to_the_backcast_years():
    assert corridors.LAST == 2012 < int(read("backcast")[0]["first"])


def test_rates_of_people_with_ai_skills():
    rates = published_skill_rates()
    assert len(rates) == 61
    assert rates["usa"] > 0 > rates["ind"]
    assert rates["are"] == pytest.approx((1171.89 + 1029.07 + 596.69) / 300)  # percent a year


def test_net_rates_are_compared_over_common_countries(result):
    rank, countries = rank_with_skill_rates(result)
    assert set(countries) <= set(published_skill_rates())
    assert len(countries) > 5
    assert -1 <= rank <= 1


def test_a_residual_shrinks_where_few_move():
    ratio = 4.0
    found = shrunken(ratio * np.array([0.1, 1.0, 10.0, 1e6]), np.array([0.1, 1.0, 10.0, 1e6]))
    assert (np.diff(found) > 0).all()
    assert found[0] < 0.3 < np.log(ratio)
    assert found[-1] == pytest.approx(np.log(ratio), abs=1e-5)


def test_a_scaled_kernel_has_the_totals_of_the_data():
    flow, terms = made_flows()
    found = scaled(np.exp(0.7 * terms[0] - 0.3 * terms[1]), flow)
    assert found == pytest.approx(flow, rel=1e-6)  # the kernel that made the flows gives them back


def test_the_dispersion_that_made_counts_is_found():
    generator, mean = np.random.default_rng(0), np.full(20_000, 5.0)
    counts = generator.poisson(mean * generator.gamma(2.0, 1 / 2.0, 20_000))
    assert corridors.dispersion(counts, mean) == pytest.approx(2.0, rel=0.1)


def test_the_shipped_dispersion_is_that_of_the_data():
    codes, observed, kernel = flows_and_kernel()
    off = ~np.eye(len(codes), dtype=bool)
    assert corridors.dispersion(observed[off], kernel[off]) == pytest.approx(K, rel=0.01)


def test_shipped_residuals_follow_from_kernel_and_data():
    for row in read("corridor_effects"):
        kernel, data, residual = (float(row[key]) for key in ("kernel", "data", "residual"))
        assert residual == pytest.approx(np.log((K + data) / (K + kernel)), abs=0.03)


def test_corridor_effects_switched_off_add_nothing():
    none = replace(setting(), corridor=np.zeros_like(setting().corridor))
    costs = [
        Layout(place, CENTRE.vary(corridor_strength=0.0), (1.0, 2.0, 2.0)).trip_cost for place in (setting(), none)
    ]
    assert costs[0].tobytes() == costs[1].tobytes()


def test_corridor_effects_scale_third_country_flows():
    a = CENTRE.vary(corridor_strength=0.8, corridor_transfer=0.5)
    off, on = (Layout(setting(), b, (1.0, 2.0, 2.0)).trip_cost for b in (a.vary(corridor_strength=0.0), a))
    assert (off - on) / a.nest_third == pytest.approx(np.broadcast_to(0.4 * setting().corridor, off.shape))


def test_a_corridor_with_more_history_takes_more_moves():
    changed = CENTRE.vary(corridor_strength=1.0, corridor_transfer=1.0)
    off, on = (expected(arm_of(shipped_world(), a)).moves.sum(axis=0) for a in (CENTRE, changed))
    s = setting()
    o, d = (s.country == s.countries.index("can")), (s.country == s.countries.index("sau"))
    assert s.corridor[o][:, d].min() > 1
    assert on[o][:, d].sum() > 2 * off[o][:, d].sum()
