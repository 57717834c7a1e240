"""Every lever, declared once: what a policy may change, in which unit, between which limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from math import prod

import numpy as np

from sim.custom_world import kept_by_world
from sim.custom_world import rows as _rows
from sim.errors import ScenarioError, WorldError, nearest

# ------------------------------------------------------------------------------
# The families of levers: one declaration for each kind of rule, whatever country, route or hub it is for.
# ------------------------------------------------------------------------------


SELECTIONS = ("queue", "lottery", "weighted_lottery")  # the rules hold the position
MUCH = 1e9  # beyond anything a policy could mean, yet finite: sums stay numbers


@dataclass(frozen=True)
class Family:
    """Levers that differ only in their place; ``path`` is filled from the row of the table ``axis``."""

    path: str
    field: str
    axis: str  # whose rows it runs over: countries, routes, hubs, tiers, roles, sectors, or a product of two of them
    what: str  # as a sentence names it
    meaning: str
    reaches: str
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    kind: str = "number"
    neutral: float = 0.0  # the present value where no table holds one
    column: str = ""  # of that table: the present value
    graded: str = "grade"  # and the column of its grade
    aimed_at: str = ""  # newcomer or returnee: then the column is in tax_relief.csv
    may_be_none: bool = False


def _route(key: str, what: str, meaning: str, unit: str = "", reaches: str = "applicants", **more) -> Family:
    path = f"country.{{country}}.route.{{alias}}.{key}"
    return Family(path, f"route_{key}", "routes", what, meaning, reaches, unit, column=key, **more)


def _opens_to(tier: str) -> Family:
    meaning = f"whether {tier} engineers may apply"
    return _route(tier, f"open to {tier} engineers", meaning, kind="flag", reaches=f"{tier} engineers abroad")


def _country(key: str, field: str, what: str, meaning: str, reaches: str, unit: str = "", **more) -> Family:
    return Family(f"country.{{country}}.{key}", field, "countries", what, meaning, reaches, unit, **more)


def _hub(key: str, field: str, what: str, meaning: str, reaches: str, unit: str = "", **more) -> Family:
    return Family(f"hub.{{hub}}.{key}", field, "hubs", what, meaning, reaches, unit, **more)


def _worldwide(
    axis: str, key: str, field: str, what: str, meaning: str, reaches: str, unit: str = "times", **more
) -> Family:
    one = axis[:-1]  # tiers, roles, sectors
    return Family(f"{one}.{{{one}}}.{key}", field, axis, what, meaning, reaches, unit, **more)


def _relief(who: str, reaches: str) -> tuple[Family, Family]:
    more = {"aimed_at": who, "reaches": reaches}
    share = f"share of the ordinary total tax taken away from {reaches}"
    return (
        _country(
            f"tax.{who}_relief", f"{who}_relief", f"tax relief for {who}s", share, unit="share", column="relief", **more
        ),
        _country(
            f"tax.{who}_years",
            f"{who}_years",
            f"years of tax relief for {who}s",
            "how long it lasts",
            unit="years",
            high=50,
            column="years",
            **more,
        ),
    )


FAMILIES = (
    _route(
        "cap",
        "yearly cap",
        "all occupations; none means no cap",
        "persons a year",
        high=MUCH,
        kind="integer",
        neutral=float("inf"),
        may_be_none=True,
    ),
    _route(
        "fee_usd", "ordinary fee", "all charges of an application, shared by employer and engineer", "USD", high=MUCH
    ),
    _route(
        "special_fee_usd",
        "special fee",
        "a further charge on the employer; on some routes only for people abroad",
        "USD",
        high=MUCH,
        reaches="petitions exposed to the special fee",
    ),
    _route(
        "processing_months",
        "processing time",
        "from application to the permit",
        "months",
        high=120,
        graded="grade_numbers",
    ),
    _route(
        "approval_rate",
        "approval rate",
        "share of processed applications that are granted",
        "share",
        neutral=1,
        graded="grade_numbers",
    ),
    _route(
        "pay_threshold_kusd",
        "pay threshold",
        "least gross pay a year",
        "kUSD",
        high=10_000,
        reaches="applicants whose pay lies between the old and the new threshold",
    ),
    _route(
        "is_open",
        "open",
        "whether it takes applications; closing it sends back who still waits",
        kind="flag",
        neutral=1,
    ),
    _route(
        "selection", "selection", "how applicants above the cap are chosen", kind="choice", high=len(SELECTIONS) - 1
    ),
    _opens_to("expert"),
    _opens_to("practitioner"),
    _opens_to("entry"),
    _route(
        "years",
        "length of the permit",
        "years until it must be renewed",
        "years",
        low=0.25,
        high=99,
        neutral=1,
        reaches="holders who are granted from then on",
    ),
    _route(
        "reach",
        "reach",
        "share of eligible people to whom it is open in practice",
        "share",
        neutral=1,
        graded="grade_numbers",
    ),
    _country(
        "tax.rate_points",
        "tax_rate_points",
        "effective tax rate",
        "percentage points added at every level of pay",
        "everyone who pays tax in the country",
        "percentage points",
        low=-60,
        high=60,
    ),
    *_relief("newcomer", "people who newly arrive"),
    *_relief("returnee", "nationals who return from abroad"),
    _country("free_entry", "free_entry", "free entry", "nobody needs a permit", "people abroad", kind="flag"),
    _country("is_closed", "is_closed", "closed border", "nobody may move in from abroad", "people abroad", kind="flag"),
    Family(
        "country.{country}.bars.{home}",
        "bars",
        "origins",
        "barred",
        "people of that origin may not move in from abroad, unless it is their own country; who lives there may "
        "stay, and a permit not yet used lapses",
        "people of that origin abroad",
        kind="flag",
    ),
    _country(
        "supply.graduates",
        "graduates",
        "graduates",
        "how many a year, against the baseline path",
        "new graduates",
        "times",
        high=10,
        neutral=1,
    ),
    _country(
        "settlement",
        "settlement",
        "settlement",
        "rate from temporary to permanent status, against the baseline",
        "temporary residents",
        "times",
        high=100,
        neutral=1,
    ),
    _country(
        "compute.h100e",
        "country_compute_h100e",
        "public compute",
        "added for the country's engineers, all of it usable by them",
        "its compute-using engineers",
        "H100-equivalents",
        high=MUCH,
    ),
    _country(
        "openings",
        "country_openings",
        "openings",
        "jobs on offer in all its hubs, against the baseline",
        "people who consider a move there",
        "times",
        high=100,
        neutral=1,
    ),
    _hub(
        "compute.h100e",
        "compute_h100e",
        "new compute capacity",
        "built there; its engineers use the share local_use_share, an assumption",
        "its compute-using engineers",
        "H100-equivalents",
        high=MUCH,
    ),
    _hub(
        "compute.multiplier",
        "compute_multiplier",
        "compute",
        "what its engineers can use, against the baseline",
        "its compute-using engineers",
        "times",
        high=1000,
        neutral=1,
    ),
    _hub(
        "openings",
        "openings",
        "openings",
        "jobs on offer, against the baseline",
        "people who consider a move there",
        "times",
        high=100,
        neutral=1,
    ),
    _hub(
        "price_multiplier",
        "price_multiplier",
        "local prices",
        "their level, against the baseline",
        "everyone who lives there",
        "times",
        low=0.1,
        high=10,
        neutral=1,
    ),
    _hub(
        "pay_multiplier",
        "pay_multiplier",
        "pay",
        "gross pay of every tier, against the baseline",
        "everyone who works there",
        "times",
        low=0.1,
        high=10,
        neutral=1,
    ),
    _hub(
        "allowance_kusd",
        "allowance_kusd",
        "allowance",
        "paid every year on top: housing, schooling, flights",
        "everyone who works there",
        "kUSD",
        low=-1000,
        high=1000,
    ),
    _hub(
        "sign_on_kusd",
        "sign_on_kusd",
        "sign-on and relocation payment",
        "paid once to who moves in",
        "people who move in",
        "kUSD",
        low=-1000,
        high=1000,
    ),
    _hub(
        "remote_hiring",
        "remote_hiring",
        "jobs for people elsewhere",
        "remote jobs that its employers offer, against the baseline",
        "remote workers",
        "times",
        high=1000,
        neutral=1,
    ),
    _country(
        "supply.conversions",
        "conversions",
        "people from adjacent occupations",
        "how many a year, against the baseline path",
        "people from adjacent occupations",
        "times",
        high=10,
        neutral=1,
    ),
    _country(
        "supply.phds",
        "phds",
        "doctoral places",
        "against the baseline path; doctors graduate phd_years, an assumption, later",
        "new doctors",
        "times",
        high=10,
        neutral=1,
    ),
    _country(
        "supply.entry_hiring",
        "entry_hiring",
        "entry hiring",
        "people who enter in the entry tier, against the baseline path",
        "those who would enter in the entry tier",
        "times",
        high=10,
        neutral=1,
    ),
    _country(
        "return",
        "going_home",
        "return migration",
        "rate at which temporary residents go home, against the baseline",
        "temporary residents",
        "times",
        high=100,
        neutral=1,
    ),
    _country(
        "naturalisation",
        "naturalisation",
        "naturalisation",
        "rate from permanent residence to citizenship, against the baseline",
        "permanent residents",
        "times",
        high=100,
        neutral=1,
    ),
    _country(
        "family_rights",
        "family_rights",
        "rights of families",
        "share taken off the further cost of moving in with a family",
        "people abroad with a family",
        "share",
    ),
    _country(
        "compute.guarantee_h100e",
        "compute_guarantee",
        "compute guarantee",
        "least compute per engineer of sovereign labs and academia",
        "engineers of sovereign labs and academia",
        "H100-equivalents per engineer",
        high=MUCH,
    ),
    _worldwide(
        "tiers",
        "pay_multiplier",
        "tier_pay",
        "pay",
        "gross pay, against the baseline",
        "everyone in the tier",
        low=0.1,
        high=10,
        neutral=1,
    ),
    _worldwide(
        "tiers",
        "demand",
        "tier_demand",
        "demand",
        "jobs that need the tier, against the baseline",
        "everyone in the tier",
        low=0.05,
        high=20,
        neutral=1,
    ),
    _worldwide(
        "roles",
        "pay_multiplier",
        "role_pay",
        "pay",
        "gross pay, against the baseline",
        "everyone in the role",
        low=0.1,
        high=10,
        neutral=1,
    ),
    _worldwide(
        "roles",
        "demand",
        "role_demand",
        "demand",
        "jobs that need the role, against the baseline",
        "everyone in the role",
        low=0.05,
        high=20,
        neutral=1,
    ),
    _worldwide(
        "sectors",
        "pay_multiplier",
        "sector_pay",
        "pay",
        "gross pay, against the baseline",
        "everyone in the sector",
        low=0.1,
        high=10,
        neutral=1,
    ),
    _worldwide(
        "sectors",
        "openings",
        "sector_openings",
        "openings",
        "jobs on offer, against the baseline",
        "people who change jobs",
        high=100,
        neutral=1,
    ),
    _worldwide(
        "sectors",
        "liquidity",
        "sector_liquidity",
        "liquidity of equity",
        "share of illiquid equity that a listing or a buyback has made liquid",
        "everyone in the sector",
        "share",
    ),
    _worldwide(
        "sectors",
        "separations",
        "sector_separations",
        "separations",
        "engineers who leave their employer, against the baseline",
        "everyone in the sector",
        high=10,
        neutral=1,
    ),
    _worldwide(
        "sectors",
        "remote",
        "sector_remote",
        "remote work",
        "jobs that may be done from another hub, against the baseline; below 1 people are called back",
        "people in the sector who would work remotely",
        high=20,
        neutral=1,
    ),
    _worldwide(
        "sectors",
        "acquihire_rate",
        "acquihire_rate",
        "acqui-hires",
        "share of its teams that a big firm or a lab takes over in a year",
        "teams of the sector",
        "share a year",
    ),
    Family(
        "hub.{hub}.sector.{sector}.openings",
        "hub_sector_openings",
        "hub_sectors",
        "openings",
        "jobs on offer, against the baseline",
        "people who look for a job there",
        "times",
        high=1000,
        neutral=1,
    ),
    Family(
        "hub.{hub}.sector.{sector}.pay_multiplier",
        "hub_sector_pay",
        "hub_sectors",
        "pay",
        "gross pay, against the baseline",
        "everyone who works there",
        "times",
        low=0.1,
        high=10,
        neutral=1,
    ),
)


# ------------------------------------------------------------------------------
# Every lever, declared once: what a policy may change, in which unit, between which limits.
# ------------------------------------------------------------------------------


MOST_ALTERNATIVES = 1000
BY_DEFINITION = "definition: what the baseline is measured by"
DTYPES = {"number": np.float64, "integer": np.float64, "flag": np.bool_, "choice": np.int64}


@dataclass(frozen=True)
class Lever:
    """One value that a policy may change; ``present`` is its value under the baseline's rules."""

    path: str
    field: str
    index: int
    unit: str
    low: float
    high: float
    kind: str  # number, integer, flag or choice
    choices: tuple[str, ...]
    may_be_none: bool  # "none" stands for no limit
    place: str  # as people say it: "United States, H-1B"
    what: str
    meaning: str
    reaches: str
    present: float
    source: str
    grade: str


