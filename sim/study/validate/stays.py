"""Who lives where, and who stays (g08, g09, g13)."""

import numpy as np

from ...world.engineers import TEMPORARY, TIERS, tier_of

EXPERT, YEARS, COHORTS = TIERS.index("expert"), 5, 5
MIGRANTS = ("usa", "che", "gbr", "jpn")


def five_year_stays(trial):
    """Of experts trained in the USA as temporary residents, the part still there after five years, in % (g08)."""
    history = trial.baseline
    pairs = [(history.people[t], history.people[t + YEARS]) for t in range(COHORTS)]
    at = history.setting.homes.index
    stay = lambda *homes: 100 * stayed(pairs, history.setting, "usa", [at(home) for home in homes])  # noqa: E731
    return {
        "g08a": stay("chn"),
        "g08b": stay("ind"),
        "g08c": stay(*history.setting.homes),
        "g08d": stay("chn") - stay("kor", "jpn", "twn"),
    }


def stayed(pairs, setting, country, homes):
    """Share of experts trained in a country, there on a temporary permit, who live there years later.

    Parameters
    ----------
    pairs : list of (People, People), at the start and the end of each cohort's years
    setting : Setting
    country : name
    homes : positions of the homes counted

    Returns
    -------
    share of those still engineers at the end; nan where there are none
    """
    place, there, still = setting.countries.index(country), 0, 0
    for before, after in pairs:
        end = after.hub[: len(before.hub)]
        counted = (before.hub >= 0) & (end >= 0) & (setting.country[before.hub] == place)
        counted &= (before.status >= TEMPORARY) & (before.trained_in == place) & np.isin(before.home, homes)
        counted &= tier_of(before.category) == EXPERT
        there += counted.sum()
        still += (setting.country[end[counted]] == place).sum()
    return float(still / there) if there else float("nan")


def starting_state(trial):
    """Where experts work at the start, and the migrants among engineers, in % (g09, g13)."""
    history, setting = trial.baseline, trial.setting
    experts = history.counts[0, :, :, EXPERT].sum(axis=-1)  # hub, home
    part = lambda country: 100 * experts[history.within(country)].sum() / experts.sum()  # noqa: E731
    abroad = 100 * (experts * (1 - setting.home_share.T)).sum() / experts.sum()
    gain = {f"g13_{place}": 100 * history.measure(f"gain:{place}@{history.start}") for place in MIGRANTS}
    return {"g09a": part("usa"), "g09b": part("chn"), "g09c": abroad} | gain
