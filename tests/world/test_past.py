"""The world of a past year: stocks walked back, rates kept, and the registrations of each lottery."""

import numpy as np
import pytest
from worlds import CENTRE, setting

from sim.custom_world import PRESENT
from sim.model.supply import entrant_path, reference_size
from sim.world.build_world import build
from sim.world.past import FIRST, FLEET_GROWTH, odds_of, past_stock, setting_of
from sim.world.tables import column, read

YEARS = range(FIRST, PRESENT)


def rates(s):
    """Persons a year over the stock, by country and by hub."""
    stock = np.bincount(s.country, s.stock, len(s.countries))
    by_country = [x / stock for x in (s.net_migration, s.graduates, s.conversions)]
    return np.concatenate([*by_country, s.national_net / s.stock, (s.compatriots / s.stock).ravel()])


def test_from_the_year_of_the_tables_nothing_changes():
    assert setting_of(PRESENT) is setting_of(PRESENT + 4) is setting()


@pytest.mark.parametrize("year", YEARS)
def test_stocks_are_walked_back_by_growth(year):
    past, s = setting_of(year), setting()
    growth = column("supply", "growth_rate")[s.country]
    assert np.array_equal(past.stock, np.rint(s.stock / (1 + growth) ** (PRESENT - year)))
    assert past.persons == past_stock(s, year).sum() == past.stock.sum()


@pytest.mark.parametrize("year", YEARS)
def test_the_reference_path_leads_back_to_the_tables(year):
    path = reference_size(setting_of(year), CENTRE, year, PRESENT - year)
    assert path[-1] == pytest.approx(setting().stock, abs=0.5 * 1.4 ** (PRESENT - year))  # whole persons at the start


def test_growth_after_the_tables_is_that_of_today():
    past, now = (reference_size(setting_of(y), CENTRE, y, PRESENT + 5 - y) for y in (2023, PRESENT))
    assert past[-5:] / past[-6:-1] == pytest.approx(now[-5:] / now[-6:-1], rel=1e-12)


def test_rates_are_those_of_the_tables():
    s = setting()
    # a hub's stock is rounded to persons, and so are the rates
    assert rates(setting_of(2023)) == pytest.approx(rates(s), rel=1e-12, abs=1e-12)


def test_entrants_are_in_proportion_to_the_stock():
    past, now = setting_of(2023), setting()
    first, today = (entrant_path(s, CENTRE, y, 1)[0].sum(axis=(1, 2)) for s, y in ((past, 2023), (now, PRESENT)))
    assert first / past.stock == pytest.approx(today / now.stock, rel=1e-9)


def test_fleets_shrink_as_the_model_grows_them():
    assert CENTRE.fleet_growth == FLEET_GROWTH
    assert setting_of(2024).h100e * np.exp(2 * FLEET_GROWTH) == pytest.approx(setting().h100e)


@pytest.mark.parametrize("year", range(2020, 2025))
def test_each_lottery_has_its_published_odds(year):
    (pool,) = (row for row in setting_of(FIRST).pools if row["pool"] == "usa.h1b")
    own = float(pool["own_registrations"]) * past_stock(setting(), year).sum() / setting().persons
    everybody = float(pool["registrations"]) + float(pool["own_registrations"])
    # the places of FY2026 over what competes for them
    places = everybody * odds_of(2026)
    assert places / (pool["before"][year] + own) == pytest.approx(odds_of(year + 1), rel=1e-9)


def test_odds_are_selected_over_eligible():
    for row in read("registrations"):
        assert odds_of(int(row["fy"])) == int(row["selected"]) / int(row["eligible"])
    assert np.isnan(odds_of(2020))


@pytest.mark.parametrize(("year", "population"), [(2023, 4_000), (FIRST, 2_345)])
def test_a_past_world_has_its_stocks_to_the_agent(year, population):
    s = setting_of(year)
    world = build(s, population, 0, year, entrant_path(s, CENTRE, year, 1), CENTRE.mover_share, with_ties=False)
    present = slice(int(world.cohort[1]))
    counts = np.bincount(world.engineers.hub[present], minlength=len(s.hubs))
    assert counts.sum() == population
    # apportioned by home and tier, hub by hub: fewer than one agent in each cell of a hub
    assert np.abs(counts - s.stock / world.weight).max() < 3
    assert world.weight == s.persons / population
