"""Taxes (g01 to g05): stocks and inflows when net pay changes in one country, for good or for newcomers."""

import numpy as np

from ...world.engineers import TIERS, tier_of

COUNTRIES = ("usa", "can", "gbr", "deu", "sgp")  # at least 15 % foreign experts, and enough of them to count
RELIEF_COUNTRY, RELIEF_YEARS = "deu", 5
EXPERT, PRACTITIONER = TIERS.index("expert"), TIERS.index("practitioner")


def net_of_tax(trial):
    """Elasticities of stocks with respect to the net-of-tax rate, means over countries (g01, g02, g03, g05)."""
    answers = np.array([_answers(trial, country) for country in COUNTRIES])
    foreign, domestic, top, first_year = answers.mean(axis=0)
    return {
        "g01": foreign,
        "g02a": domestic,
        "g02b": ratio(foreign, domestic),
        "g03": top,
        "g05": ratio(first_year, foreign),
    }


def _answers(trial, country):
    """Elasticities in one country: foreign, domestic and all top earners at the end, foreign experts after a year."""
    plain, shocked = trial.baseline, trial.run(f"validate/net_of_tax_{country}")
    shock = np.log(_kept(shocked, country) / _kept(plain, country))
    (foreign, domestic, top), (foreign_now, domestic_now, top_now) = _stocks(plain, country), _stocks(shocked, country)
    last = plain.years
    responses = (
        (foreign, foreign_now, last),
        (domestic, domestic_now, last),
        (top, top_now, last),
        (foreign, foreign_now, 1),
    )
    return [float(np.log(ratio(now[t], before[t])) / shock) for before, now, t in responses]


def _stocks(history, country):
    """Foreign experts, domestic experts, and experts and practitioners together, (time,) each."""
    here = history.counts[:, history.within(country)].sum(axis=(1, 4))  # time, home, tier
    own = history.setting.homes.index(country)
    experts = here[..., EXPERT]
    return experts.sum(axis=1) - experts[:, own], experts[:, own], here[..., [EXPERT, PRACTITIONER]].sum(axis=(1, 2))


def _kept(history, country):
    """Share of gross pay that the country's median expert keeps on the first 1 January."""
    here, (net, gross) = history.within(country), (history.written[name][0, :, EXPERT] for name in ("net_pay", "pay"))
    weight = history.written["stock"][0, here, EXPERT]
    return (net[here] * weight).sum() / (gross[here] * weight).sum()


def newcomer_relief(trial):
    """Inflow and stock of those who are eligible, and the stock of those who are not (g04)."""
    plain = trial.baseline
    relieved = trial.run("validate/newcomer_relief", RELIEF_YEARS, people=True)
    country = plain.setting.countries.index(RELIEF_COUNTRY)
    share, years = (relieved.rules[f"newcomer_{what}"][country] for what in ("relief", "years"))
    kept = _kept(plain, RELIEF_COUNTRY)
    shock = np.log((1 - (1 - kept) * (1 - share)) / kept)
    inflow, stock, others = np.transpose([_eligible(history, int(years)) for history in (plain, relieved)])
    return {
        "g04a": float(np.log(ratio(inflow[1], inflow[0])) / shock),
        "g04b": ratio(stock[1], stock[0]),
        "g04c": 100 * (ratio(others[1], others[0]) - 1),
    }


def _eligible(history, years):
    """Inflow over the years of the scheme, stock under relief at their end, and stock of those it is not for."""
    inflow = sum(_foreigners(history, t, history.start + t - 1).sum() for t in range(1, RELIEF_YEARS + 1))
    last = history.start + RELIEF_YEARS
    relieved = _foreigners(history, RELIEF_YEARS, last - years).sum()
    people = history.people[RELIEF_YEARS]
    others = _living(history, people) & ~_foreigners(history, RELIEF_YEARS, history.start)
    return inflow, relieved, others.sum()


def _foreigners(history, t, since):
    """(slot,) bool: top earners from another country who have come to live there in the year ``since`` or later."""
    people = history.people[t]
    own = history.setting.homes.index(RELIEF_COUNTRY)
    return _living(history, people) & (people.home != own) & (people.arrival_year >= since)


def _living(history, people):
    top = np.isin(tier_of(people.category), (EXPERT, PRACTITIONER))
    return top & (people.hub >= 0) & history.within(RELIEF_COUNTRY)[people.hub]


def ratio(a, b):
    """``a / b``; nan where b is not positive, and nothing can be said."""
    return float(a / b) if b > 0 else float("nan")
