import numpy as np
import pytest

from sim.errors import ResultError
from sim.results.measures import MEASURES, Query, measure, parse, series


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("share", Query("share")),
        ("share:sf_bay_area", Query("share", "sf_bay_area")),
        ("share:usa,tier=expert@2036", Query("share", "usa", {"tier": "expert"}, 2036)),
        (" backlog , route = usa.h1b ", Query("backlog", None, {"route": "usa.h1b"})),
        ("hhi@2030", Query("hhi", None, {}, 2030)),
        ("stay:usa,trained_in=usa,home=chn@+5", Query("stay", "usa", {"trained_in": "usa", "home": "chn"}, None, 5)),
    ],
)
def test_a_measure_is_taken_apart(text, query):
    assert parse(text) == query


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("shear:usa", "unknown measure 'shear'; nearest: share"),
        (
            "share:usa,teir=expert",
            "unknown key 'teir'; share takes tier, role, sector, home, status, trained_in, group, basis; nearest: tier",
        ),
        ("share:usa,tier", "tier needs a value: tier=..."),
        ("share:@2030", "a place is missing after ':'"),
        ("share@soon", "the time after '@' is a year, not 'soon'"),
        ("net_rate:paris,tier=expert", "net_rate takes no key"),
        ("share:pariss", "pariss is no hub, country, region or bloc; nearest: paris"),
        ("share,tier=experts", "unknown tier 'experts'; nearest: expert"),
        ("hhi:usa", "takes no place, but 'usa' was given"),
        ("share@2050", "2050 lies outside the run, 2026 to 2036"),
        ("net_rate@2036", "2036 lies outside the run, 2026 to 2035"),
        ("stock,tier=expert,home=ind", "not counted by tier and home together"),
        ("arrivals:usa,tier=expert,home=ind", "no saved run holds this by tier and home"),
        ("share@+5", "the time after '@' is a year, not '+5'"),
        ("drain", "needs a home: drain,home=ind"),
        ("drain,home=euw", "euw is a group of countries"),
        ("grants:paris", "routes lead into countries: give a country or a region, not paris"),
        ("offers:paris", "job offers are counted by country: give a country, bloc or region, not paris"),
        ("share:usa,tier=expert,tier=entry", "a key is given twice"),
        ("mix:paris", "needs a key: mix:paris,tier=expert"),
        ("outflow,sector_left=startup", "needs two keys"),
        ("grants:usa,route=can.gts", "give a place (usa) or a route (can.gts), not both"),
    ],
)
def test_impossible_measures_are_refused_in_one_line(result, text, complaint):
    with pytest.raises(ResultError) as refusal:
        measure(result, text)
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_shares_add_up_to_one_by_hub_and_by_country(result):
    assert np.allclose(measure(result, "share").sum("hub"), 1)
    countries = set(result.data.hub_country.values)
    assert np.allclose(sum(measure(result, f"share:{c}") for c in countries), 1)


def test_a_tier_has_its_own_world(result):
    stock = result.data.stock.sel(tier="expert")
    expected = stock.sel(hub=["toronto", "montreal", "rest_of_canada"]).sum("hub") / stock.sum("hub")
    assert np.allclose(measure(result, "share:can,tier=expert@2030"), expected.sel(time=2030))


def test_a_countrys_arrivals_come_from_outside_it(result):
    hubs = list(result.data.hub.values)
    inside = [hubs.index(h) for h in ("toronto", "montreal", "rest_of_canada")]
    outside = [k for k in range(len(hubs)) if k not in inside]
    flow = result.data.flow.values[:, :, -1]
    assert np.allclose(measure(result, "arrivals:can"), flow[:, :, outside][..., inside].sum((-1, -2)))
    assert np.allclose(measure(result, "departures:can"), flow[:, :, inside][..., outside].sum((-1, -2)))


def test_net_migration_closes_the_books(result):
    """stock(t+1) - stock(t) = entrants - exits + net migration, in every hub."""
    change = measure(result, "stock").values - measure(result, "stock@2035").values
    entrants, net, exits = (measure(result, name).values for name in ("entrants", "net_migration", "exits"))
    assert np.allclose(change, entrants + net - exits)


def test_net_rate_is_over_the_stock_of_january(result):
    rate = measure(result, "net_rate:paris@2030")
    assert np.allclose(rate, measure(result, "net_migration:paris@2030") / measure(result, "stock:paris@2030"))


@pytest.mark.parametrize(("coordinate", "places"), [("hub", None), ("hub_country", "usa"), ("region", "eu27")])
def test_arrival_shares_of_one_kind_add_up_to_one(result, coordinate, places):
    labels = sorted(set(result.data[coordinate].values))
    assert places is None or places in labels
    assert np.allclose(sum(measure(result, f"arrival_share:{label}") for label in labels), 1)
    if places is None:
        assert np.allclose(measure(result, "arrival_share").sum("hub"), 1)


def test_drain_is_the_part_that_lives_abroad(result):
    home = measure(result, "stock,home=ind")
    abroad = 1 - measure(result, "stock:ind,home=ind") / home.sum("hub")
    assert np.allclose(measure(result, "drain,home=ind"), abroad)


