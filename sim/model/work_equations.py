r"""The equations of work, E10 and E11, in plain numpy: this file is the definition, beside ``equations``.

Every function is pure and draws nothing; axes and units as in ``equations``.

=======================  ==============================================  =================
symbol                   meaning                                         unit
=======================  ==============================================  =================
:math:`x_d`              share of experts in the stock of hub *d*        1
:math:`h_{td}`           promotions out of tier *t*                      per person-year
:math:`s_k`              separations from employers of sector *k*        per person-year
:math:`a_{kd}`           openings of sector *k* over all of the hub      1
:math:`J_{kd}`           log-odds of a job of sector *k* in *d*          log-odds
=======================  ==============================================  =================
"""

import numpy as np


def balanced_promotion(tier_stock, entrants, exit_rate, growth):
    r"""Promotion rates that keep the tiers' shares of the start (E10), in closed form.

    .. math:: h_{entry} = E_{entry}/N_{entry} - x - g,\qquad
              h_{pract} = (E_{pract} + h_{entry} N_{entry})/N_{pract} - x - g

    Parameters
    ----------
    tier_stock, entrants : (tier,) persons, persons a year: experts, practitioners, entry
    exit_rate, growth : a year, of the whole stock

    Returns
    -------
    (tier,) per person-year, 0 for experts

    >>> balanced_promotion([50.0, 650.0, 300.0], [0.0, 30.0, 95.0], 0.035, 0.09).round(4).tolist()
    [0.0, 0.0096, 0.1917]
    """
    (_, practitioners, entry), (_, as_practitioners, as_entry) = tier_stock, entrants
    from_entry = max(as_entry / entry - exit_rate - growth, 0.0)
    onwards = max((as_practitioners + from_entry * entry) / practitioners - exit_rate - growth, 0.0)
    return np.array([0.0, onwards, from_entry])


def promotion_rate(rate, expert_share, world_share, b_mentoring):
    r"""Promotion where experts are (E10): :math:`h_{td} = h_t\,(x_d/\bar x)^{b_m}`.

    Parameters
    ----------
    rate : (tier,) per person-year; expert_share : (hub,); world_share : of the world

    Returns
    -------
    (tier, hub) in [0, 1]. Source: assumption (grade D); qualitatively m60.
    """
    dense = np.maximum(expert_share, 1e-9) / max(world_share, 1e-9)
    return np.clip(np.asarray(rate)[:, None] * dense**b_mentoring, 0.0, 1.0)


def sector_chances(openings_share, advantage):
    r"""Sector of a new job (E10): :math:`P_k = a_k e^{\Delta J_k}/\sum_l a_l e^{\Delta J_l}`.

    :math:`\Delta J_k` is how much the pull of the sector's jobs has changed against the hub's since the start, so that
    at the start new jobs are where openings are, whatever makes some sectors harder to enter than others (exact-hat
    form: Dekle, Eaton and Kortum 2007, American Economic Review 97).

    Parameters
    ----------
    openings_share : (hub, sector) adding up to 1; advantage : (..., hub, sector) log-odds

    Returns
    -------
    (..., hub, sector), adding up to 1 over sectors

    >>> sector_chances(np.array([[0.25, 0.75]]), np.log([[3.0, 1.0]])).round(6).tolist()
    [[0.5, 0.5]]
    """
    weight = openings_share * np.exp(advantage)
    return weight / weight.sum(axis=-1, keepdims=True)


def sector_value(openings_share, advantage):
    r"""What the choice of sectors adds to a hub's pull (E2): :math:`\ln\sum_k a_k e^{\Delta J_k}`, 0 at the start."""
    return np.log((openings_share * np.exp(advantage)).sum(axis=-1))


def separation_rates(published, sector_stock, job_change_rate, lab_separation_rate, labs):
    r"""Separations by sector (E10): published rates scaled so that their mean is the rate of job changes.

    Those of frontier labs are measured on their own and stay as they are.

    Parameters
    ----------
    published, sector_stock : (sector,) a year, persons; labs : index of the frontier labs

    Returns
    -------
    (sector,) per person-year

    >>> separation_rates(np.array([0.1, 0.2]), np.array([0.0, 10.0]), 0.24, 0.15, 0).round(6).tolist()
    [0.15, 0.24]
    """
    others = np.arange(len(published)) != labs
    left = job_change_rate * sector_stock.sum() - lab_separation_rate * sector_stock[labs]
    scale = left / (published * sector_stock)[others].sum()
    return np.where(others, published * scale, lab_separation_rate)
