"""The families of levers: one declaration for each kind of rule, whatever country, route or hub it is for."""

from dataclasses import dataclass

SELECTIONS = ("queue", "lottery", "weighted_lottery")  # the rules hold the position
MUCH = 1e9  # beyond anything a policy could mean, yet finite: sums stay numbers


@dataclass(frozen=True)
class Family:
    """Levers that differ only in their place; ``path`` is filled from the row of the table ``axis``."""

    path: str
    field: str
    axis: str  # whose rows it runs over: countries, routes, hubs, or origins (every country with every home)
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


def _relief(who: str, reaches: str) -> tuple[Family, Family]:
    more = {"aimed_at": who, "reaches": reaches}
    share = f"share of the ordinary total tax taken away from {reaches}"
    return (
        _country(f"tax.{who}_relief", f"{who}_relief", f"tax relief for {who}s", share,
                 unit="share", column="relief", **more),
        _country(f"tax.{who}_years", f"{who}_years", f"years of tax relief for {who}s", "how long it lasts",
                 unit="years", high=50, column="years", **more),
    )  # fmt: skip


FAMILIES = (
    _route("cap", "yearly cap", "all occupations; none means no cap", "persons a year",
           high=MUCH, kind="integer", neutral=float("inf"), may_be_none=True),
    _route("fee_usd", "ordinary fee", "all charges of an application, shared by employer and engineer", "USD",
           high=MUCH),
    _route("special_fee_usd", "special fee",
           "a further charge on the employer; on some routes only for people abroad", "USD",
           high=MUCH, reaches="petitions exposed to the special fee"),
    _route("processing_months", "processing time", "from application to the permit", "months", high=120,
           graded="grade_numbers"),
    _route("approval_rate", "approval rate", "share of processed applications that are granted", "share",
           neutral=1, graded="grade_numbers"),
    _route("pay_threshold_kusd", "pay threshold", "least gross pay a year", "kUSD", high=10_000,
           reaches="applicants whose pay lies between the old and the new threshold"),
    _route("is_open", "open", "whether it takes applications; closing it sends back who still waits", kind="flag",
           neutral=1),
    _route("selection", "selection", "how applicants above the cap are chosen", kind="choice",
           high=len(SELECTIONS) - 1),
    _opens_to("expert"),
    _opens_to("practitioner"),
    _opens_to("entry"),
    _route("years", "length of the permit", "years until it must be renewed", "years", low=0.25, high=99,
           neutral=1, reaches="holders who are granted from then on"),
    _route("reach", "reach", "share of eligible people to whom it is open in practice", "share", neutral=1,
           graded="grade_numbers"),
    _country("tax.rate_points", "tax_rate_points", "effective tax rate",
             "percentage points added at every level of pay", "everyone who pays tax in the country",
             "percentage points", low=-60, high=60),
    *_relief("newcomer", "people who newly arrive"),
    *_relief("returnee", "nationals who return from abroad"),
    _country("free_entry", "free_entry", "free entry", "nobody needs a permit", "people abroad", kind="flag"),
    _country("is_closed", "is_closed", "closed border", "nobody may move in from abroad", "people abroad",
             kind="flag"),
    Family("country.{country}.bars.{home}", "bars", "origins", "barred",
           "people of that origin may not move in from abroad, unless it is their own country; who lives there may "
           "stay, and a permit not yet used lapses", "people of that origin abroad", kind="flag"),
    _country("supply.graduates", "graduates", "graduates", "how many a year, against the baseline path",
             "new graduates", "times", high=10, neutral=1),
    _country("settlement", "settlement", "settlement", "rate from temporary to permanent status, against the baseline",
             "temporary residents", "times", high=100, neutral=1),
    _country("compute.h100e", "country_compute_h100e", "public compute",
             "added for the country's engineers, all of it usable by them", "its compute-using engineers",
             "H100-equivalents", high=MUCH),
    _country("openings", "country_openings", "openings", "jobs on offer in all its hubs, against the baseline",
             "people who consider a move there", "times", high=100, neutral=1),
    _hub("compute.h100e", "compute_h100e", "new compute capacity",
         "built there; its engineers use the share local_use_share, an assumption",
         "its compute-using engineers", "H100-equivalents", high=MUCH),
    _hub("compute.multiplier", "compute_multiplier", "compute", "what its engineers can use, against the baseline",
         "its compute-using engineers", "times", high=1000, neutral=1),
    _hub("openings", "openings", "openings", "jobs on offer, against the baseline", "people who consider a move there",
         "times", high=100, neutral=1),
    _hub("price_multiplier", "price_multiplier", "local prices", "their level, against the baseline",
         "everyone who lives there", "times", low=0.1, high=10, neutral=1),
    _hub("pay_multiplier", "pay_multiplier", "pay", "gross pay of every tier, against the baseline",
         "everyone who works there", "times", low=0.1, high=10, neutral=1),
)  # fmt: skip