@kept_by_world()
def catalogue() -> dict[str, Lever]:
    """Return every lever by its path, in the order of declaration and of the world tables."""
    tables = {name: _rows(name) for name in ("countries", "routes", "hubs", "homes", "tax_relief", "sectors")}
    tables |= {"tiers": _rows("tier_factors"), "roles": _rows("role_factors")}
    tables["origins"] = [
        {"country": to["country"], "home": of["home"], "name": f"{to['name']}, engineers from {of['name']}"}
        for to, of in product(tables["countries"], tables["homes"])
    ]
    tables["hub_sectors"] = [
        {"hub": hub["hub"], "sector": sector["sector"], "name": f"{hub['name']}, {sector['name']}"}
        for hub, sector in product(tables["hubs"], tables["sectors"])
    ]
    levers = (lever for family in FAMILIES for lever in _expand(family, tables))
    return {lever.path: lever for lever in levers}


def families() -> list[dict[str, str]]:
    """Return the kinds of levers: path with its placeholder, unit and meaning."""
    return [
        {
            "path": family.path.replace("{", "<").replace("}", ">"),
            "unit": family.unit or family.kind,
            "what": f"{family.what}: {family.meaning}",
        }
        for family in FAMILIES
    ]


def baseline_rules() -> dict[str, np.ndarray]:
    """Return the rules in force when no policy acts: field -> array on its axis (a fresh copy)."""
    rules: dict[str, list] = {}
    dtypes = {}
    for lever in catalogue().values():
        rules.setdefault(lever.field, []).append(lever.present)
        dtypes[lever.field] = DTYPES[lever.kind]
    return {field: np.array(values, dtype=dtypes[field]) for field, values in rules.items()}


