"""Visas (g14 to g19): the office alone, the fee, lost permits, a fast track, a closed border."""

import numpy as np

from ...model import lottery, rng
from ...world.engineers import TEMPORARY
from ...world.tables import read
from .taxes import ratio

H1B, YEARS = "usa.h1b", 3
FAST = ("deu", "fra", "nld", "pol", "prt", "xeu")  # countries of eu_fast_track
CLOSED, SINCE, UNTIL = "usa", 1, 5  # from the second 1 January on; looked at on the sixth


def office_odds(trial):
    """Odds of the H-1B by year, in %, with the published registrations and one petition yield (g14)."""
    return {
        f"g14_{row['fy']}": 100 * _drawn(trial, int(row["eligible"]), False, int(row["fy"]))[1].mean()
        for row in read("registrations")
    }


def weighted_lottery(trial):
    """Odds of wage level IV over level I, at the registrations of FY2026 and half of them, and who wins (g15)."""
    registered = int(read("registrations")[-1]["eligible"])
    (level, selected), rarer = (_drawn(trial, count, True) for count in (registered, registered // 2))
    now, twice = (_four_over_one(*draw) for draw in ((level, selected), rarer))
    return {"g15a": now, "g15b": now - twice, "g15c": 100 * (level[selected] == 0).mean()}


def _drawn(trial, registered, weighted, year=2026):
    """Wage levels (0 to 3) of so many registrations, and which of them are selected."""
    pool = next(pool for pool in trial.trunk.offices.pools if pool.name == H1B)
    seed, people = trial.trunk.seed, np.arange(registered)
    u = lambda question: rng.uniform(rng.key(seed, f"office alone {question}", year), people)  # noqa: E731
    level = np.searchsorted(np.cumsum(pool.level)[:-1], u("level"))
    places = lottery.places(pool, pool.cap, trial.a.petition_yield, 1.0, seed, year)
    return level, lottery.draw(lottery.clocks(u("clock"), level, weighted), u("master") < pool.master, *places)


def _four_over_one(level, selected):
    return selected[level == 3].mean() / selected[level == 0].mean()


def fee(trial):
    """The fee: who is exposed to it, who pays it, and what becomes of people already inside (g16)."""
    plain, charged = trial.baseline, trial.run("h1b_fee")
    grants, abroad = (_routes(plain, name, [H1B])[:YEARS].sum() for name in ("grants", "grants_abroad"))
    paid = _routes(charged, "grants_abroad", [H1B])[:YEARS].sum()
    inside = [(_routes(arm, "grants", [H1B]) - _routes(arm, "grants_abroad", [H1B]))[0] for arm in (plain, charged)]
    return {
        "g16a": 100 * ratio(abroad, grants),
        "g16b": 100 * ratio(paid, abroad),
        "g16c": 100 * (ratio(inside[1], inside[0]) - 1),
    }


def approval(trial):
    """Jobs that open abroad in the first year for each H-1B permit lost to a lower approval rate (g17)."""
    plain, refused = trial.run("baseline", 1), trial.run("validate/h1b_approval", 1)
    routes = [H1B, "usa.h1b_exempt"]
    lost = _routes(plain, "grants", routes)[0] - _routes(refused, "grants", routes)[0]
    return {"g17a": ratio(refused.jobs_abroad[0] - plain.jobs_abroad[0], lost)}


def fast_track(trial):
    """Applicants from abroad who have moved within a year, and how many more they are (g18), three years."""
    plain, fast = trial.baseline, trial.run("eu_fast_track")
    routes = [row["route"] for row in trial.setting.routes if row["country"] in FAST]
    years = slice(1, 1 + YEARS)  # it begins in the second year
    before, grants, asked = (
        _routes(arm, name, routes)[years].sum()
        for arm, name in ((plain, "grants_abroad"), (fast, "grants_abroad"), (fast, "applicants_abroad"))
    )
    return {"g18a": 100 * ratio(grants, asked), "g18b": 100 * ratio(grants - before, grants)}


def _routes(history, variable, routes):
    """(year,) a count of the visa offices over some routes."""
    names = [row["route"] for row in history.setting.routes]
    return history.written[variable][:, [names.index(route) for route in routes]].sum(axis=1)


def closed_border(trial):
    """Fall of the exits of those inside when nobody may move in any more, in % (g19)."""
    arms = trial.baseline, trial.run("validate/closed_to_newcomers", UNTIL, people=True)
    left = [exits(arm.people[SINCE], arm.people[UNTIL], arm.within(CLOSED)) for arm in arms]
    return {"g19a": 100 * (1 - ratio(left[1], left[0]))}


def exits(before, after, inside):
    """Share of the temporary residents of a place who live outside it later, of those still engineers.

    Parameters
    ----------
    before, after : People
    inside : (hub,) bool
    """
    later = after.hub[: len(before.hub)]
    counted = (before.hub >= 0) & (later >= 0) & inside[before.hub] & (before.status >= TEMPORARY)
    return float((~inside[later[counted]]).mean()) if counted.any() else float("nan")