def test_concentration(result):
    share = measure(result, "share")
    assert np.allclose(measure(result, "hhi"), (share**2).sum("hub"))
    assert np.allclose(measure(result, "top3"), np.sort(share.values, axis=-1)[..., -3:].sum(-1))


def test_routes_by_name_by_country_and_all(result):
    assert measure(result, "grants").dims == ("arm", "replicate", "route")
    american = [f"grants,route={r}" for r in result.data.route.values if r.startswith("usa.")]
    assert np.allclose(
        measure(result, "grants:usa"),
        sum(measure(result, m).drop_vars("route", errors="ignore") for m in american),
    )
    tiers = [measure(result, f"grants,route=usa.h1b,tier={t}") for t in result.data.tier.values]
    assert np.allclose(sum(tiers), measure(result, "grants,route=usa.h1b"))


def test_the_premium_is_expert_over_practitioner_pay(result):
    assert measure(result, "expert_premium:paris").values == pytest.approx(400 / 200)
    assert measure(result, "expert_premium").sizes["hub"] == result.data.sizes["hub"]


def test_pay_of_a_country_is_the_mean_of_its_engineers(result):
    level = result.data.pay.isel(time=-1).sel(hub=["paris", "rest_of_france"])
    weight = result.data.stock.isel(time=-1).sel(hub=["paris", "rest_of_france"])
    expected = (level * weight).sum(("hub", "tier")) / weight.sum(("hub", "tier"))
    assert np.allclose(measure(result, "pay:fra"), expected)


def test_the_employers_basis_counts_the_same_people(result):
    home, work = measure(result, "stock"), measure(result, "stock,basis=employer")
    assert np.array_equal(work, result.data.stock_by_employer.isel(time=-1).sum("tier"))
    assert not np.allclose(home, work)
    assert np.array_equal(measure(result, "stock,basis=residence"), home)
    with pytest.raises(ResultError, match="by employer are counted by tier alone"):
        measure(result, "share:usa,basis=employer,home=ind")


def test_tiers_of_a_place_add_up_to_it(result):
    parts = [measure(result, f"mix:usa,tier={tier}") for tier in result.data.tier.values]
    assert np.allclose(sum(parts), 1)


def test_years_to_expert_sum_two_waiting_times(result):
    """Promotions of the fake result are 1 and 19 % a year everywhere: 100 years and 5.3 of them."""
    assert np.allclose(measure(result, "years_to_expert:usa"), 1 / 0.01 + 1 / 0.19)


def test_leavers_of_a_sector_go_to_the_others(result):
    sectors = [str(s) for s in result.data.sector.values if s != "startup"]
    parts = [measure(result, f"outflow,sector_left=startup,sector_taken={s}") for s in sectors]
    assert np.allclose(sum(parts), 1)
    assert np.allclose(measure(result, "outflow,sector_left=startup,sector_taken=startup"), 0)


def test_tied_moves_are_compared_with_random_moves(result):
    """In the fake result 35 % of all moves lead to one, and 7 % would at random."""
    assert np.allclose(measure(result, "tied_moves"), 0.35)
    assert np.allclose(measure(result, "tied_ratio"), 5)


KEYS_NEEDED = {
    "drain": ",home=ind",
    "mix": ",tier=expert",
    "outflow": ",sector_left=frontier_lab,sector_taken=startup",
    "cost_per_engineer": ":usa",
}


# no saved run holds them; a tuple, so that test processes agree on the order
COUNTED = ("moves", "returns", "stay", "vacancies", "openings", "roles_per_candidate", "time_to_fill")
COUNTED += ("doctors_to_industry", "spinouts", "remote_pay")


@pytest.mark.parametrize("name", COUNTED)
def test_what_no_saved_run_holds_is_refused(result, name):
    with pytest.raises(ResultError, match="no saved run holds this; ask talentflow count"):
        measure(result, f"{name}:usa")


@pytest.mark.parametrize("name", [name for name in MEASURES if name not in COUNTED])
def test_every_measure_has_unit_meaning_and_both_arms(result, name):
    values = series(result, name + KEYS_NEEDED.get(name, ""))
    assert values.dims[:2] == ("arm", "replicate")
    assert values.attrs["units"]
    assert values.attrs["long_name"]
    known = values.where(values.hub.isin(["paris", "toronto"]), drop=True) if name == "gain" else values
    assert np.isfinite(known).all()


def test_offers_of_countries_add_up_to_the_world(result):
    for name in ("offers", "offers_taken"):
        parts = [measure(result, f"{name}:{country}") for country in result.data.country.values]
        assert np.allclose(sum(parts), measure(result, name))
    assert (measure(result, "offers_taken") <= measure(result, "offers")).all()
    old = type(result)(result.data.drop_vars("offers"), result.record)
    with pytest.raises(ResultError, match="saved before job offers were counted; run it again"):
        measure(old, "offers:can")


def test_retention_is_two_years_at_the_years_rate(result):
    left = result.data.hires.sel(sector_left="startup", year=2027).sum("sector_taken")
    stock = result.data.stock_by_sector.sel(sector="startup", time=2027).sum("hub")
    found = measure(result, "retention,sector=startup@2027")
    assert np.allclose(found, (1 - left / stock) ** 2)
