"""Decompose hub shares: named factors against fitted constants, and assumptions that no file of a run shows.

``python -m sim.study.hub_shares`` rewrites ``hub_pulls.csv`` and ``long_run.csv``, both at the central assumptions and
the baseline: the first from the tables of the first year, the second from runs of ten years, hub constants inverted
anew for every value.
"""

import numpy as np

from sim.model import equations as eq
from sim.model import inversion
from sim.model.state import Simulation
from sim.scenario.assumptions import ASSUMPTIONS, Assumptions
from sim.scenario.levers import baseline_rules
from sim.study.calibration.hub_constants import START, fit_world, shipped
from sim.study.parameter_sample import constants_or_none
from sim.study.replicate import Plan, run_replicate
from sim.world.build.source_files import DATA, as_csv

COMMAND = "python -m sim.study.hub_shares at the central assumptions"
YEARS = 10
AGENTS, SEEDS = 380_000, 4  # of a run; runs of the same seeds for every value
LONG_RUN = ("boom_weight", "boom_half_life", "growth_half_life", "long_growth")
TERMS = ("pay", "compute", "size", "openings", "people", "ties", "distance", "permits")


def pulls() -> dict[str, np.ndarray]:
    """Compute the pull of every hub on the engineers of the world, term by term, in the first year.

    Each term of V (E2) is the mean over the engineers of the world, by home, tier, role and hub of residence, of the
    hub's utility term for people who would move there; the mean hub is that of the average engineer. Permits: the
    logarithm of the mean probability that an application succeeds.

    Returns
    -------
    dict of term -> (hub,) log-odds against the mean hub: ``TERMS``, ``permanent`` and ``boom``
    """
    world, constants = fit_world(), shipped()[0]
    arm = Simulation(world, Assumptions.central(), constants, baseline_rules(), 0)
    s, p, a = world.setting, arm.utility_terms, arm.a
    # weights of the world's engineers by hub, home and tier
    people = arm.counts.sum(axis=3) / arm.counts.sum()  # hub, home, tier
    home, tier, residence = people.sum(axis=(0, 2)), people.sum(axis=(0, 1)), people.sum(axis=(1, 2))
    role = residence @ s.role_share
    skill = np.einsum("t,r->tr", tier, role)[:, :, None] * np.ones(3) / 3  # three tastes for pay, as many of each
    # mean cost of a move to each hub, over people who do not live there
    trip = arm.layout.trip_cost  # tier, origin, destination; 0 at home
    moving = people.sum(axis=1).T[:, :, None] * ~np.eye(len(s.hubs), dtype=bool)
    size = eq.utility(a, size=arm.size())
    bonds = home @ eq.utility(a, diaspora=s.compatriots, home_share=s.home_share, language=s.language)
    terms = {
        "pay": skill.reshape(-1) @ p.pay_arriving,
        "compute": np.einsum("t,r,trd->d", tier, role, p.compute),
        "size": size,
        "openings": home @ p.place - bonds - size - constants.at(START, a.boom_half_life),
        "people": bonds,
        "ties": home @ np.log(inversion.tie_factors(arm)),
        "distance": -(moving * trip).sum(axis=(0, 1)) / moving.sum(axis=(0, 1)),
        "permits": np.log(np.einsum("hgt,gtd->d", people, inversion.permit_factors(arm)[1])),
        "permanent": constants.permanent,
        "boom": constants.boom,
    }
    # express each term against the average engineer's hub
    return {term: value - np.average(value, weights=s.stock) for term, value in terms.items()}


def pull_rows() -> list[dict]:
    """Return the rows of ``hub_pulls.csv``: the terms, their sum ``named``, ``fitted``, and the fitted share."""
    terms = pulls()
    named, fitted = sum(terms[term] for term in TERMS), terms["permanent"] + terms["boom"]
    part = np.abs(fitted) / (np.abs(fitted) + np.abs(named))
    columns = terms | {"named": named, "fitted": fitted, "fitted_share": part}
    texts = {name: [f"{x:.3f}" for x in value] for name, value in columns.items()}
    return [
        {"hub": hub, **{name: value[h] for name, value in texts.items()}, "source": COMMAND, "grade": "D"}
        for h, hub in enumerate(fit_world().setting.hubs)
    ]


def share_in_the_end(**changes) -> np.ndarray:
    """Return the (hub,) share of the world stock after ten years, per cent, mean over seeds, under ``changes``.

    Raises
    ------
    ValueError where no hub constants meet the first year
    """
    a = Assumptions.central().vary(**changes)
    constants = constants_or_none(a, START)
    if constants is None:
        raise ValueError(f"no hub constants meet the first year under {changes}")
    plan = Plan(AGENTS, 0, START, YEARS, ((),), START)
    arms = [arm for k in range(SEEDS) for arm in run_replicate(plan, k, (a, constants))]
    stocks = np.array([arm["stock"][-1].sum(axis=-1) for arm in arms])
    return 100 * (stocks / stocks.sum(axis=1, keepdims=True)).mean(axis=0)


def long_run_rows() -> list[dict]:
    """Return the rows of ``long_run.csv``: each hub's share in the last year at both ends of each of four ranges."""
    hubs, centre, rows = fit_world().setting.hubs, share_in_the_end(), []
    for name in LONG_RUN:
        # each assumption at both ends of its range, the others at the centre
        ends = {end: getattr(ASSUMPTIONS[name], end) for end in ("low", "high")}
        shares = {end: share_in_the_end(**{name: value}) for end, value in ends.items()}
        rows += [
            {
                "hub": hub,
                "assumption": name,
                "year": str(START + YEARS),
                "low": f"{ends['low']:g}",
                "high": f"{ends['high']:g}",
                "share": f"{centre[h]:.3f}",
                "share_low": f"{shares['low'][h]:.3f}",
                "share_high": f"{shares['high'][h]:.3f}",
                "source": COMMAND,
                "grade": "D",
            }
            for h, hub in enumerate(hubs)
        ]
    return rows


if __name__ == "__main__":
    for table, made in (("hub_pulls", pull_rows), ("long_run", long_run_rows)):
        (DATA / f"{table}.csv").write_text(as_csv(made()), encoding="utf-8", newline="")
