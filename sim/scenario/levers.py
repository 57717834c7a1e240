"""Levers: declare every value that a policy may change, with its unit and bounds, and look levers up by path."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product
from math import prod
from typing import Any

import numpy as np

from sim.custom_world import cached_by_world
from sim.custom_world import rows as _rows
from sim.errors import ScenarioError, WorldError, nearest

# ------------------------------------------------------------------------------
# Families of levers: one declaration for each kind of rule
# ------------------------------------------------------------------------------


SELECTIONS = ("queue", "lottery", "weighted_lottery")  # the arrays of rules hold the position in this tuple
HUGE = 1e9  # beyond anything a policy could mean, yet finite: sums stay numbers


@dataclass(frozen=True)
class Family:
    """Levers that differ only in their place: one lever for each row of the table ``axis``."""

    path: str  # with placeholders such as {country}, which the columns of the row fill
    field: str  # name of the array of rules that holds the values
    axis: str  # table with one row a lever: countries, routes, hubs, tiers, roles, sectors, or a product of two
    what: str  # name of the lever in a sentence
    meaning: str
    reaches: str  # people whom a change affects
    unit: str = ""
    low: float = 0.0
    high: float = 1.0
    kind: str = "number"
    neutral: float = 0.0  # the present value where no table holds one
    column: str = ""  # column of that table with the present value
    graded: str = "grade"  # column of its evidence grade
    aimed_at: str = ""  # newcomer or returnee: the column is then one of tax_relief.csv
    may_be_none: bool = False  # whether "none", no limit, is a valid value
    cost: str = ""  # parts of the public account that it moves directly, see study.public_account; or none, and why
    idle: str = ""  # why it moves nothing in the atlas, where it does; see study.atlas


def _route(key: str, *, reaches: str = "applicants", **declared: Any) -> Family:
    """Declare a lever of every route; its present value is the column ``key`` of routes.csv."""
    path = f"country.{{country}}.route.{{alias}}.{key}"
    cost = "fees, administration"  # of the cases that are decided
    return Family(path, f"route_{key}", "routes", reaches=reaches, column=key, cost=cost, **declared)


def _opens_to(tier: str) -> Family:
    """Declare the lever that opens every route to engineers of ``tier``, or closes it to them."""
    return _route(
        tier,
        what=f"open to {tier} engineers",
        meaning=f"whether {tier} engineers may apply",
        kind="flag",
        reaches=f"{tier} engineers abroad",
    )


def _country(key: str, field: str, **declared: Any) -> Family:
    """Declare a lever of every country."""
    return Family(f"country.{{country}}.{key}", field, "countries", **declared)


def _hub(key: str, field: str, **declared: Any) -> Family:
    """Declare a lever of every hub."""
    return Family(f"hub.{{hub}}.{key}", field, "hubs", **declared)


def _origin(key: str, field: str, **declared: Any) -> Family:
    """Declare a lever of every country for people of every origin."""
    return Family(f"country.{{country}}.home.{{home}}.{key}", field, "origins", **declared)


def _of_role(key: str, field: str, **declared: Any) -> Family:
    """Declare a lever of every country for people of every role."""
    return Family(f"country.{{country}}.role.{{role}}.{key}", field, "country_roles", **declared)


def _worldwide(axis: str, key: str, field: str, *, unit: str = "times", **declared: Any) -> Family:
    """Declare a lever of every row of ``axis`` (tiers, roles or sectors) that acts in all countries."""
    one = axis[:-1]  # the word in the path: tier, role, sector
    return Family(f"{one}.{{{one}}}.{key}", field, axis, unit=unit, **declared)


def _grandfathered(group: str) -> Family:
    """Declare the switch that keeps people already there under the relief that they came under."""
    # fmt: off
    return _country(f"tax.{group}_grandfathered", f"{group}_grandfathered",
        what=f"relief for {group}s grandfathered", kind="flag",
        meaning="a change of the scheme reaches those who come from then on; those who came before keep what they were "
                "promised. Without it, whoever came within the scheme's years has what is now in force",
        reaches=f"{group}s already there", cost=f"{group}_relief")
    # fmt: on


def _relief(group: str, reaches: str) -> tuple[Family, Family]:
    """Declare the two levers of a country's tax relief for a group, ``newcomer`` or ``returnee``: share and years."""
    both = {"aimed_at": group, "reaches": reaches, "cost": f"{group}_relief"}
    # fmt: off
    return (
        _country(f"tax.{group}_relief", f"{group}_relief", what=f"tax relief for {group}s", unit="share",
            meaning=f"share of the ordinary total tax taken away from {reaches}", column="relief", **both),
        _country(f"tax.{group}_years", f"{group}_years", what=f"years of tax relief for {group}s", unit="years",
            meaning="years from arrival during which it applies", high=50, column="years", **both),
    )
    # fmt: on


