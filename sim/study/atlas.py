"""The response atlas: what every family of levers does, at three doses, to the measure that it should move.

A dose is small, as in the literature, or large; a switch has one. Effects are paired with the baseline: the same
people, petitions under way and seeds. A lever that acts only beside another policy has it in both arms. Published
effects of the same lever stand in ``study.experiments``.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.arguments import listed, whole
from sim.errors import UsageError, nearest
from sim.results.measures import MEASURES, parse, series
from sim.results.result import Result
from sim.scenario.files import policy_of_row
from sim.scenario.levers import FAMILIES
from sim.scenario.schema import PolicyTable
from sim.study.options import Options
from sim.study.recorder import empty_record, record
from sim.study.replicate import Plan, experiment, initial_state, labelled

PART = 24  # doses that are run one after the other; a smaller number costs more baselines and tells progress sooner
YEARS = 5  # of most rows: flows are means over them, stocks those at their end


@dataclass(frozen=True)
class Row:
    """A family of levers in the atlas: one lever of it, its doses, and the measure that it should move."""

    lever: str
    doses: tuple
    measure: str
    studies: tuple = ()  # ids of published studies of the same lever
    years: int = YEARS
    beside: tuple = ()  # (lever, value) of the policies that stand in both arms, without which the lever does nothing


# by the field of the family, as in scenario.levers
ROWS = {
    "route_cap": Row("country.usa.route.h1b.cap", (75_000, 65_000, 28_000), "grants,route=usa.h1b", ("V05", "V09")),
    "route_fee_usd": Row("country.usa.route.h1b.fee_usd", (10_000, 25_000, 60_000), "applicants,route=usa.h1b"),
    "route_special_fee_usd": Row(
        "country.usa.route.h1b.special_fee_usd", (10_000, 50_000, 100_000), "grants_abroad,route=usa.h1b"
    ),
    "route_processing_months": Row("country.deu.route.blue_card.processing_months", (6, 12, 24), "arrivals:deu"),
    "route_approval_rate": Row(
        "country.usa.route.h1b.approval_rate", (0.92, 0.87, 0.67), "grants,route=usa.h1b", ("V01",)
    ),
    "route_pay_threshold_kusd": Row(
        "country.deu.route.blue_card.pay_threshold_kusd", (110, 130, 150), "grants,route=deu.blue_card"
    ),
    "route_is_open": Row("country.usa.route.h1b.is_open", (False,), "grants:usa", ("V10", "V11", "V12")),
    "route_selection": Row(
        "country.usa.route.h1b.selection", ("weighted_lottery", "queue"), "grants,route=usa.h1b,tier=expert"
    ),
    "route_expert": Row("country.usa.route.h1b.expert", (False,), "grants,route=usa.h1b,tier=expert"),
    "route_practitioner": Row("country.usa.route.h1b.practitioner", (False,), "grants,route=usa.h1b,tier=practitioner"),
    "route_entry": Row("country.usa.route.h1b.entry", (False,), "grants,route=usa.h1b,tier=entry"),
    "route_years": Row("country.usa.route.h1b.years", (2, 1, 0.5), "stock:usa,status=temporary"),
    "route_reach": Row("country.can.route.global_talent.reach", (0.25, 0.75, 1.0), "grants,route=can.global_talent"),
    "tax_rate_points": Row("country.usa.tax.rate_points", (3, 10, 20), "arrivals:usa", ("T03", "T04", "T05")),
    "newcomer_relief": Row("country.nld.tax.newcomer_relief", (0.2, 0.45, 0.7), "arrivals:nld", ("T08", "T11")),
    "newcomer_years": Row("country.nld.tax.newcomer_years", (3, 2, 1), "arrivals:nld", ("T12", "T13")),
    "returnee_relief": Row("country.xeu.tax.returnee_relief", (0.4, 0.6, 0.9), "arrivals:xeu", ("T14", "T30")),
    "returnee_years": Row("country.xeu.tax.returnee_years", (3, 2, 1), "arrivals:xeu"),
    "newcomer_grandfathered": Row(
        "country.xeu.tax.newcomer_grandfathered",
        (True,),
        "departures:xeu",
        beside=(("country.xeu.tax.newcomer_relief", 0),),
    ),
    "returnee_grandfathered": Row(
        "country.xeu.tax.returnee_grandfathered",
        (True,),
        "departures:xeu",
        beside=(("country.xeu.tax.returnee_relief", 0),),
    ),
    "free_entry": Row("country.deu.free_entry", (True,), "arrivals:deu"),
    "is_closed": Row("country.usa.is_closed", (True,), "arrivals:usa"),
    "bars": Row("country.usa.bars.chn", (True,), "stock:usa,home=chn"),
    "graduates": Row("country.deu.supply.graduates", (1.1, 1.3, 2), "stock:deu"),
    "settlement": Row("country.usa.settlement", (0.93, 0.5, 3), "stock:usa,status=permanent", ("V13", "V14", "V15")),
    "country_compute_h100e": Row("country.fra.compute.h100e", (10_000, 100_000, 1_000_000), "arrivals:fra"),
    "country_openings": Row("country.fra.openings", (1.1, 1.3, 2), "arrivals:fra"),
    "compute_h100e": Row("hub.abu_dhabi_dubai.compute.h100e", (25_000, 100_000, 825_000), "arrivals:are"),
    "compute_multiplier": Row("hub.paris.compute.multiplier", (1.5, 3, 10), "arrivals:paris"),
    "openings": Row("hub.paris.openings", (1.1, 1.3, 2), "arrivals:paris"),
    "price_multiplier": Row("hub.sf_bay_area.price_multiplier", (1.1, 1.2, 1.5), "departures:sf_bay_area"),
    "pay_multiplier": Row("hub.new_york.pay_multiplier", (1.01, 1.1, 1.3), "arrivals:new_york", ("T06", "T07")),
    "allowance_kusd": Row("hub.riyadh.allowance_kusd", (10, 30, 100), "arrivals:riyadh"),
    "sign_on_kusd": Row("hub.toronto.sign_on_kusd", (20, 50, 200), "arrivals:toronto"),
    "unvested_kept": Row("hub.sf_bay_area.unvested_kept_years", (0.5, 1, 2), "departures:sf_bay_area"),
    "remote_hiring": Row("hub.sf_bay_area.remote_hiring", (1.5, 3, 10), "stock:sf_bay_area,basis=employer"),
    "conversions": Row("country.deu.supply.conversions", (1.2, 1.5, 3), "stock:deu"),
    "phds": Row("country.usa.supply.phds", (1.2, 1.5, 2), "graduates:usa,tier=practitioner", years=8),
    "hub_phds": Row("hub.london.supply.phds", (1.2, 1.5, 2), "graduates:london,tier=practitioner", years=8),
    "entry_hiring": Row("country.usa.supply.entry_hiring", (0.9, 0.72, 0.5), "stock:usa,tier=entry"),
    "going_home": Row("country.usa.return", (1.2, 2, 5), "departures:usa"),
    "naturalisation": Row("country.usa.naturalisation", (1.5, 2, 5), "stock:usa,status=citizen"),
    "fast_track": Row(
        "country.usa.role.ml_infrastructure_engineer.fast_track",
        (2, 5, 20),
        "stock:usa,role=ml_infrastructure_engineer",
    ),
    "family_rights": Row("country.deu.family_rights", (0.25, 0.5, 1), "arrivals:deu"),
    "compute_guarantee": Row("country.can.compute.guarantee_h100e", (10, 50, 200), "stock:can,sector=academia"),
    "compute_guarantee_tier": Row(
        "hub.sf_bay_area.compute.expert_guarantee_h100e", (50, 100, 200), "stock:sf_bay_area,tier=expert"
    ),
    "tier_pay": Row("tier.expert.pay_multiplier", (1.05, 1.2, 2), "arrivals:usa"),
    "tier_demand": Row("tier.expert.demand", (1.1, 1.3, 2), "stock:usa,tier=expert"),
    "role_pay": Row("role.research_scientist.pay_multiplier", (1.05, 1.2, 2), "arrivals:usa"),
    "role_demand": Row("role.ml_engineer.demand", (1.1, 1.3, 2), "stock:usa,role=ml_engineer"),
    "sector_pay": Row("sector.frontier_lab.pay_multiplier", (1.1, 1.3, 2), "stock:usa,sector=frontier_lab"),
    "sector_openings": Row("sector.startup.openings", (1.2, 1.5, 3), "stock:usa,sector=startup"),
    "sector_liquidity": Row("sector.frontier_lab.liquidity", (0.25, 0.5, 1), "stock:usa,sector=frontier_lab"),
    "sector_separations": Row("sector.big_tech.separations", (1.1, 1.5, 2), "stock:usa,sector=big_tech"),
    "sector_remote": Row("sector.big_tech.remote", (1.5, 3, 5), "stock:sf_bay_area"),
    "spinout_rate": Row("sector.frontier_lab.spinout_rate", (0.005, 0.02, 0.1), "stock:usa,sector=frontier_lab"),
    "doctors_in_academia": Row("country.usa.supply.doctors_in_academia", (2, 5, 20), "stock:usa,sector=academia"),
    "acquihire_rate": Row("sector.startup.acquihire_rate", (0.01, 0.05, 0.2), "stock:usa,sector=frontier_lab"),
    "sector_counter_offers": Row(
        "sector.startup.counter_offers",
        (0.1, 0.3, 1),
        "stock:usa,sector=startup",
        beside=(("sector.frontier_lab.pay_multiplier", 1.5),),
    ),
    "acquihire_limit": Row(
        "country.usa.acquihire_limit",
        (0.1, 0.5, 1),
        "stock:usa,sector=startup",
        beside=(("sector.startup.acquihire_rate", 0.2),),
    ),
    "hub_tax_points": Row("hub.paris.tax.rate_points", (-3, -10, -20), "arrivals:paris", ("T03", "T04", "T05")),
    "home_settlement": Row("country.usa.home.ind.settlement", (1.5, 3, 10), "stock:usa,status=permanent"),
    "home_return": Row("country.usa.home.chn.return", (1.2, 2, 5), "stock:usa,home=chn"),
    "home_free_entry": Row("country.usa.home.ind.free_entry", (True,), "stock:usa,home=ind"),
    "hub_sector_openings": Row("hub.tokyo.sector.robotics.openings", (2, 5, 10), "stock:tokyo,sector=robotics"),
    "hub_sector_pay": Row(
        "hub.abu_dhabi_dubai.sector.sovereign_lab.pay_multiplier",
        (1.2, 1.5, 3),
        "stock:abu_dhabi_dubai,sector=sovereign_lab",
    ),
    "compute_guarantee_newcomer": Row("hub.london.compute.newcomer_guarantee_h100e", (40, 100, 400), "arrivals:london"),
    "compute_guarantee_years": Row(
        "hub.sf_bay_area.compute.newcomer_guarantee_years",
        (1, 2, 20),
        "stock:sf_bay_area",
        beside=(("hub.sf_bay_area.compute.newcomer_guarantee_h100e", 500),),
    ),
}
LONGEST = max(row.years for row in ROWS.values())  # all rows share a past, so that no row depends on the others run


def chosen(fields=()) -> dict:
    """Return rows by field, all for nothing; raise UsageError for an unknown field."""
    names = listed(fields)
    for name in names:
        if not isinstance(name, str) or name not in ROWS:
            raise UsageError(f"family {name!r:.60}", f"is not in the atlas{nearest(name, ROWS)}")
    return {name: ROWS[name] for name in names or ROWS}


def atlas(fields=(), largest_only=False, years=None, **options) -> list:
    """Return effects of every family of levers on the measure that it should move.

    Parameters
    ----------
    fields : of families, several or a single one; all if empty
    largest_only : run the last dose alone
    years : at most so many, for a small atlas; rows that need longer keep their own
    options : see :class:`~sim.study.options.Options`; the assumptions stand at their centre

    Returns
    -------
    list of dicts, one a dose: ``field``, ``lever``, ``value``, ``measure``, ``years``, ``baseline``, ``effect`` and
    ``error`` (persons, or persons a year; standard error over pairs), ``percent`` of the baseline, ``moves`` (whether
    any pair differs at all), ``idle`` (the stated reason why it moves nothing), ``beside`` (lever -> value of what
    stands in both arms), ``studies``
    """
    rows = chosen(fields)
    years = None if years is None else whole(years, "years")
    runs = []
    # one run for each dose of each family, at the horizon of its own row
    for name, row in rows.items():
        length = row.years if years is None or row.years > YEARS else min(row.years, years)
        for value in row.doses[-1:] if largest_only else row.doses:
            both = tuple(policy_of_row(PolicyTable(lever=lever, value=at), name) for lever, at in row.beside)
            policy = policy_of_row(PolicyTable(lever=row.lever, value=value), name)
            runs.append((name, value, row.measure, length, both, (*both, policy)))
    given: dict[str, Any] = {"population": 100_000, "replicates": 4, "uncertainty": "chance"} | options
    o = Options.of(**given, years=LONGEST).checked()
    plan, n = Plan(int(o.population), o.seed, o.start, LONGEST, ((),), o.start), o.replicates
    # a task is some doses on one replicate, whose baseline and past they share; all tasks are far more than the workers
    parts = [runs[first : first + PART] for first in range(0, len(runs), PART)]
    tasks, measured = [(part, k) for part in parts for k in range(n)], []
    with experiment(o) as lab:
        draws = lab.draws.first(n)
        arguments = (
            [plan] * len(tasks),
            [k for _, k in tasks],
            [draws[k] for _, k in tasks],
            [part for part, _ in tasks],
        )
        for done in lab.each(_pair, *arguments):
            measured.append(done)
            if o.progress:
                o.progress(len(measured), len(tasks))
    idle = {family.field: family.idle for family in FAMILIES}
    values = np.concatenate([measured[k : k + n] for k in range(0, len(tasks), n)], axis=1)  # pair, run, arm
    return [_row(run, values[:, k], rows[run[0]], idle[run[0]]) for k, run in enumerate(runs)]


def _row(run, values, row, idle) -> dict:
    """Return one dose as plain values; ``values`` (pair, arm)."""
    name, value, measure, years, *_ = run
    # paired effects: the dose less the baseline of the same replicate
    effect, n = values[:, 1] - values[:, 0], len(values)
    base = float(values[:, 0].mean())
    return {
        "field": name,
        "lever": row.lever,
        "value": value,
        "measure": measure,
        "unit": MEASURES[parse(measure).name].unit,
        "years": years,
        "baseline": base,
        "effect": float(effect.mean()),
        "error": float(effect.std(ddof=1) / np.sqrt(n)) if n > 1 else None,
        "percent": 100 * float(effect.mean()) / base if base else None,
        "moves": bool((effect != 0).any()),
        "idle": idle,
        "beside": dict(row.beside),
        "studies": list(row.studies),
    }


def _pair(plan, k, draw, runs) -> list:
    """Return (run, arm) values of all doses on one pair, each beside the baseline at the same horizon."""
    common_past = initial_state(plan, k, draw)
    empty, values_by_run = empty_record(common_past.world), []
    # the other arm is the baseline, or the policies beside which a lever acts, to the longest horizon needed
    horizon: dict = {}
    for *_, years, both, _ in runs:
        horizon[both] = max(horizon.get(both, 0), years)
    without = {both: record(common_past.branch(both), plan.start + n, empty) for both, n in horizon.items()}
    for _, _, measure, years, both, policies in runs:
        arm = record(common_past.branch(policies), plan.start + years, empty)
        result = Result(labelled([[without[both], arm]], ["baseline", "scenario"], plan), {})
        values = series(result, measure)
        # a flow is a mean over the years, a stock is counted at the end
        is_flow = "year" in values.dims
        values = values.isel(year=slice(years)).mean("year") if is_flow else values.isel(time=years)
        values_by_run.append(values.values[:, 0])
    return values_by_run
