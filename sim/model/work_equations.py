r"""The equations of work, E10 and E11, in plain numpy: this file is the definition, beside ``equations``.

Every function is pure and draws nothing; axes and units as in ``equations``.

=======================  ==============================================  =================
symbol                   meaning                                         unit
=======================  ==============================================  =================
:math:`x_d`              share of experts in the stock of hub *d*        1
:math:`E_t`              entrants in tier *t*                            persons a year
:math:`h_{td}`           promotions out of tier *t*                      per person-year
:math:`s_k`              separations from employers of sector *k*        per person-year
:math:`a_{kd}`           openings of sector *k* over all of the hub      1
:math:`J_{kd}`           log-odds of a job of sector *k* in *d*          log-odds
=======================  ==============================================  =================
"""

import numpy as np


def balanced_promotion(tier_stock, entrants):
    r"""Promotion rates that keep the tiers' shares of the start (E10), in closed form.

    .. math:: h_{entry} = \frac{E_{entry} - e N_{entry}}{N_{entry} + E_{entry}},\qquad
              h_{pract} = \frac{E_{pract} + h_{entry}(N_{entry} + E_{entry}) - e N_{pract}}{N_{pract} + E_{pract}}

    with :math:`e=\sum E/\sum N`: what a tier gains beyond its part of the growth goes on to the next better one. Exits
    take the same part of all tiers and drop out. Entrants may be promoted in their first year. Where a field grows
    more slowly, its people are promoted more slowly (Keyfitz 1973, Population Studies 27).

    Parameters
    ----------
    tier_stock, entrants : (tier,) persons, persons a year: experts, practitioners, entry

    Returns
    -------
    (tier,) per person-year, 0 for experts

    >>> balanced_promotion([50.0, 650.0, 300.0], [0.0, 30.0, 95.0]).round(4).tolist()
    [0.0, 0.0092, 0.1456]
    """
    (_, practitioners, entry), (_, as_practitioners, as_entry) = tier_stock, entrants
    growth = sum(entrants) / sum(tier_stock)
    promoted = max(as_entry - growth * entry, 0.0)
    onwards = max(as_practitioners + promoted - growth * practitioners, 0.0)
    return np.array([0.0, onwards / (practitioners + as_practitioners), promoted / (entry + as_entry)])


def promotion_rate(rate, expert_share, world_share, mean_mentoring, demand, b_mentoring):
    r"""Promotion where experts are (E10): :math:`h_{td} = h_t\,D_t\,(x_d/\bar x)^{b_m}/m_t`.

    The world's share :math:`\bar x` of experts and the mean :math:`m_t` over the engineers of the tier are those of
    the start: mentoring says where people are promoted, and how many in all only where experts have become denser.

    Parameters
    ----------
    rate, mean_mentoring : (tier,) per person-year, 1; demand : (tier,) factor of policy on promotions out of the tier
    expert_share : (hub,) now; world_share : of the world at the start

    Returns
    -------
    (tier, hub) in [0, 1]. Source: assumption (grade D); qualitatively m60.

    >>> rate = promotion_rate(np.array([0.0, 0.01, 0.2]), np.array([0.05, 0.2]), 0.05, np.ones(3), np.ones(3), 0.5)
    >>> rate.round(3).tolist()
    [[0.0, 0.0], [0.01, 0.02], [0.2, 0.4]]
    """
    level = np.asarray(rate) * demand / mean_mentoring
    return np.clip(level[:, None] * mentoring(expert_share, world_share, b_mentoring), 0.0, 1.0)


def mentoring(expert_share, world_share, b_mentoring):
    r"""Promotions of a hub over those where experts are as dense as in the world (E10): :math:`(x_d/\bar x)^{b_m}`."""
    return (np.maximum(expert_share, 1e-9) / world_share) ** b_mentoring


def job_lock(queue_share, permanent_queue_job_change):
    r"""Job changes where a share *q* queues for permanent residence over those where nobody does (E10): :math:`1+cq`.

    Source of :math:`c`: Hunt (grade A), 20 % fewer in the queue; who queues: the State Department's bulletins.

    >>> float(job_lock(0.75, -0.2))
    0.85
    """
    return 1 + permanent_queue_job_change * np.asarray(queue_share)


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
    r"""What the choice of sectors adds to a hub's pull (E2): :math:`\ln\sum_k a_k e^{\Delta J_k}`, 0 at the start.

    Written so that it is exactly 0 there, whatever the rounding of shares that add up to 1.
    """
    return np.log1p((openings_share * np.expm1(advantage)).sum(axis=-1))