def neutral_rules(counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Return rules that take no figure from a table, for worlds other than the shipped one.

    ``counts`` says how many countries, hubs, homes and routes there are.
    """
    size = counts | {
        name: len(_rows(table))
        for name, table in (("tiers", "tier_factors"), ("roles", "role_factors"), ("sectors", "sectors"))
    }
    size |= {"origins": size["countries"] * size["homes"], "hub_sectors": size["hubs"] * size["sectors"]}
    return {family.field: np.full(size[family.axis], family.neutral, DTYPES[family.kind]) for family in FAMILIES}


def find(pattern: str) -> tuple[Lever, ...]:
    """Return the levers that ``pattern`` names; refuse a name, or a wildcard, that matches none.

    ``*`` stands for any text between dots, ``{a,b}`` for a or b.
    """
    found: dict[str, Lever] = {}
    for alternative in _braces(pattern):
        if "*" in alternative:
            matches = {path: lever for path, lever in catalogue().items() if _matches(path, alternative)}
        else:
            matches = {alternative: catalogue()[alternative]} if alternative in catalogue() else {}
        if not matches:
            raise ScenarioError(alternative, f"no such lever{nearest(alternative, catalogue())}")
        found |= matches
    return tuple(found.values())


def _matches(path: str, pattern: str) -> bool:
    segments, wanted = path.split("."), pattern.split(".")
    return len(segments) == len(wanted) and all(map(fnmatchcase, segments, wanted))


def _braces(pattern: str) -> Iterator[str]:
    parts = re.split(r"\{([^{}]*)\}", pattern)  # text, alternatives, text, ...
    choices = [part.split(",") if k % 2 else [part] for k, part in enumerate(parts)]
    if prod(map(len, choices)) > MOST_ALTERNATIVES:
        raise ScenarioError(pattern, f"more than {MOST_ALTERNATIVES} alternatives")
    return ("".join(name.strip() for name in names) for names in product(*choices))


def _expand(family: Family, tables: dict[str, list[dict]]) -> Iterator[Lever]:
    names = {row["country"]: row["name"] for row in tables["countries"]}
    for index, row in enumerate(tables[family.axis]):
        bearer = _bearer(family, row, tables)
        at_home = names.get(row.get("country", ""), "")
        yield Lever(
            path=family.path.format(**row),
            field=family.field,
            index=index,
            unit=family.unit,
            low=family.low,
            high=family.high,
            kind=family.kind,
            choices=SELECTIONS if family.kind == "choice" else (),
            may_be_none=family.may_be_none,
            place=f"{at_home}, {_short(row['name'])}" if family.axis == "routes" else row["name"],
            what=family.what,
            meaning=family.meaning,
            reaches=family.reaches,
            present=_present(family, bearer, row),
            source=bearer["source"] if family.column else BY_DEFINITION,
            grade=bearer[family.graded] if family.column else "A",
        )


def _short(name: str) -> str:
    return re.sub(r" \([^)]*\)", "", name)


def _bearer(family: Family, row: dict, tables: dict[str, list[dict]]) -> dict:
    """Return the row that holds the present value: its own, or the country's row of tax_relief.csv."""
    if not family.aimed_at:
        return row
    for relief in tables["tax_relief"]:
        if (relief["country"], relief["aimed_at"]) == (row["country"], family.aimed_at):
            return relief
    raise WorldError("tax_relief.csv", row["country"], f"no row for {family.aimed_at}")


def _present(family: Family, bearer: dict, row: dict) -> float:
    if not family.column:
        return family.neutral
    text = bearer[family.column].strip()
    if family.kind == "choice":
        return _choice(text, row)
    if not text:
        return family.neutral
    words = {"true": 1.0, "false": 0.0, "none": float("inf")}
    try:
        present = words[text.lower()] if text.lower() in words else float(text)
    except ValueError:
        present = float("nan")
    if not (family.low <= present <= family.high or (family.may_be_none and text.lower() == "none")):
        limits = f"{text!r} is not in [{family.low:,.10g}, {family.high:,.10g}] {family.unit}"
        raise WorldError(f"{family.axis}.csv", row["name"], family.column, limits)
    return present


def _choice(text: str, row: dict) -> int:
    if text not in SELECTIONS:
        raise WorldError("routes.csv", row["name"], f"{text!r} is not one of {', '.join(SELECTIONS)}")
    return SELECTIONS.index(text)
