"""Split an effect over the scenario's policies, or over the channels through which they work.

Both splits are Shapley values over simulations of the same replicates, so their parts sum to the effect. A policy is
switched off by keeping the baseline's rules. Two mechanisms are parts too. *Network*: people follow friends and former
colleagues; it is off where the ties of the baseline run are replayed. *Feedback*: a hub that grows attracts more
people; it is off where the hub sizes and the offers of employers' affiliates of the baseline run are replayed.
"""

from typing import TYPE_CHECKING

from sim.arguments import listed
from sim.errors import UsageError
from sim.parallel import SMALL
from sim.results.decomposition import coalitions, origins, parts_table, shapley, splits_over_origins
from sim.results.measures import MEASURES, parse
from sim.results.result import Result
from sim.scenario.describe import short
from sim.scenario.files import as_scenario
from sim.scenario.stack import between, differences
from sim.study.options import Options
from sim.study.replicate import experiment, labelled
from sim.study.run import check_measures, prepared

if TYPE_CHECKING:
    import pandas as pd

BY = ("channels", "policies", "origins")
ARMS = ("baseline", "scenario")
MECHANISMS = ("network", "feedback")
CHANNELS = {  # kind of policy -> first letters of the names of the rules that such a policy changes
    "pay and prices": (
        "pay_",
        "price_",
        "allowance_",
        "sign_on_",
        "unvested_",
        "tier_pay",
        "role_pay",
        "sector_pay",
        "sector_liquidity",
        "hub_sector_pay",
    ),
    "tax": ("tax_", "hub_tax_points", "newcomer_", "returnee_"),
    "compute": ("compute_", "country_compute"),
    "visa": (
        "route_",
        "free_entry",
        "home_",
        "is_closed",
        "settlement",
        "bars",
        "going_home",
        "naturalisation",
        "fast_track",
        "family_rights",
    ),
    "jobs and supply": (
        "openings",
        "country_openings",
        "graduates",
        "conversions",
        "phds",
        "hub_phds",
        "doctors_in_academia",
        "entry_hiring",
        "tier_demand",
        "role_demand",
        "sector_openings",
        "sector_separations",
        "sector_counter_offers",
        "hub_sector_openings",
    ),
    "remote work and teams": ("sector_remote", "remote_hiring", "acquihire_rate", "acquihire_limit", "spinout_rate"),
}


def why(scenario, measure="share:usa", by="channels", baseline="baseline", **options) -> "pd.DataFrame":
    """Split the effect of a scenario on a measure into parts that sum to it.

    Parameters
    ----------
    scenario, baseline : Scenario, name, file or stack ``a+b``
    measure : str with a single value
    by : ``"channels"``: over kinds of policy, and the mechanisms network and feedback; ``"policies"``: over the
        policies in which scenario and baseline differ; ``"origins"``: over the hubs with which the place gains and
        loses people. Up to seven parts are exact; with more, orders of the parts are sampled, and the error that is
        shown does not include this sampling
    options : see :class:`~sim.study.options.Options`

    Returns
    -------
    pandas.DataFrame, see :func:`~sim.results.decomposition.parts_table`; the total, in the last row, is the effect

    Raises
    ------
    ScenarioError, AssumptionError, UsageError, ResultError
        for input that makes no sense, before anything is run
    """
    (table,) = split(scenario, measure, (by,), baseline, **options).values()
    return table


def split(scenario, measure="share:usa", by=BY, baseline="baseline", **options) -> dict:
    """Split the effect of a scenario on a measure in several ways, on the same replicates.

    Parameters
    ----------
    by : of ``BY``; when there are several, policies are left out where there is but one, and origins where the
        measure is no share or stock of a place
    others : as in :func:`why`

    Returns
    -------
    dict of name of the split -> pandas.DataFrame
    """
    scenario, baseline = as_scenario(scenario), as_scenario(baseline)
    asked = Options.of(**options).checked()
    prepared({"scenario": scenario}, baseline, asked)
    check_measures([measure], asked, single=True)
    by = list(dict.fromkeys(listed(by)))
    if unknown := [name for name in by if name not in BY]:
        raise UsageError("why", f"{unknown[0]!r:.60} is none of {', '.join(BY)}")
    # drop or refuse splits that do not apply to this measure, these policies or this population
    if by == ["origins"] and not splits_over_origins(measure):
        raise UsageError("why", f"{measure} does not split over origins: give the share or stock of a place")
    if len(by) > 1 and len(differences(scenario, baseline)) < 2:
        by = [name for name in by if name != "policies"]
    if len(by) > 1 and not splits_over_origins(measure):
        by = [name for name in by if name != "origins"]
    if len(by) > 1 and int(asked.population) > SMALL:
        by = [name for name in by if name != "channels"]
    if "channels" in by and int(asked.population) > SMALL:
        raise UsageError("why", f"channels need every move of the baseline: at most {SMALL:,} engineers a run")
    with experiment(asked) as lab:
        return {name: table_of(lab, scenario, baseline, measure, name) for name in by}


def table_of(lab, scenario, baseline, measure, by) -> "pd.DataFrame":
    """Return one of the splits, computed on the replicates of an Experiment; see :func:`split`."""
    if by == "origins":
        return origins(Result(labelled(lab.run([baseline, scenario]), ARMS, lab.options), {}), measure)
    names, pieces = parts_of(scenario, baseline, by)
    players, seed = len(names), lab.options.seed
    # a coalition is a set of parts that are switched on; one without a policy is the baseline and needs no run
    sets = coalitions(players, seed)
    acting = [c for c in sets if any(k < len(pieces) for k in c)]
    arms = [between(scenario, baseline, [pieces[k] for k in sorted(c) if k < len(pieces)]) for c in acting]
    frozen = [(), *(_switched_off(c, len(pieces)) for c in acting)] if by == "channels" else ()
    levels = lab.measure([baseline, *arms], measure, frozen)
    # the value of a coalition is its effect against the baseline
    worth = dict.fromkeys(sets, 0 * levels[0]) | dict(zip(acting, levels[1:] - levels[0], strict=True))
    return parts_table(shapley(worth, players, seed), names, MEASURES[parse(measure).name].unit)


def parts_of(scenario, baseline, by) -> tuple[list, list]:
    """Return the names of the parts, and a group of policies for each; the mechanisms, which come last, have none.

    Raises
    ------
    UsageError
    """
    pieces = differences(scenario, baseline)
    if by == "policies":
        return [" / ".join(map(short, piece)) for piece in pieces], pieces
    if by != "channels":
        raise UsageError("why", f"{by!r} is none of {', '.join(BY)}")
    touched = {name: tuple(p for piece in pieces for p in piece if channel_of(p) == name) for name in CHANNELS}
    touched = {name: policies for name, policies in touched.items() if policies}
    return [*touched, *MECHANISMS], list(touched.values())


def channel_of(policy) -> str:
    """Return the channel through which a policy works, by the rule that it moves."""
    rule = policy.levers[0].field
    return next(name for name, beginnings in CHANNELS.items() if rule.startswith(beginnings))


def _switched_off(coalition, pieces) -> tuple[str, ...]:
    """Return the mechanisms that are switched off in a coalition."""
    return tuple(name for k, name in enumerate(MECHANISMS, pieces) if k not in coalition)