# One family of levers in two to four lines, laid out by hand.
# fmt: off
FAMILIES = (
    _route("cap", what="yearly cap", unit="persons a year", high=HUGE, kind="integer", neutral=float("inf"),
        may_be_none=True,
        meaning="all occupations; none means no cap"),
    _route("fee_usd", what="ordinary fee", unit="USD", high=HUGE,
        meaning="all charges of an application, shared by employer and engineer"),
    _route("special_fee_usd", what="special fee", unit="USD", high=HUGE,
        meaning="a further charge on the employer; on some routes only for people abroad",
        reaches="petitions exposed to the special fee"),
    _route("processing_months", what="processing time", unit="months", high=120, graded="grade_numbers",
        meaning="from application to the permit"),
    _route("approval_rate", what="approval rate", unit="share", neutral=1, graded="grade_numbers",
        meaning="share of processed applications that are granted"),
    _route("pay_threshold_kusd", what="pay threshold", unit="kUSD", high=10_000,
        meaning="least gross pay a year", reaches="applicants whose pay lies between the old and the new threshold"),
    _route("is_open", what="open", kind="flag", neutral=1,
        meaning="whether it takes applications; closing it rejects the applicants who wait"),
    _route("selection", what="selection", kind="choice", high=len(SELECTIONS) - 1,
        meaning="how applicants above the cap are chosen"),
    _opens_to("expert"),
    _opens_to("practitioner"),
    _opens_to("entry"),
    _route("years", what="length of the permit", unit="years", low=0.25, high=99, neutral=1,
        meaning="years until it must be renewed", reaches="holders who are granted from then on"),
    _route("reach", what="reach", unit="share", neutral=1, graded="grade_numbers",
        meaning="share of eligible people to whom it is open in practice"),
    _country("tax.rate_points", "tax_rate_points", what="effective tax rate", unit="percentage points", low=-60,
        high=60,
        meaning="percentage points added at every level of pay", reaches="everyone who pays tax in the country",
        cost="tax"),
    *_relief("newcomer", "people who newly arrive"),
    *_relief("returnee", "nationals who return from abroad"),
    _country("free_entry", "free_entry", what="free entry", kind="flag",
        meaning="nobody needs a permit", reaches="people abroad", cost="fees, administration"),
    _country("is_closed", "is_closed", what="closed border", kind="flag",
        meaning="nobody may move in from abroad", reaches="people abroad", cost="fees, administration"),
    Family("country.{country}.bars.{home}", "bars", "origins", what="barred", kind="flag",
        meaning="people of that origin may not move in from abroad, unless it is their own country; residents "
                "may stay, and permits not yet used lapse",
        reaches="people of that origin abroad", cost="fees, administration"),
    _country("supply.graduates", "graduates", what="graduates", unit="times", high=10, neutral=1,
        meaning="how many a year, against the baseline path", reaches="new graduates",
        cost="none: no sourced public cost of an engineer's degree"),
    _country("settlement", "settlement", what="settlement", unit="times", high=100, neutral=1,
        meaning="rate from temporary to permanent status, against the baseline", reaches="temporary residents",
        cost="none: people stay longer, and their tax is in tax"),
    _country("compute.h100e", "country_compute_h100e", what="public compute", unit="H100-equivalents", high=HUGE,
        meaning="added for the country's engineers, all of it usable by them", reaches="its compute-using engineers",
        cost="compute"),
    _country("openings", "country_openings", what="openings", unit="times", high=100, neutral=1,
        meaning="jobs on offer in all its hubs, against the baseline", reaches="people who consider a move there",
        cost="none: firms open these jobs and pay for them"),
    _hub("compute.h100e", "compute_h100e", what="new compute capacity", unit="H100-equivalents", high=HUGE,
        meaning="built there; its engineers use the share local_use_share, an assumption",
        reaches="its compute-using engineers", cost="compute"),
    _hub("compute.multiplier", "compute_multiplier", what="compute", unit="times", high=1000, neutral=1,
        meaning="what its engineers can use, against the baseline", reaches="its compute-using engineers",
        cost="compute"),
    _hub("openings", "openings", what="openings", unit="times", high=100, neutral=1,
        meaning="jobs on offer, against the baseline", reaches="people who consider a move there",
        cost="none: firms open these jobs and pay for them"),
    _hub("price_multiplier", "price_multiplier", what="local prices", unit="times", low=0.1, high=10, neutral=1,
        meaning="their level, against the baseline", reaches="everyone who lives there",
        cost="none: no sourced public cost of a change of local prices"),
    _hub("pay_multiplier", "pay_multiplier", what="pay", unit="times", low=0.1, high=10, neutral=1,
        meaning="gross pay of every tier, against the baseline", reaches="everyone who works there",
        cost="none: employers pay, and the tax on it is in tax"),
    _hub("allowance_kusd", "allowance_kusd", what="allowance", unit="kUSD", low=-1000, high=1000,
        meaning="paid every year on top: housing, schooling, flights", reaches="everyone who works there",
        cost="allowances"),
    _hub("sign_on_kusd", "sign_on_kusd", what="sign-on and relocation payment", unit="kUSD", low=-1000, high=1000,
        meaning="paid once to people who move in", reaches="people who move in", cost="allowances"),
    _hub("remote_hiring", "remote_hiring", what="jobs for people elsewhere", unit="times", high=1000, neutral=1,
        meaning="remote jobs that its employers offer, against the baseline", reaches="remote workers",
        cost="none: employers decide where their staff live"),
    _country("supply.conversions", "conversions", what="people from adjacent occupations", unit="times", high=10,
        neutral=1,
        meaning="how many a year, against the baseline path", reaches="people from adjacent occupations",
        cost="none: no sourced public cost of a change of occupation"),
    _country("supply.phds", "phds", what="doctoral places", unit="times", high=10, neutral=1,
        meaning="against the baseline path; doctors graduate phd_years, an assumption, later", reaches="new doctors",
        cost="research"),
    _country("supply.entry_hiring", "entry_hiring", what="entry hiring", unit="times", high=10, neutral=1,
        meaning="people who enter in the entry tier, against the baseline path",
        reaches="those who would enter in the entry tier", cost="none: employers hire and pay"),
    _country("return", "going_home", what="return migration", unit="times", high=100, neutral=1,
        meaning="odds of going home, against the baseline", reaches="foreign residents",
        cost="none: a rate at which people choose"),
    _country("naturalisation", "naturalisation", what="naturalisation", unit="times", high=100, neutral=1,
        meaning="rate from permanent residence to citizenship, against the baseline", reaches="permanent residents",
        cost="none: a right that costs a case at most"),
    _country("family_rights", "family_rights", what="rights of families", unit="share",
        meaning="share taken off the further cost of moving in with a family", reaches="people abroad with a family",
        cost="none: what families use is in public services"),
    _country("compute.guarantee_h100e", "compute_guarantee", what="compute guarantee",
        unit="H100-equivalents per engineer", high=HUGE,
        meaning="least compute per engineer of sovereign labs and academia",
        reaches="engineers of sovereign labs and academia", cost="compute"),
    _worldwide("tiers", "pay_multiplier", "tier_pay", what="pay", low=0.1, high=10, neutral=1,
        idle="pay rises by one factor in all hubs, so that hardly any choice between them changes",
        meaning="gross pay, against the baseline", reaches="everyone in the tier",
        cost="none: employers pay, and the tax on it is in tax"),
    _worldwide("tiers", "demand", "tier_demand", what="demand", low=0.05, high=20, neutral=1,
        meaning="jobs that need the tier, against the baseline", reaches="everyone in the tier",
        cost="none: a change of the market"),
    _worldwide("roles", "pay_multiplier", "role_pay", what="pay", low=0.1, high=10, neutral=1,
        idle="pay rises by one factor in all hubs, so that hardly any choice between them changes",
        meaning="gross pay, against the baseline", reaches="everyone in the role",
        cost="none: employers pay, and the tax on it is in tax"),
    _worldwide("roles", "demand", "role_demand", what="demand", low=0.05, high=20, neutral=1,
        meaning="jobs that need the role, against the baseline", reaches="everyone in the role",
        cost="none: a change of the market"),
    _worldwide("sectors", "pay_multiplier", "sector_pay", what="pay", low=0.1, high=10, neutral=1,
        meaning="gross pay, against the baseline", reaches="everyone in the sector",
        cost="none: employers pay, and the tax on it is in tax"),
    _worldwide("sectors", "openings", "sector_openings", what="openings", high=100, neutral=1,
        meaning="jobs on offer, against the baseline", reaches="people who change jobs",
        cost="none: a change of the market"),
    _worldwide("sectors", "liquidity", "sector_liquidity", what="liquidity of equity", unit="share",
        meaning="share of illiquid equity that a listing or a buyback has made liquid",
        reaches="everyone in the sector", cost="none: a change of the market"),
    _worldwide("sectors", "separations", "sector_separations", what="separations", high=10, neutral=1,
        meaning="engineers who leave their employer, against the baseline", reaches="everyone in the sector",
        cost="none: a change of the market"),
    _worldwide("sectors", "remote", "sector_remote", what="remote work", high=20, neutral=1,
        meaning="jobs that may be done from another hub, against the baseline; below 1 people are called back",
        reaches="people in the sector who would work remotely", cost="none: employers decide where their staff live"),
    _worldwide("sectors", "acquihire_rate", "acquihire_rate", what="acqui-hires", unit="share a year",
        meaning="share of its teams that a big firm or a lab takes over in a year", reaches="teams of the sector",
        cost="none: a change of the market"),
    _worldwide("sectors", "counter_offers", "sector_counter_offers", what="counter-offers", unit="share",
        meaning="share of those whom better pay elsewhere would draw away that their employer keeps by matching it",
        reaches="engineers of the sector who would leave it for pay", cost="none: employers pay"),
    _country("acquihire_limit", "acquihire_limit", what="limit on acqui-hires", unit="share",
        meaning="share of the takeovers of teams that merger control prevents",
        reaches="teams that would be taken over", cost="none: no sourced cost of merger control"),
    _hub("tax.rate_points", "hub_tax_points", what="effective tax rate of the hub", unit="percentage points", low=-60,
        high=60,
        meaning="percentage points on top of the country's, at every level of pay", reaches="everyone who lives there",
        cost="tax"),
    _origin("settlement", "home_settlement", what="settlement by origin", unit="times", high=100, neutral=1,
        meaning="rate from temporary to permanent status, against that of the country's other rules",
        reaches="temporary residents of that origin", cost="none: people stay longer, and their tax is in tax"),
    _origin("return", "home_return", what="return migration by origin", unit="times", high=100, neutral=1,
        meaning="odds of going home, against those of the country's other rules",
        reaches="residents of that origin", cost="none: a rate at which people choose"),
    _origin("free_entry", "home_free_entry", what="free entry by origin", kind="flag",
        meaning="people of that origin need no permit", reaches="people of that origin abroad",
        cost="fees, administration"),
    Family("hub.{hub}.sector.{sector}.openings", "hub_sector_openings", "hub_sectors", what="openings", unit="times",
        high=1000, neutral=1,
        meaning="jobs on offer, against the baseline", reaches="people who look for a job there",
        cost="jobs: those of sovereign labs and academia; firms pay for theirs"),
    Family("hub.{hub}.sector.{sector}.pay_multiplier", "hub_sector_pay", "hub_sectors", what="pay", unit="times",
        low=0.1, high=10, neutral=1,
        meaning="gross pay, against the baseline", reaches="everyone who works there",
        cost="none: employers pay, and the tax on it is in tax"),
    _grandfathered("newcomer"),
    _grandfathered("returnee"),
    _hub("supply.phds", "hub_phds", what="doctoral places of the hub", unit="times", high=10, neutral=1,
        meaning="against those of the country's rules; doctors graduate phd_years, an assumption, later",
        reaches="new doctors", cost="research"),
    _hub("unvested_kept_years", "unvested_kept", what="unvested equity kept on leaving", unit="years of equity pay",
        high=10,
        meaning="what people who leave the hub keep, or are paid for, of the equity that they would lose",
        reaches="people with equity who move away", cost="none: employers pay for it"),
    Family("hub.{hub}.compute.{tier}_guarantee_h100e", "compute_guarantee_tier", "hub_tiers",
        what="compute guarantee by tier", unit="H100-equivalents per engineer", high=HUGE,
        meaning="least compute per engineer of the tier, in every sector of the hub",
        reaches="engineers of the tier who live there", cost="compute"),
    _hub("compute.newcomer_guarantee_h100e", "compute_guarantee_newcomer", what="compute guarantee to newcomers",
        unit="H100-equivalents per engineer", high=HUGE,
        meaning="least compute per engineer who came from abroad within the guarantee's years; nationals who return "
                "have it where they have been away as long as relief for returnees asks",
        reaches="people who come from abroad", cost="compute"),
    _hub("compute.newcomer_guarantee_years", "compute_guarantee_years", what="years of the compute guarantee",
        unit="years", high=50, neutral=5,
        meaning="years from arrival in the country during which newcomers have it",
        reaches="people who came from abroad under a guarantee", cost="compute"),
    _worldwide("sectors", "spinout_rate", "spinout_rate", unit="share a year", what="spin-outs",
        meaning="share of the leaders of its teams who found a startup in a year, which colleagues follow",
        reaches="engineers who work with a team's leader", cost="none: a change of the market"),
    _country("supply.doctors_in_academia", "doctors_in_academia", what="doctors in academia", unit="times", high=100,
        neutral=1,
        meaning="odds that a new doctor's first job is in academia, against the baseline", reaches="new doctors",
        cost="jobs: those of academia"),
    _of_role("fast_track", "fast_track", what="fast track to residence and citizenship", unit="times", low=1, high=100,
        neutral=1,
        meaning="rates from temporary to permanent status and from there to citizenship, against the country's other "
                "rules; people abroad expect to wait so many times less for permanent residence",
        reaches="foreign engineers of that role", cost="none: people stay longer, and their tax is in tax"),
)
# fmt: on


