"""Declare the arrays of a result: every variable with its dimensions, unit and meaning."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import xarray as xr


class Variable(NamedTuple):
    """One array of a result."""

    dims: tuple[str, ...]
    unit: str
    meaning: str


PAIR = ("arm", "replicate")
SCHEMES = ("newcomer", "returnee")  # of people who came from abroad: not in their own country, or in it
SINCE = tuple(range(11))  # years since arrival, the last class open
# of the public account: what each adds to the net cost; revenue is below zero
PARTS = (
    "tax",
    "newcomer_relief",
    "returnee_relief",
    "fees",
    "administration",
    "compute",
    "jobs",
    "research",
    "allowances",
    "services",
)
MONEY = ("fiscal", "given", "windfall")  # variables computed from the others, see study.public_account
ROUTE_YEAR = (*PAIR, "year", "route")

VARIABLES = {
    "stock": Variable((*PAIR, "time", "hub", "tier"), "persons", "engineers living in the hub on 1 January"),
    "stock_by_home": Variable(
        (*PAIR, "time", "hub", "home"), "persons", "engineers living in the hub, by country of origin"
    ),
    "stock_by_status": Variable(
        (*PAIR, "time", "hub", "status"), "persons", "engineers living in the hub, by right of residence"
    ),
    "stock_by_role": Variable((*PAIR, "time", "hub", "role"), "persons", "engineers living in the hub, by role"),
    "stock_by_sector": Variable((*PAIR, "time", "hub", "sector"), "persons", "engineers living in the hub, by sector"),
    "flow": Variable((*PAIR, "year", "origin", "destination"), "persons a year", "moves from hub to hub"),
    "stock_by_employer": Variable((*PAIR, "time", "hub", "tier"), "persons", "engineers by the hub of their employer"),
    "remote": Variable((*PAIR, "time", "hub"), "persons", "residents whose employer is in another hub"),
    "entrants": Variable(
        (*PAIR, "year", "hub", "tier"), "persons a year", "graduates and people from other occupations"
    ),
    "graduates": Variable(
        (*PAIR, "year", "hub", "tier"), "persons a year", "entrants from study: practitioners are doctors"
    ),
    "promotions": Variable(
        (*PAIR, "year", "hub", "tier"), "persons a year", "engineers who leave the tier for the next better one"
    ),
    "hires": Variable(
        (*PAIR, "year", "sector_left", "sector_taken"), "persons a year", "new jobs, those of movers included"
    ),
    "job_changes": Variable((*PAIR, "year", "status"), "persons a year", "changes of employer within the hub"),
    "tied_moves": Variable((*PAIR, "year"), "persons a year", "moves to a hub where a former colleague lives"),
    "tied_moves_random": Variable(
        (*PAIR, "year"),
        "persons a year",
        "moves to a hub where a former colleague lives, if movers went where the year's arrivals went",
    ),
    "team_completeness": Variable(
        (*PAIR, "time"), "share", "members of a team who live where its leader lives, mean over teams"
    ),
    "exits": Variable((*PAIR, "year", "hub"), "persons a year", "retirements and exits to other occupations"),
    "border_crossings": Variable((*PAIR, "year", "tier"), "persons a year", "moves from country to country"),
    "applicants": Variable(ROUTE_YEAR, "persons a year", "engineers who applied"),
    "applicants_abroad": Variable(ROUTE_YEAR, "persons a year", "engineers who applied from abroad"),
    "grants": Variable(ROUTE_YEAR, "persons a year", "engineers who were admitted"),
    "grants_abroad": Variable(ROUTE_YEAR, "persons a year", "engineers who were admitted from abroad"),
    "lost_petitions": Variable(ROUTE_YEAR, "persons a year", "applications refused, or dropped as nobody paid a fee"),
    "offers": Variable(
        (*PAIR, "year", "country"),
        "persons a year",
        "jobs there that employers offer to their engineers whose petition is lost or whose status ends",
    ),
    "offers_taken": Variable(
        (*PAIR, "year", "country"),
        "persons a year",
        "jobs there that engineers accept after their petition is lost or their status ends",
    ),
    "grants_by_tier": Variable((*ROUTE_YEAR, "tier"), "persons a year", "engineers who were admitted, by tier"),
    "registrations": Variable(ROUTE_YEAR, "persons a year", "all demand for the route's pool, background included"),
    "selected": Variable(ROUTE_YEAR, "persons a year", "registrations that the lottery selected"),
    "backlog": Variable((*PAIR, "time", "route"), "persons", "applicants still waiting on 1 January"),
    "pay": Variable(
        (*PAIR, "time", "hub", "tier"),
        "kUSD a year",
        "gross pay, mean over the hub's roles at the start, equity at its face value, nominal",
    ),
    "net_pay": Variable(
        (*PAIR, "time", "hub", "tier"),
        "kUSD a year",
        "net pay, mean over the hub's roles at the start, equity at its face value, nominal",
    ),
    "price_level": Variable((*PAIR, "time", "hub"), "US average = 1", "local prices"),
    "compute_per_engineer": Variable(
        (*PAIR, "time", "hub"), "H100-equivalents", "compute that an engineer of the hub can use"
    ),
    "stock_by_arrival": Variable(
        (*PAIR, "time", "hub", "tier", "scheme", "since"), "persons", "residents from abroad by years since arrival"
    ),
    "fiscal": Variable(
        (*PAIR, "year", "country", "part"), "MUSD a year", "net public cost, 2026 USD: outlays less taxes and fees"
    ),
    "given": Variable(
        (*PAIR, "year", "country", "part"), "MUSD a year", "cost of the policy's rules on the people under it"
    ),
    "windfall": Variable(
        (*PAIR, "year", "country", "part"), "MUSD a year", "cost of the policy's rules on the people of the baseline"
    ),
}

YEARS = {"time": "1 January of the year", "year": "calendar year"}  # the axes that count years


def dataset(arrays, coords) -> "xr.Dataset":
    """Build the labelled dataset of a run, with units and meanings.

    Parameters
    ----------
    arrays : dict of name -> array of float64, with the axes of ``VARIABLES[name].dims``
    coords : dict of dimension -> labels; further coordinates as ``name -> (dimension, labels)``

    Returns
    -------
    xarray.Dataset

    Raises
    ------
    KeyError for an array that is not declared; ValueError for a shape that does not fit.
    """
    import xarray as xr  # worker processes do without

    variables = {
        name: (
            VARIABLES[name].dims,
            values,
            {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning},
        )
        for name, values in arrays.items()
    }
    # coordinates that count years say so to other programs
    labelled = xr.Dataset(variables, coords)
    for axis, meaning in YEARS.items():
        if axis in labelled.coords:
            labelled[axis].attrs |= {"units": "year", "long_name": meaning}
    return labelled
