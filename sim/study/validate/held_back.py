"""Scholars' corridors, the backcast, and net rates beside those of another network (g24, g27, g28)."""

from ...world.tables import read
from ..backcast import backcast, corridor_rank
from ..corridors import diaspora_over_next
from ..skill_rates import rank_with_skill_rates


def corridor_terms(options):
    """What the fit of the corridors loses without compatriots over the next largest loss (g24)."""
    return {"g24": diaspora_over_next(read("corridor_kernel"))}


def scholars_foretold(options):
    """Rank correlation of simulated and observed corridor flows in the years held back (g27)."""
    return {"g27": corridor_rank(backcast())}


def skill_rates(trial):
    """Rank correlation of the baseline's net rates of countries with LinkedIn's of people with AI skills (g28)."""
    return {"g28": rank_with_skill_rates(trial.baseline.result)[0]}