# ------------------------------------------------------------------------------
# Levers: the families expanded over the rows of the world tables
# ------------------------------------------------------------------------------


MOST_ALTERNATIVES = 1000  # paths that the braces of one pattern may stand for
BY_DEFINITION = "definition: what the baseline is measured by"
DTYPES = {"number": np.float64, "integer": np.float64, "flag": np.bool_, "choice": np.int64}


@dataclass(frozen=True)
class Lever:
    """One value that a policy may change; ``present`` is its value under the baseline's rules."""

    path: str
    field: str  # name of the array of rules that holds the value
    index: int  # position in that array
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


@cached_by_world()
def catalogue() -> dict[str, Lever]:
    """Return every lever by its path, in the order of declaration and of the world tables."""
    tables: dict[str, Sequence[dict]] = {
        name: _rows(name) for name in ("countries", "routes", "hubs", "homes", "tax_relief", "sectors")
    }
    tables |= {"tiers": _rows("tier_factors"), "roles": _rows("role_factors")}
    # four axes are products of tables: country and origin, country and role, hub and sector, hub and tier
    tables["origins"] = [
        {"country": to["country"], "home": of["home"], "name": f"{to['name']}, engineers from {of['name']}"}
        for to, of in product(tables["countries"], tables["homes"])
    ]
    tables["country_roles"] = [
        {"country": to["country"], "role": role["role"], "name": f"{to['name']}, {role['name']}"}
        for to, role in product(tables["countries"], tables["roles"])
    ]
    tables["hub_sectors"] = [
        {"hub": hub["hub"], "sector": sector["sector"], "name": f"{hub['name']}, {sector['name']}"}
        for hub, sector in product(tables["hubs"], tables["sectors"])
    ]
    tables["hub_tiers"] = [
        {"hub": hub["hub"], "tier": tier["tier"], "name": f"{hub['name']}, {tier['name']}"}
        for hub, tier in product(tables["hubs"], tables["tiers"])
    ]
    levers = (lever for family in FAMILIES for lever in _expand(family, tables))
    return {lever.path: lever for lever in levers}


