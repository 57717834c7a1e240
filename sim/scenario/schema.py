"""Declare the form of a scenario file with pydantic, check files against it, and export it as JSON Schema."""

from datetime import date
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails

from sim.errors import ScenarioError, nearest
from sim.scenario.levers import PATTERN, Lever, catalogue
from sim.scenario.policies import OPERATIONS
from sim.texts import ONE_LINE, UNSEEN, line_of

LONGEST_TITLE = 300  # characters
LONGEST_RAMP = 50  # years
MOST_TIMES = 1e6  # that a lever is multiplied by
Line = Annotated[StrictStr, Field(min_length=1, max_length=LONGEST_TITLE, pattern=ONE_LINE)]
Text = Annotated[StrictStr, Field(max_length=2000, pattern=f"^[^{UNSEEN}]*$")]
Number = StrictInt | StrictFloat
Value = StrictBool | StrictInt | StrictFloat | StrictStr

# what each key expects, for error messages
EXPECTED = {
    "lever": "one line of plain text in quotes, of 1 to 300 characters",
    "title": "one line of plain text in quotes, of 1 to 300 characters",
    "question": "plain text in quotes, of at most 2,000 characters",
    "subject": "a place such as usa, eu27 or deu+gbr, in quotes",
    "source": "plain text in quotes, of at most 2,000 characters",
    "legal": "a list of lines of plain text, each in quotes",
    "policy": "tables headed [[policy]]",
    "published": "tables headed [[published]]",
    "what": "one line of plain text in quotes, of 1 to 300 characters",
    "low": "a number",
    "high": "a number",
    "unit": "one line of plain text in quotes, of 1 to 300 characters",
    "population": "one line of plain text in quotes, of 1 to 300 characters",
    "measure": "a measure such as stock:fra, in quotes",
    "change": "effect, percent, baseline or scenario, in quotes",
    "per_engineer": "a number above 0",
    "year": "a whole number",
    "verified": "true or false",
    "note": "plain text in quotes, of at most 2,000 characters",
    "value": "a number, true or false, or text in quotes",
    "multiply": "a number",
    "add": "a number",
    "ramp_years": "a number",
    "from": "a date such as 2025-09-21, without quotes",
    "until": "a date such as 2025-09-21, without quotes",
}


class PolicyTable(BaseModel):
    """One ``[[policy]]``: a lever, exactly one of value, multiply and add, and dates."""

    model_config = ConfigDict(extra="forbid", strict=True, title="policy")

    lever: Line = Field(description="Dotted path; * stands for anything between dots, {a,b} for a or b.")
    value: Value | None = Field(None, description="Sets the lever; a cap may be 'none'.")
    multiply: Number | None = Field(None, description="Multiplies it, after all that set it.")
    add: Number | None = Field(None, description="Adds to it, after all that multiply it.")
    begins: date | None = Field(
        None, alias="from", description="First day; left out: in force from the start of any run."
    )
    until: date | None = Field(None, description="First day no longer in force; left out: for good.")
    ramp_years: Number = Field(0, description="Years over which it is phased in, month by month.")
    source: Text = Field("", description="Where the policy is written down.")


class PublishedTable(BaseModel):
    """One ``[[published]]``: a figure of others on the question, with its source."""

    model_config = ConfigDict(extra="forbid", strict=True, title="published")

    what: Line = Field(description="What was published, and by whom.")
    value: Number = Field(description="The figure, in the unit of the measure as people read it: shares in per cent.")
    low: Number | None = Field(None, description="Lower end of its range; left out: the value.")
    high: Number | None = Field(None, description="Upper end of its range; left out: the value.")
    unit: Line = Field(description="Its unit, in words.")
    population: Line = Field(description="Whom it counts: all occupations, AI workers, users of the scheme.")
    source: Text = Field(description="Where it is published.")
    measure: Line | None = Field(None, description="What a run sets beside it, such as stock:fra; left out: nothing.")
    change: Literal["effect", "percent", "baseline", "scenario"] = Field(
        "effect", description="Of the measure: its effect, the effect in per cent of the baseline, or a level."
    )
    per_engineer: Number = Field(1, gt=0, description="People of its population per AI engineer of this world.")
    year: StrictInt | None = Field(None, description="Year of the figure; left out: the last of the run.")
    verified: StrictBool = Field(True, description="Whether the source was read; false: quoted from memory.")
    note: Text = Field("", description="What a reader must know of it.")


class ScenarioTable(BaseModel):
    """A scenario file: a title, a question, any number of ``[[policy]]`` and what others have published on it."""

    model_config = ConfigDict(extra="forbid", strict=True, title="talentflow scenario")

    title: Line = Field(description="One line, for tables and figures.")
    question: Text = Field("", description="What the scenario is to answer.")
    subject: Line | None = Field(
        None,
        description="The place that the question is about: usa, eu27, deu+gbr, ind,home=ind. Left out: the levers'.",
    )
    legal: list[Line] = Field([], description="The state of the law that is assumed, one statement each.")
    policy: list[PolicyTable] = Field([], description="The provisions.")
    published: list[PublishedTable] = Field([], description="Figures of others, printed beside the run's own.")


