"""The JSON Schema of scenario files and the loader: one grammar, tested both ways."""

import json
import tomllib
from datetime import date
from functools import cache

import pytest
from jsonschema import Draft202012Validator

from sim.errors import ScenarioError
from sim.results.record import to_json
from sim.scenario.files import available, experiments, loads, starter
from sim.scenario.levers import catalogue
from sim.scenario.schema import schema

FEE = "country.usa.route.h1b.special_fee_usd"
CAP = "country.usa.route.h1b.cap"


@cache
def validator():
    return Draft202012Validator(json.loads(to_json(schema())))


def validates(text):
    """Return whether an editor that follows the schema accepts the file; dates are text to it."""
    tables = json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))
    return validator().is_valid(tables)


def loads_well(text):
    """Return whether the loader accepts the file."""
    try:
        loads(text)
    except ScenarioError:
        return False
    return True


def policy(lever, *lines):
    """A file with one policy."""
    return "\n".join(["title = 'x'", "[[policy]]", f"lever = {lever!r}", *lines])


def first(kind):
    """The path of the first lever of a kind."""
    return next(path for path, lever in catalogue().items() if lever.kind == kind)


GOOD = [
    policy(FEE, "value = 1"),
    policy(FEE, "value = 1.5", "from = 2027-01-01", "until = 2028-01-01", "ramp_years = 2"),
    policy(FEE, "multiply = 2"),
    policy(FEE, "add = -5"),
    policy(CAP, "value = 'none'"),
    policy(CAP, "value = 3.0"),
    policy(first("flag"), "value = true"),
    policy(first("choice"), f"value = '{catalogue()[first('choice')].choices[-1]}'"),
    policy("country.*.openings", "multiply = 1.1"),
    policy("country.{usa,can}.openings", "multiply = 1.1"),
    policy("country.{usa, can}.openings", "multiply = 1.1"),
    policy("{country.usa,country.can}.openings", "multiply = 1.1"),
    policy("sector.*.remote", "multiply = 1.2"),
    policy("country.u*.openings", "multiply = 1.1"),
    policy("hub.rest_of_{usa,canada}.pay_multiplier", "multiply = 1.1"),
    policy("country.*.route.*.approval_rate", "value = 0.5"),
]
BAD = [
    "question = 'no title'",
    "title = ' '",
    "title = 'x'\ncolour = 'red'",
    policy("country.usa.opening", "value = 1"),
    policy("country.*.opening", "value = 1"),
    policy("sector.*.nothing", "multiply = 1.2"),
    policy("*.usa.nothing", "multiply = 1.2"),
    policy("country.us[a].openings*", "multiply = 1.1"),
    policy("country.{usa,{can}}.openings", "multiply = 1.1"),
    policy("country.{usa.openings", "multiply = 1.1"),
    policy("country.{}.openings", "multiply = 1.1"),
    policy("COUNTRY.usa.openings", "multiply = 1.1"),
    policy("country.usa.openings ", "multiply = 1.1"),
    policy(FEE),
    policy(FEE, "value = 1", "add = 1"),
    policy(FEE, "value = true"),
    policy(FEE, "value = '1'"),
    policy(FEE, "value = 'none'"),
    policy(FEE, "value = -1"),
    policy(FEE, "value = inf"),
    policy(FEE, "multiply = -1"),
    policy(FEE, "value = 1", "ramp_years = 2"),
    policy(FEE, "value = 1", "from = 2027-01-01", "ramp_years = 51"),
    policy(FEE, "value = 1", "from = '2027-01-01T00'"),
    policy(CAP, "value = 2.5"),
    policy(first("flag"), "value = 1"),
    policy(first("flag"), "multiply = 1"),
    policy(first("flag"), "value = true", "from = 2027-01-01", "ramp_years = 2"),
    policy(first("choice"), "value = 'nothing'"),
    policy(first("choice"), "add = 1"),
]


@pytest.mark.parametrize("text", GOOD)
def test_what_loads_validates(text):
    assert loads_well(text)
    assert validates(text)


@pytest.mark.parametrize("text", BAD)
def test_what_is_refused_does_not_validate(text):
    assert not loads_well(text)
    assert not validates(text)


@pytest.mark.parametrize("path", [*available().values(), *experiments().values()], ids=lambda path: path.stem)
def test_every_shipped_scenario_validates(path):
    assert validates(path.read_text(encoding="utf-8"))


def test_the_starter_validates():
    assert validates(starter("mine"))


def test_levers_validate_within_their_limits_only():
    for path, lever in list(catalogue().items())[::97]:
        if lever.kind in ("number", "integer"):
            beyond = policy(path, f"value = {2 * abs(lever.high) + 1!r}")
            assert not validates(beyond), path
            assert not loads_well(beyond), path
            held = min(max(lever.present, lever.low), lever.high)
            assert validates(policy(path, f"value = {held!r}")) == loads_well(policy(path, f"value = {held!r}")), path
