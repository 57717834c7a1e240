"""Jobs and headcounts (g20, g22, g26)."""

import numpy as np

from ...model.jobs import job_lock
from ...world.engineers import CITIZEN, SECTORS, TEMPORARY

QUEUED = ("ind", "chn")  # origins with a queue for permanent residence in the USA
REGIONS = ("north_america", "eu27", "apac_ex_japan")
BOOM_YEARS = 3  # 2026 to 2028
LAB = SECTORS.index("frontier_lab")


def job_changes(trial):
    """Job changes of citizens and of others over theirs, mean of three years; separations from labs (g20, g22)."""
    history, years = trial.baseline, BOOM_YEARS
    stock = history.written["stock_by_status"][:years].sum(axis=(0, 1))
    rate = history.written["job_changes"][:years].sum(axis=0) / stock
    labs = history.written["stock_by_sector"][0, :, LAB].sum()
    left = history.written["hires"][0, LAB].sum()
    return {
        "g20a": 100 * rate[CITIZEN],
        "g20b": rate[TEMPORARY] / rate[CITIZEN],
        "g20c": 100 * queue_effect(trial),
        "g22": 100 * left / labs,
    }


def queue_effect(trial):
    """Relative change of job changes of temporary residents in the USA from ``QUEUED`` against all others there."""
    setting, us = trial.setting, trial.setting.countries.index("usa")
    lock = job_lock(setting, trial.a)[us]
    here = setting.country == us
    weight = trial.baseline.counts[0, here][:, :, :, TEMPORARY].sum(axis=(0, 2))
    queued = np.isin(setting.homes, QUEUED)
    mean = lambda who: np.average(lock[who], weights=weight[who])  # noqa: E731
    return float(mean(queued) / mean(~queued) - 1)


def growth(trial):
    """Growth of the headcount, in %: of regions in the first year, of the world a year to 2028 (g26)."""
    history, first = trial.baseline, trial.plan.start
    change = lambda place, year: history.measure(f"stock:{place}@{year}")  # noqa: E731
    found = {f"g26_{place}": 100 * (change(place, first + 1) / change(place, first) - 1) for place in REGIONS}
    world = history.written["stock"].sum(axis=(1, 2))
    return found | {"g26_world": 100 * ((world[BOOM_YEARS] / world[0]) ** (1 / BOOM_YEARS) - 1)}