def read_table(tables: dict, place: str, text: str) -> ScenarioTable:
    """Check the tables of a TOML file and return them as a :class:`ScenarioTable`.

    Raise ScenarioError, naming file, line and key, for an unknown key, a missing key and a value of the wrong type.
    ``text`` is the file, in which the line is looked up.
    """
    try:
        return ScenarioTable.model_validate(tables)
    except ValidationError as why:
        errors = why.errors(include_url=False)
    # report one error only, an unknown key first: other errors often follow from it
    error = next((error for error in errors if error["type"] == "extra_forbidden"), errors[0])
    key, *inside = error["loc"]
    # number of the [[policy]] or [[published]] that has the error, None for the top of the file
    table = str(key) if key in ROWS and inside else None
    row = int(inside[0]) if table else 0
    if table and len(inside) > 1:
        key = inside[1]
    raise ScenarioError(
        place,
        line_of(text, table, row, str(key)),
        f"{table} {row + 1}" if table else "",
        _problem(error, str(key), ROWS.get(table or "", ScenarioTable)),
    )


ROWS: dict[str, type[BaseModel]] = {"policy": PolicyTable, "published": PublishedTable}


def _problem(error: ErrorDetails, key: str, model: type[BaseModel]) -> str:
    """Return a message for an error of pydantic; for an unknown key, with the nearest or all valid keys."""
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] != "extra_forbidden":
        return f"{key}: {str(error['input'])[:60]!r} is not {EXPECTED[key]}"
    if key == "assumptions":
        return "assumptions belong in a file of their own: --assumptions FILE"
    keys = [field.alias or name for name, field in model.model_fields.items()]
    expected = nearest(key, keys) or f"; expected one of: {', '.join(keys)}"
    return f"unknown key {key}{expected}"


_ANY = r"(?:[a-z0-9_*]|\{[a-z0-9_*, ]+\})*"
_WILD = rf"{_ANY}(?:\*|\{{[a-z0-9_*, ]+\}}){_ANY}"  # a part between dots that stands for several
BEGINS = {"required": ["from"]}


def _kinds() -> dict[str, dict]:
    """Return, for each kind of lever, the regular expression of its paths and the values that its keys may have."""
    by_field: dict[str, list[Lever]] = {}
    for lever in catalogue().values():
        by_field.setdefault(lever.field, []).append(lever)
    kinds = {}
    for levers in by_field.values():
        parts = zip(*(lever.path.split(".") for lever in levers), strict=True)
        names = [f"(?:{'|'.join(dict.fromkeys(part))}|{_WILD})" for part in parts]
        kinds["^" + r"\.".join(names) + "$"] = _values(levers)
    return kinds


def _values(levers: list[Lever]) -> dict:
    """Return the schema of each key that a policy on such levers may have."""
    lever = levers[0]
    if lever.kind in ("flag", "choice"):
        word: dict = {"type": "boolean"} if lever.kind == "flag" else {"enum": list(lever.choices)}
        return {"value": word, "multiply": False, "add": False, "ramp_years": {"const": 0}}
    low, high = min(each.low for each in levers), max(each.high for each in levers)
    amount: dict = {"type": lever.kind, "minimum": low, "maximum": high}
    value = {"anyOf": [amount, {"const": "none"}]} if lever.may_be_none else amount
    return {
        "value": value,
        "multiply": {"minimum": 0, "maximum": MOST_TIMES},
        "add": {"minimum": low - high, "maximum": high - low},
        "ramp_years": {"minimum": 0, "maximum": LONGEST_RAMP},
    }


def schema() -> dict:
    """Return the JSON Schema of scenario files, generated from the models above and the catalogue of levers."""
    result = ScenarioTable.model_json_schema(by_alias=True)
    result["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    policy = result["$defs"]["PolicyTable"]
    keys = policy["properties"]
    # a lever is a path of the catalogue or a pattern for some of one kind; each kind has values of its own
    kinds = _kinds()
    wide = {"type": "string", "pattern": f"^(?=.*{{[^}}]*\\.){PATTERN}$"}  # braces around parts with dots in them
    keys["lever"] = {
        "description": keys["lever"]["description"],
        "anyOf": [{"enum": list(catalogue())}, *({"type": "string", "pattern": regex} for regex in kinds), wide],
    }
    policy["allOf"] = [
        {"if": {"properties": {"lever": {"pattern": regex}}}, "then": {"properties": values}}
        for regex, values in kinds.items()
    ]
    policy["allOf"].append(
        {"if": {"required": ["ramp_years"], "properties": {"ramp_years": {"exclusiveMinimum": 0}}}, "then": BEGINS}
    )
    # exactly one operation; optional keys may be left out, but are never null, because TOML has no null
    policy["oneOf"] = [{"required": [operation]} for operation in OPERATIONS]
    top = result["properties"]["subject"]
    top |= next(kind for kind in top.pop("anyOf") if kind != {"type": "null"})
    del top["default"]
    for key in (*OPERATIONS, "from", "until"):
        types = [kind for kind in keys[key].pop("anyOf") if kind != {"type": "null"}]
        keys[key] |= types[0] if len(types) == 1 else {"anyOf": types}
        del keys[key]["default"]
    properties = result["$defs"]["PublishedTable"]["properties"]
    for key in ("low", "high", "measure", "year"):
        types = [kind for kind in properties[key].pop("anyOf") if kind != {"type": "null"}]
        properties[key] |= types[0] if len(types) == 1 else {"anyOf": types}
        del properties[key]["default"]
    for key in ("from", "until"):
        keys[key]["pattern"] = r"^\d{4}-\d{2}-\d{2}$"  # few editors check the format of a date
    return result