def families() -> list[dict[str, str]]:
    """Return the families of levers as rows of a table: path with its placeholder, unit and meaning."""
    return [
        {
            "path": family.path.replace("{", "<").replace("}", ">"),
            "unit": family.unit or family.kind,
            "what": f"{family.what}: {family.meaning}",
        }
        for family in FAMILIES
    ]


def tree() -> list[str]:
    """Return the kinds of levers as lines of a tree, with how many levers each branch has."""
    counts = Counter(lever.field for lever in catalogue().values())
    branches: dict[str, dict[str, list[str]]] = {}
    sizes: Counter = Counter()
    for family in FAMILIES:
        parts = family.path.split(".")
        root, group = ".".join(parts[:2]), ".".join(parts[2:-1])
        branches.setdefault(root, {}).setdefault(group, []).append(parts[-1])
        sizes[root] += counts[family.field]
        sizes[root, group] += counts[family.field]
    lines = []
    for root, groups in branches.items():
        head = f"{_bare(root)} ({sizes[root]:,})"
        if list(groups) == [""]:
            lines.append(f"{head}: {', '.join(groups[''])}")
            continue
        lines.append(head)
        # a group of several levers has a line, all others stand together
        alone = []
        for group, leaves in groups.items():
            if group and len(leaves) > 1:
                lines.append(f"  {_bare(group)} ({sizes[root, group]:,}): {', '.join(map(_bare, leaves))}")
            else:
                alone += [_bare(f"{group}.{leaf}".lstrip(".")) for leaf in leaves]
        lines.append(f"  {', '.join(alone)}")
    return lines


