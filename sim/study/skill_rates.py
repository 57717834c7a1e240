"""The baseline's net migration beside that of LinkedIn members with AI skills (World Bank Group and LinkedIn)."""

import numpy as np

from ..results.measures import measure
from ..world.tables import read

YEARS = (2015, 2016, 2017)


def skill_rates():
    """Country -> net migration of its LinkedIn members with AI skills, percent a year, mean of 2015 to 2017."""
    return {
        row["economy"]: np.mean([float(row[f"net_{year}"]) for year in YEARS]) / 100
        for row in read("ai_skill_migration")
    }


def rank_with_skill_rates(result):
    """Gate g28: rank correlation of the baseline's net rates with LinkedIn's, over the countries that both know.

    Parameters
    ----------
    result : Result whose baseline is compared, mean over pairs and years

    Returns
    -------
    (float, list of countries)
    """
    from scipy.stats import spearmanr

    published = skill_rates()
    countries = [c for c in np.unique(result.data.hub_country.values).tolist() if c in published]
    years = result.data.year.values
    ours = [np.mean([_net_rate(result, country, year) for year in years]) for country in countries]
    return float(spearmanr(ours, [published[country] for country in countries])[0]), countries


def _net_rate(result, country, year):
    return float(measure(result, f"net_rate:{country}@{year}").sel(arm="baseline").mean())
