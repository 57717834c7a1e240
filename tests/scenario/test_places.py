"""Test places: blocs and joined places equal the sum of their hubs; the subject of a scenario is a place."""

import numpy as np
import pytest

from sim.custom_world import rows
from sim.errors import ResultError, ScenarioError
from sim.results.measures import measure
from sim.scenario.describe import resolved_toml
from sim.scenario.files import available, load, loads
from sim.scenario.places import ALSO_CALLED, check_subject, named_places, place, subject_of
from sim.scenario.stack import stack

TEXT = 'title = "x"\n{}\n[[policy]]\nlever = "{}"\nmultiply = 1.1\nsource = "assumed"\n'


def test_a_bloc_is_the_sum_of_its_countries(result):
    for bloc in rows("blocs"):
        parts = sum(measure(result, f"share:{code}") for code in bloc["countries"].split())
        assert np.allclose(measure(result, f"share:{bloc['bloc']}"), parts), bloc["bloc"]
    assert np.allclose(measure(result, "share:world"), 1)


def test_joined_places_count_nobody_twice(result):
    both = measure(result, "share:deu+gbr")
    assert np.allclose(both, measure(result, "share:deu") + measure(result, "share:gbr"))
    assert np.allclose(measure(result, "share:fra+paris"), measure(result, "share:fra"))


def test_moves_inside_a_bloc_are_no_arrivals(result):
    inside = measure(result, "arrivals:fra+deu")
    assert (inside < measure(result, "arrivals:fra") + measure(result, "arrivals:deu")).all()


def test_a_bloc_with_a_rest_says_what_it_misses():
    assert "Qatar" in place("gulf").missing
    assert not place("eu27").missing
    covered = {code for row in rows("blocs") for code in row["countries"].split()}
    assert covered <= set(named_places())


@pytest.mark.parametrize("name", available())
def test_every_shipped_scenario_has_a_sound_subject(name):
    subject = subject_of(load(name))
    assert not subject or check_subject(subject) == subject


@pytest.mark.parametrize(
    ("lever", "subject"),
    [
        ("country.usa.tax.rate_points", "usa"),
        ("hub.paris.openings", "fra"),
        ("country.{deu,fra,nld,pol,prt,xeu}.tax.rate_points", "eu27"),
        ("country.{are,sau}.tax.rate_points", "gulf"),
        ("country.{ind,fra}.tax.rate_points", "ind+fra"),
        ("country.*.openings", ""),
        ("sector.academia.openings", ""),
    ],
)
def test_a_subject_comes_from_the_first_lever(lever, subject):
    assert subject_of(loads(TEXT.format("", lever).replace("multiply = 1.1", "add = 1"))) == subject


def test_a_subject_that_is_no_place_is_refused():
    for text, words in (("europa", "nearest: europe"), ("usa,tier=experts", "nearest: expert"), ("usa,x=1", "key 'x'")):
        with pytest.raises(ScenarioError) as refusal:
            loads(TEXT.format(f'subject = "{text}"', "country.usa.openings"), "a.toml")
        assert words in str(refusal.value)
        assert "line 2" in str(refusal.value)
    with pytest.raises(ResultError, match="nearest: eu27"):
        measure_of_nobody()


def measure_of_nobody():
    from fake_result import fake_result

    return measure(fake_result(1, 1), "share:eu28")


def test_a_stack_joins_subjects():
    assert stack([load("h1b_fee"), load("newcomer_tax")]).subject == "usa+deu+gbr"
    assert stack([load("h1b_fee"), load("us_tax_up")]).subject == "usa"


def test_a_subject_survives_being_resolved():
    text = resolved_toml(load("returnee_tax"))
    assert loads(text).subject == "ind+fra"


@pytest.mark.parametrize(("said", "meant"), [("gcc", "gulf"), ("UAE", "are"), ("uk", "gbr"), ("New York", "new_york")])
def test_what_people_call_a_place_leads_to_its_label(said, meant, result):
    with pytest.raises(ScenarioError, match=f"; nearest: {meant}$"):
        place(said)
    with pytest.raises(ResultError, match=f"; nearest: {meant}"):
        result.effect(f"stock:{said}")


def test_other_names_are_of_places_and_hide_none():
    assert set(ALSO_CALLED.values()) <= set(named_places())
    assert not set(ALSO_CALLED) & set(named_places())


def test_an_unknown_place_shows_how_places_are_called(result):
    with pytest.raises(ResultError, match=r"^xx is no hub, country, region or bloc; such as gbr, eu27, paris$"):
        result.effect("stock:xx")