def _bare(path: str) -> str:
    return path.replace("{", "<").replace("}", ">")


def baseline_rules() -> dict[str, np.ndarray]:
    """Return the rules in force without any policy: field -> array over the rows of its axis (a new copy)."""
    return {field: values.copy() for field, values in _present().items()}


@cached_by_world()
def _present() -> dict[str, np.ndarray]:
    """Return the arrays of :func:`baseline_rules`, made once."""
    rules: dict[str, list] = {}
    dtypes = {}
    for lever in catalogue().values():
        rules.setdefault(lever.field, []).append(lever.present)
        dtypes[lever.field] = DTYPES[lever.kind]
    return {field: np.array(values, dtype=dtypes[field]) for field, values in rules.items()}


def neutral_rules(counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Return rules at the neutral value of every family, for worlds that have no table of rules.

    ``counts`` gives the numbers of countries, hubs, homes and routes.
    """
    size = counts | {
        name: len(_rows(table))
        for name, table in (("tiers", "tier_factors"), ("roles", "role_factors"), ("sectors", "sectors"))
    }
    size |= {"origins": size["countries"] * size["homes"], "hub_sectors": size["hubs"] * size["sectors"]}
    size |= {"hub_tiers": size["hubs"] * size["tiers"], "country_roles": size["countries"] * size["roles"]}
    return {family.field: np.full(size[family.axis], family.neutral, DTYPES[family.kind]) for family in FAMILIES}


# letters, digits, _ and dots; * for any text between dots; {a,b} for a or b, not one inside another
PATTERN = r"(?:[a-z0-9_.*]|\{[a-z0-9_.* ]+(?:,[a-z0-9_.* ]+)*\})+"


def find(pattern: str) -> tuple[Lever, ...]:
    """Return the levers that ``pattern`` names.

    ``*`` stands for any text between dots, ``{a,b}`` for a or b. Raise ScenarioError, with the nearest paths, for a
    name or an alternative that matches no lever.
    """
    if not isinstance(pattern, str) or not re.fullmatch(PATTERN, pattern):
        raise ScenarioError(f"{pattern}", "is no path of a lever: letters, digits, _ and dots, * and {a,b}")
    named: dict[str, Lever] = {}
    for alternative in _braces(pattern):
        if "*" in alternative:
            matches = {path: lever for path, lever in catalogue().items() if _matches(path, alternative)}
        else:
            matches = {alternative: catalogue()[alternative]} if alternative in catalogue() else {}
        if not matches:
            raise ScenarioError(alternative, f"no such lever{nearest(alternative, catalogue())}")
        named |= matches
    return tuple(named.values())


def _matches(path: str, pattern: str) -> bool:
    """Tell whether ``path`` matches ``pattern`` segment by segment: a star never reaches over a dot."""
    segments, wanted = path.split("."), pattern.split(".")
    return len(segments) == len(wanted) and all(map(fnmatchcase, segments, wanted))


def _braces(pattern: str) -> Iterator[str]:
    """Yield the patterns that the braces of ``pattern`` stand for, with ``{a,b}`` replaced by a, then by b."""
    parts = re.split(r"\{([^{}]*)\}", pattern)  # text, alternatives, text, ...
    choices = [part.split(",") if k % 2 else [part] for k, part in enumerate(parts)]
    if prod(map(len, choices)) > MOST_ALTERNATIVES:
        raise ScenarioError(pattern, f"more than {MOST_ALTERNATIVES} alternatives")
    return ("".join(name.strip() for name in names) for names in product(*choices))


def _expand(family: Family, tables: Mapping[str, Sequence[dict]]) -> Iterator[Lever]:
    """Yield the levers of a family, one for each row of its axis."""
    names = {row["country"]: row["name"] for row in tables["countries"]}
    for index, row in enumerate(tables[family.axis]):
        value_row = _value_row(family, row, tables)
        country = names.get(row.get("country", ""), "")
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
            place=f"{country}, {_short(row['name'])}" if family.axis == "routes" else row["name"],
            what=family.what,
            meaning=family.meaning,
            reaches=family.reaches,
            present=_present_value(family, value_row, row),
            source=value_row["source"] if family.column else BY_DEFINITION,
            grade=value_row[family.graded] if family.column else "A",
        )


def _short(name: str) -> str:
    """Return a name without what it has in parentheses."""
    return re.sub(r" \([^)]*\)", "", name)


def _value_row(family: Family, row: dict, tables: Mapping[str, Sequence[dict]]) -> dict:
    """Return the row that holds the present value: ``row`` itself, or the country's row of tax_relief.csv."""
    if not family.aimed_at:
        return row
    for relief in tables["tax_relief"]:
        if (relief["country"], relief["aimed_at"]) == (row["country"], family.aimed_at):
            return relief
    raise WorldError("tax_relief.csv", row["country"], f"no row for {family.aimed_at}")


def _present_value(family: Family, value_row: dict, row: dict) -> float:
    """Return the present value of a lever as a number; raise WorldError if the table has none within the bounds."""
    if not family.column:
        return family.neutral
    text = value_row[family.column].strip()
    if family.kind == "choice":
        return _choice(text, row)
    if not text:
        return family.neutral
    # flags and missing limits are written as words; any other text that is no number fails the test of the bounds
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
    """Return the position of a rule of selection in ``SELECTIONS``; raise WorldError for an unknown one."""
    if text not in SELECTIONS:
        raise WorldError("routes.csv", row["name"], f"{text!r} is not one of {', '.join(SELECTIONS)}")
    return SELECTIONS.index(text)
