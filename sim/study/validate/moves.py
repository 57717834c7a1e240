"""Moves in the baseline (g06, g07, g10 to g12, g21, g25): how many, who, where to."""

import numpy as np

from ...world.engineers import TIERS, tier_of

NET_OF = ("are", "deu", "usa", "ind", "kor", "isr")
INDEX_HUBS = ("sf_bay_area", "paris", "abu_dhabi_dubai", "tokyo", "seattle", "bengaluru")
EXPERT, YEARS = TIERS.index("expert"), 5


def crossings(trial):
    """Borders crossed in the first year, and by how many over five (g06, g07)."""
    history = trial.baseline
    crossed, stock = history.written["border_crossings"][0], history.written["stock"][0].sum(axis=0)
    return {
        "g06a": 100 * crossed[EXPERT] / stock[EXPERT],
        "g06b": 100 * crossed[1:].sum() / stock[1:].sum(),
        "g07": 100 * crossed_a_border(history.people[: YEARS + 1], history.setting.country),
    }


def crossed_a_border(people, country):
    """Share of the experts of the first 1 January, still engineers on the last, who lived in several countries.

    Parameters
    ----------
    people : list of People, one a 1 January
    country : (hub,) country of each hub
    """
    first = len(people[0].hub)
    hubs = np.stack([now.hub[:first] for now in people])
    there = (hubs[0] >= 0) & (hubs[-1] >= 0) & (tier_of(people[0].category) == EXPERT)
    lived = country[hubs[:, there]]
    return float((lived != lived[0]).any(axis=0).mean())


def directions(trial):
    """Net flows and the USA's part of arrivals in the first year; its part of the experts after five (g10 to g12)."""
    history = trial.baseline
    first, later = history.start, history.start + YEARS
    found = {f"g11_{place}": history.measure(f"net_migration:{place}@{first}") for place in NET_OF}
    found["g11_ind: Bengaluru alone"] = history.measure(f"net_migration:bengaluru@{first}")
    shares = [history.measure(f"share:usa,tier=expert@{year}") for year in (first, later)]
    return found | {"g10": 100 * (shares[1] - shares[0]), "g12": 100 * history.measure(f"arrival_share:usa@{first}")}


def colleagues(trial):
    """Movers who join a former colleague, and how many more they are than at random (g21), mean of five years."""
    history = trial.baseline
    years = range(history.start, history.start + YEARS)
    share, over_random = (
        np.mean([history.measure(f"{name}@{year}") for year in years]) for name in ("tied_moves", "tied_ratio")
    )
    return {"g21a": 100 * share, "g21b": over_random}


def published_index(trial):
    """Net migration rates of the first year, and what they are where the industry index alone is believed (g25)."""
    found, alone = _net_rates(trial), trial.under("industry_index")
    beside = _net_rates(alone) if alone else dict.fromkeys(found, float("nan"))
    return found | {f"{gate}: at boom_weight 1": value for gate, value in beside.items()}


def _net_rates(trial):
    history = trial.run("baseline", 1)
    return {f"g25_{hub}": 100 * history.measure(f"net_rate:{hub}@{history.start}") for hub in INDEX_HUBS}
