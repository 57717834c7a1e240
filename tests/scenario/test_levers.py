"""Test the levers: complete declarations, lookup by name and wildcard, present values as in the tables."""

import csv
import re

import pytest

from sim.custom_world import SHIPPED as TABLES
from sim.errors import ScenarioError
from sim.scenario.levers import FAMILIES, SELECTIONS, baseline_rules, catalogue, find
from sim.scenario.stack import clip_to_bounds


def table(name):
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_family_reaches_every_row_of_its_table():
    for family in FAMILIES:
        count = sum(lever.field == family.field for lever in catalogue().values())
        rows = {axis: len(table(axis)) for axis in ("countries", "routes", "hubs", "homes", "sectors")}
        rows |= {"tiers": len(table("tier_factors")), "roles": len(table("role_factors"))}
        rows["origins"], rows["hub_sectors"] = rows["countries"] * rows["homes"], rows["hubs"] * rows["sectors"]
        rows["hub_tiers"], rows["country_roles"] = rows["hubs"] * rows["tiers"], rows["countries"] * rows["roles"]
        assert count == rows[family.axis], family.path
    assert len({family.field for family in FAMILIES}) == len(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.field)
def test_levers_have_present_values_within_bounds(family):
    for lever in (lever for lever in catalogue().values() if lever.field == family.field):
        assert re.fullmatch(r"(country|hub|tier|role|sector)(\.[a-z0-9_]+)+", lever.path)
        assert lever.what, lever.path
        assert lever.meaning, lever.path
        assert lever.reaches, lever.path
        assert lever.place, lever.path
        assert lever.unit or lever.kind in ("flag", "choice"), lever.path
        assert clip_to_bounds(lever.present, lever) == lever.present, lever.path
        assert lever.source, lever.path
        assert lever.grade in tuple("ABCD"), lever.path


def test_the_rules_are_the_tables_in_their_order():
    rules = baseline_rules()
    routes = table("routes")
    h1b = [row["route"] for row in routes].index("usa.h1b")
    assert rules["route_cap"][h1b] == 85_000
    assert SELECTIONS[rules["route_selection"][h1b]] == "lottery"
    assert rules["route_special_fee_usd"][h1b] == 0
    assert [lever.index for lever in find("hub.*.openings")] == list(range(len(table("hubs"))))
    for row, rate in zip(routes, rules["route_approval_rate"], strict=True):
        assert rate == float(row["approval_rate"])


def test_assumed_numbers_of_routes_have_grade_D():
    assert catalogue()["country.usa.route.h1b.cap"].grade == "A"
    assert {lever.grade for lever in find("country.*.route.*.reach")} == {"D"}


def test_the_rules_are_a_fresh_copy():
    baseline_rules()["route_cap"][:] = 0
    assert baseline_rules()["route_cap"].max() > 0


def test_wildcards_and_braces_expand():
    countries = {row["country"] for row in table("countries")}
    levers = find("country.*.tax.rate_points")
    assert {lever.path.split(".")[1] for lever in levers} == countries
    assert len(find("country.{fra, deu}.settlement")) == 2
    assert find("country.usa.route.*.fee_usd") == find("country.{usa}.route.*.fee_usd")
    assert {lever.field for lever in find("country.usa.route.h1b.*fee_usd")} == {
        "route_fee_usd",
        "route_special_fee_usd",
    }


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("country.usa.route.h1b.special_fee", "country.usa.route.h1b.special_fee_usd"),
        ("country.usa.tax.rate_point", "country.usa.tax.rate_points"),
        ("hub.paris.opening", "hub.paris.openings"),
        ("country.*.tax.rate", "nearest"),
        ("country.{usa,atlantis}.settlement", "country.atlantis.settlement"),
    ],
)
def test_an_unknown_lever_is_refused_with_the_nearest(name, hint):
    with pytest.raises(ScenarioError, match="no such lever") as refusal:
        find(name)
    assert hint in str(refusal.value)


def test_patterns_cannot_run_away():
    with pytest.raises(ScenarioError, match="more than 1000 alternatives"):
        find("country.usa" + "{a,b}" * 50)
    with pytest.raises(ScenarioError, match="no such lever"):
        find("country." + "*a" * 100 + ".settlement")
