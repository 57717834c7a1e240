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


def employer_chances(size, is_abroad, remote_abroad, remote_hiring):
    r"""Hub of a remote worker's employer (E11): :math:`P_{od} \propto p_{od}\,r_d`, by size at home and abroad.

    :math:`p_{od} = (1-\omega) N_d/\sum_{k \text{ at home}} N_k` within the country, and with :math:`\omega` in place of
    :math:`1-\omega` abroad; :math:`r_d` is what policy makes of the offers of *d*, 1 in the baseline. Who draws his own
    hub works there and not remotely.

    Parameters
    ----------
    size : (hub,) persons; is_abroad : (origin, hub) bool; remote_abroad : share; remote_hiring : (hub,)

    Returns
    -------
    (origin, hub), adding up to 1 over hubs; where nobody else offers a job, all of it is the own hub. Grade D.

    >>> one_country = np.zeros((2, 2), bool)
    >>> employer_chances(np.array([30.0, 10.0]), one_country, 0.1, np.array([1.0, 3.0])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    within, beyond = size * ~is_abroad, size * is_abroad
    by_size = lambda n: n / np.maximum(n.sum(axis=1, keepdims=True), 1e-9)  # noqa: E731
    weight = ((1 - remote_abroad) * by_size(within) + remote_abroad * by_size(beyond)) * remote_hiring
    total = weight.sum(axis=1, keepdims=True)
    return np.where(total > 0, weight / np.where(total > 0, total, 1.0), np.eye(len(size)))


def remote_gross(gross, offered, remote_convergence):
    r"""Pay of a remote worker who lives in *d* (E11): :math:`\ln w^r_d = (1-\kappa)\ln w_d + \kappa\ln\bar w`.

    :math:`\bar w` is the mean over employers' hubs, by the remote jobs they offer: bands converge, as m55 says without
    a number; grade D.

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year; offered : (hub,) weights; remote_convergence : :math:`\kappa`

    >>> remote_gross(np.array([100.0, 400.0]).reshape(2, 1, 1), np.array([1.0, 0.0]), 0.5).ravel().tolist()
    [100.0, 200.0]
    """
    if not offered.sum() > 0:
        return gross
    mean = np.average(gross, axis=0, weights=offered)
    return gross ** (1 - remote_convergence) * mean**remote_convergence


def family_costs(rights, family_cost, family_share):
    r"""Further cost of crossing a border to *d*, without a family and with one (E2).

    .. math:: c_0 = \ln\left(1 - s + s\,e^{-c}\right),\qquad c_1 = c_0 + c\,(1 - \rho_d)

    :math:`c_0` keeps the mean odds of leaving what they are without the term while rights :math:`\rho` are 0: the
    fitted border cost holds what families pay on average. Grade D.

    Parameters
    ----------
    rights : (hub,) share of the further cost taken away; family_cost : :math:`c`, log-odds; family_share : :math:`s`

    Returns
    -------
    (2, hub) log-odds

    >>> cost = family_costs(np.array([0.0, 1.0]), 0.6, 0.45)
    >>> float((0.55 * np.exp(-cost[0, 0]) + 0.45 * np.exp(-cost[1, 0])).round(9))
    1.0
    >>> (cost[1] - cost[0]).tolist()
    [0.6, 0.0]
    """
    without = np.log(1 - family_share + family_share * np.exp(-family_cost))
    return without + np.stack([np.zeros_like(rights), family_cost * (1 - rights)])