def sector_pay(
    base,
    bonus,
    liquid,
    illiquid,
    multiplier,
    equity_shift,
    illiquid_part,
    liquidity,
    liquid_equity_weight,
    illiquid_equity_weight,
):
    r"""Pay of a sector's jobs as engineers value it (E1): :math:`m\,w\,[1 - e + e\,(w_{liq}(1-i) + w_{ill}\,i)]`.

    *w* is all pay of the hub, :math:`e` its share of equity shifted by the sector's, kept within 0 and 1, and
    :math:`i = i_k(1-L)` the illiquid part that listings and buybacks leave.

    Parameters
    ----------
    base, bonus, liquid, illiquid : of the hub, kUSD a year; multiplier : pay of the sector over the hub's
    equity_shift : added to the share of equity; illiquid_part : of equity; liquidity : share of it made liquid

    Returns
    -------
    kUSD a year. Sources: market facts m27, m28, m54; ``sectors.csv`` (grade D).

    >>> sector_pay(60.0, 0.0, 40.0, 0.0, 2.0, 0.1, 0.5, np.array([0.0, 1.0]), 0.8, 0.4).round(6).tolist()
    [160.0, 180.0]
    """
    total = base + bonus + liquid + illiquid
    equity = np.clip((liquid + illiquid) / total + equity_shift, 0.0, 1.0)
    locked = illiquid_part * (1 - liquidity)
    return (
        multiplier
        * total
        * (1 - equity + equity * (liquid_equity_weight * (1 - locked) + illiquid_equity_weight * locked))
    )


def sector_advantage(ahead, ahead_at_start, sector_response):
    r"""Change of a sector's pull against the hub's since the start (E10), 0 at the start.

    .. math:: \Delta J_{kd} = r\,[(J_{kd} - J_d)_t - (J_{kd} - J_d)_0]

    :math:`J` is the pull of net real pay and of compute, as in E2, ``ahead`` that of the sector over the hub's; *r* is
    ``sector_response``, and 0 lets no sector gain or lose by pay or compute.
    """
    return sector_response * (ahead - ahead_at_start)


def own_sector(advantage, value):
    r"""Staying (E2): one's own job counts and not the choice among the hub's, :math:`\Delta J_{kd} - \ln\sum_l a_l
    e^{\Delta J_{ld}}`.

    Parameters
    ----------
    advantage : (..., hub, sector) log-odds; value : (..., hub) as from ``sector_value``
    """
    return advantage - np.asarray(value)[..., None]


def pay_separation(advantage, value):
    r"""Separations for pay (E10): a factor :math:`e^{-(\Delta J_{kd} - \ln\sum_l a_l e^{\Delta J_{ld}})}` on the rate.

    One's own job against a new one decides, as it does for staying in a hub; 1 at the start. Separations fall with pay
    as the pull of pay says; that one coefficient serves both is an assumption (grade D).
    """
    return np.exp(-own_sector(advantage, value))


def sign_on_pull(gain, b_pay):
    r"""What a payment on arrival adds to the pull of a hub for people who move in (E1, E2).

    .. math:: b_p\,[\ln y(w + s/H) - \ln y(w)]

    *s* is paid once and so counts by the expected stay *H*; who stays has had it. No relief is counted on it. The
    bracket is ``gain``, which ``equations.pay_gain`` has for linear pay too.
    """
    return b_pay * gain


def rationed_compute(fleet, engineers, shared, guarantee=0.0):
    r"""Compute an engineer of a sector (E2): :math:`c_k = \max(F_{o(k)}/N_{o(k)} + c_{shared},\ g)`.

    Owners' fleets serve the engineers of their own sectors and are rationed when these outgrow them; what is public or
    newly built is for everybody in the hub.

    Parameters
    ----------
    fleet : of the sector's owners, H100-equivalents; engineers : who share it, persons
    shared : H100-equivalents an engineer of the hub; guarantee : the least by policy

    >>> float(rationed_compute(100.0, 20.0, 1.0)), float(rationed_compute(100.0, 40.0, 1.0, 5.0))
    (6.0, 5.0)
    """
    return np.maximum(fleet / engineers + shared, guarantee)


def separation_rates(published, sector_stock, job_change_rate, lab_separation_rate, labs):
    r"""Separations by sector (E10): published rates scaled so that their mean is the rate of job changes.

    Those of frontier labs are measured on their own and stay as they are; where there is nothing else, the published
    rates of the others do too.

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
    elsewhere = (published * sector_stock)[others].sum()
    scale = left / elsewhere if elsewhere > 0 else 1.0
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
