r"""The equations of the model, E1 to E9, in plain numpy: this file is the definition.

Every function is pure, takes its uniforms as arguments and draws nothing. Axis order is (engineer, hub) or
(origin, destination); ``d`` is an alternative, ``o`` the hub of residence, ``g`` the home, ``t`` the tier.

=======================  ==============================================  =================
symbol                   meaning                                         unit
=======================  ==============================================  =================
:math:`y_d`              net real pay of living in *d*                   kUSD a year
:math:`V_{id}`           utility of alternative *d* for engineer *i*     log-odds
:math:`\lambda_n`        dissimilarity of nest *n*                       1, in (0, 1]
:math:`N_d`              stock of *d* at full scale                      persons
:math:`c_d`              compute per engineer                            H100-equivalents
:math:`\xi_d`            fitted constant of *d*                          log-odds
=======================  ==============================================  =================

Coefficients are named ``b_*`` and positive by name; the sign stands in the equation. Values, ranges, sources and
grades are in ``sim.scenario.assumptions``.
"""

import numpy as np

STAY, RESIDENCE, ORIGIN, THIRD = range(4)  # nests of E3


def gross_value(base, bonus, liquid, illiquid, liquid_equity_weight, illiquid_equity_weight):
    r"""Pay as the engineer values it (E1, first half): :math:`b + w_{liq} q + w_{ill} q'`, in kUSD a year.

    Equity counts for less than cash, illiquid equity for less than liquid. Source: market facts m27, m28; grade D.

    >>> float(gross_value(100.0, 10.0, 50.0, 20.0, 0.8, 0.5))
    160.0
    """
    return base + bonus + liquid_equity_weight * liquid + illiquid_equity_weight * illiquid


def effective_tax(gross, tax_gross, tax_rate, rate_points=0.0):
    """Effective tax rate at a gross pay (E1), between tabulated incomes on a logarithmic scale.

    Parameters
    ----------
    gross : (hub, ...) kUSD a year
    tax_gross : (k,) kUSD, ascending; tax_rate : (hub, k) share of gross
    rate_points : (hub,) percentage points added by policy

    Returns
    -------
    (hub, ...) share of gross, in [0, 0.95]. Source: ``tax_effective.csv``.

    >>> effective_tax(np.array([200.0]), np.array([100.0, 400.0]), np.array([[0.2, 0.4]])).round(6).tolist()
    [0.3]
    """
    place = np.interp(np.log(gross), np.log(tax_gross), np.arange(len(tax_gross)))
    below = np.minimum(place.astype(int), len(tax_gross) - 2)
    hub = np.arange(len(gross)).reshape(-1, *[1] * (place.ndim - 1))
    rise = np.diff(tax_rate, axis=1)[hub, below]
    points = np.broadcast_to(rate_points, len(gross)).reshape(hub.shape)
    return np.clip(tax_rate[hub, below] + (place - below) * rise + points / 100, 0.0, 0.95)


def net_real_pay(gross, tax, relief, relief_years, fee_kusd, price, expected_stay, fee_pass_through, price_weight):
    r"""Net real pay averaged over the expected stay *H* (E1).

    .. math:: y = \frac{\frac1H\sum_{h<H}\left[w\,(1-\tau_h)\right] - \phi f / H}{P^{\,\theta}}

    ``relief`` is the share of the tax taken away while a scheme runs, for ``relief_years`` of the stay: a relief of
    five years is worth five years and not a life. All arguments broadcast.

    Returns
    -------
    kUSD a year at the average US price level, at least 1.

    >>> round(float(net_real_pay(200.0, 0.4, 0.5, 3.0, 0.0, 1.0, 6.0, 0.3, 0.6)), 6)
    140.0
    """
    share_of_stay = np.minimum(relief_years, expected_stay) / expected_stay
    kept = gross * (1 - tax * (1 - relief * share_of_stay))
    return np.maximum(kept - fee_pass_through * fee_kusd / expected_stay, 1.0) / price**price_weight


def pay_utility(pay, linear_pay, mean_pay):
    r"""How net real pay enters utility (E2), up to its coefficient.

    .. math:: (1-\omega)\ln y + \omega\,(\ln\bar y + y/\bar y - 1)

    Log pay, or with :math:`\omega = 1` linear pay: it meets the other at the mean pay with the same slope, so that
    ``b_pay`` means the same there. Which of them people follow is a choice of model, not known (grade D).

    >>> pay_utility(np.array([50.0, 100.0]), 1.0, 50.0).round(6).tolist()
    [3.912023, 4.912023]
    """
    return (1 - linear_pay) * np.log(pay) + linear_pay * (np.log(mean_pay) + pay / mean_pay - 1)


def pay_gain(pay_with, pay_without, linear_pay, mean_pay):
    r"""The difference of two :func:`pay_utility` (E2), :math:`\ln(y/y_0)` for log pay; any unit common to all three.

    >>> float(pay_gain(60.0, 50.0, 1.0, 100.0))
    0.1
    """
    return (1 - linear_pay) * np.log(pay_with / pay_without) + linear_pay * (pay_with - pay_without) / mean_pay


def compute_pull(compute, b_compute, role_weight, compute_saturation, world_mean):
    r"""Pull of compute (E2): :math:`b_c w_r (\ln(1+\min(c_d, c_{sat})) - \overline{\ln(1+c)})`.

    **No causal estimate of this coefficient exists** (grade D): every result that leans on it says so.
    """
    return b_compute * role_weight * (np.log1p(np.minimum(compute, compute_saturation)) - world_mean)


def place_pull(size, diaspora, home_share, language, openings, constant, b_size, b_diaspora, b_home, b_language):
    r"""What a place offers to people of one home, whoever they are and wherever they live (E2).

    .. math:: b_N \ln N_d + b_\delta\ln(1+\delta_{gd}) + b_h h_{gd} + b_\ell \ell_{gd} + \ln v_d + \xi_d

    Parameters
    ----------
    size : (hub,) persons; openings : (hub,) persons a year; constant : (hub,) log-odds
    diaspora : (home, hub) compatriot engineers at the start; home_share, language : (home, hub) in [0, 1]

    Returns
    -------
    (home, hub) log-odds. Sources: Beine, Docquier and Ozden 2011 (diaspora); own fits (home, language).
    """
    people = b_size * np.log(np.maximum(size, 1.0)) + b_diaspora * np.log1p(diaspora)
    return people + b_home * home_share + b_language * language + np.log(np.maximum(openings, 1e-9)) + constant


def trip_cost(distance_km, is_border, b_distance, move_cost_domestic, move_cost_abroad):
    r"""Cost of a corridor (E2): :math:`b_d\ln(1+\text{dist}/100\,\text{km}) + \text{move cost}`, zero for staying.

    Parameters
    ----------
    distance_km, is_border : (origin, destination)
    move_cost_abroad : (tier,) log-odds, fitted to the border crossings of the tier

    Returns
    -------
    (tier, origin, destination) log-odds. Source: gravity; the fit on scholars' flows is ``corridor_kernel.csv``.
    """
    move = np.where(is_border, np.asarray(move_cost_abroad)[:, None, None], move_cost_domestic)
    cost = b_distance * np.log1p(distance_km / 100) + move
    return cost * ~np.eye(len(distance_km), dtype=bool)


def permit_pull(months_waiting, mean_odds, b_delay, b_odds):
    r"""Discouragement by waiting and by odds (E2): :math:`-b_w\,\text{months} + b_o\ln(\max(\text{odds}, 0.01))`.

    Permit odds act once, in the visa office; here only with a small coefficient, since odds in both places would
    make grants go as odds squared and oscillate. Both coefficients are assumed (grade D).

    >>> float(permit_pull(0.0, 1.0, 0.05, 0.2))
    0.0
    """
    return -b_delay * months_waiting + b_odds * np.log(np.maximum(mean_odds, 0.01))


def tie_pull(has_friend, has_colleague, b_friend, colleague_multiplier):
    r"""Ties (E2): :math:`b_f\,1[\text{friend in } d] + \ln m\,1[\text{former colleague in } d]`.

    Sources: CEPR DP20447 (friends), Glitz 2017 (former colleagues multiply the offer rate).
    """
    return b_friend * has_friend + np.log(colleague_multiplier) * has_colleague


def nests(origin, country, is_home):
    """Nest of every alternative (E3): stay, other hubs of the country, the origin country, third countries.

    The origin country is a nest of its own for people who live elsewhere.

    Parameters
    ----------
    origin : (engineer,) hub; country : (hub,); is_home : (engineer, hub) bool, hub lies in the origin country

    Returns
    -------
    (engineer, hub) int8

    >>> nests(np.array([0]), np.array([0, 0, 1, 2]), np.array([[False, False, True, False]])).tolist()
    [[0, 1, 2, 3]]
    """
    origin = np.asarray(origin)
    lives_home = np.take_along_axis(is_home, origin[:, None], axis=1)
    nest = np.where(is_home & ~lives_home, ORIGIN, THIRD)
    nest[country[None, :] == country[origin][:, None]] = RESIDENCE
    nest[np.arange(len(origin)), origin] = STAY
    return nest.astype(np.int8)


def choice_probabilities(v, nest, dissimilarity, is_open):
    r"""Nested logit (E3): :math:`P_d = \frac{e^{V_d/\lambda_n}}{S_n}\,\frac{S_n^{\lambda_n}}{\sum_m S_m^{\lambda_m}}`.

    with :math:`S_n=\sum_{d\in n}e^{V_d/\lambda_n}`. Absence is a mask (``is_open``), never ``ln 0``.
    Source: McFadden 1978; Train 2009, chapter 4.

    Parameters
    ----------
    v, nest, is_open : (engineer, hub); dissimilarity : (4,), by nest, that of staying is 1

    Returns
    -------
    (engineer, hub), rows add up to 1

    >>> v = np.zeros((1, 4)); nest = np.array([[0, 3, 3, 3]])
    >>> choice_probabilities(v, nest, np.ones(4), np.ones((1, 4), bool)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    lam = np.asarray(dissimilarity)[nest]
    reference = np.max(np.where(is_open, v, -np.inf), axis=1, keepdims=True)
    e = np.where(is_open, np.exp((np.where(is_open, v, reference) - reference) / lam), 0.0)
    total = np.zeros_like(v)
    nest_weight = np.zeros((len(v), 4))
    for n in range(4):
        inside = nest == n
        s = np.where(inside, e, 0.0).sum(axis=1)
        nest_weight[:, n] = s ** dissimilarity[n]
        total += np.where(inside, np.where(s > 0, s, 1.0)[:, None], 0.0)
    nest_share = nest_weight / nest_weight.sum(axis=1, keepdims=True)
    return e / total * np.take_along_axis(nest_share, nest.astype(np.intp), axis=1)


def choose(probabilities, nest, u):
    """The alternative that a uniform picks (E3), alternatives laid end to end by nest, then by hub.

    >>> p = np.array([[0.5, 0.2, 0.3]]); nest = np.array([[3, 0, 3]])
    >>> [int(choose(p, nest, np.array([x]))[0]) for x in (0.1, 0.3, 0.69, 0.71)]
    [1, 0, 0, 2]
    """
    order = np.argsort(nest, axis=1, kind="stable")
    cumulative = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    at = (cumulative <= u[:, None] * cumulative[:, -1:]).sum(axis=1)
    return np.take_along_axis(order, np.minimum(at, probabilities.shape[1] - 1)[:, None], axis=1)[:, 0]


def considering_rates(rate, mobility, tier_factor, status_factor, mover_ratio, mover_share, age, b_age, age_reference):
    r"""Probability of considering a move within the year (E4).

    :math:`p = \rho\,m_r\,f_t\,f_s\,k\,e^{-b_a\max(a-30,0)}`, with *k* such that movers consider ``mover_ratio`` times
    as often as stayers and both average 1. Source of the age profile: Rogers and Castro 1981.

    Returns
    -------
    (type, tier, role, status, age), clipped to [0, 1]; type 0 stays, type 1 moves
    """
    stayer = 1 / (1 - mover_share + mover_share * mover_ratio)
    kind = np.array([stayer, stayer * mover_ratio])
    ageing = np.exp(-b_age * np.maximum(np.asarray(age) - age_reference, 0))
    p = rate * kind[:, None, None, None, None] * np.asarray(tier_factor)[None, :, None, None, None]
    p = p * np.asarray(mobility)[None, None, :, None, None] * np.asarray(status_factor)[None, None, None, :, None]
    return np.clip(p * ageing, 0.0, 1.0)


def p_employer_pays(fee_usd, p_at_100k, fee_pass_through, fee_sigma):
    r"""Probability that an employer pays a fee (E5): :math:`1-\Phi((\ln(s f)-\mu)/\sigma)`, 1 at fee 0.

    *s* is the employer's share of the fee and :math:`\mu` is fitted to the payers at 100,000 USD, so that
    break-even has a meaning. Source of the payers: about 70 by February 2026; grade C.

    >>> round(float(p_employer_pays(100_000.0, 0.25, 0.3, 1.0)), 6), float(p_employer_pays(0.0, 0.25, 0.3, 1.0))
    (0.25, 1.0)
    """
    from scipy.special import ndtr, ndtri

    share = np.maximum(1 - fee_pass_through, 1e-6)
    mu = np.log(share * 100_000) + fee_sigma * ndtri(p_at_100k)
    fee = np.asarray(fee_usd, float)
    return np.where(fee > 0, 1 - ndtr((np.log(share * np.maximum(fee, 1e-9)) - mu) / fee_sigma), 1.0)


def lottery_clock(u, weight):
    r"""Exponential clock of a registration (E5): the first *S* to ring are selected, without replacement.

    :math:`-\ln(1-u)/w`; Efraimidis and Spirakis 2006, Information Processing Letters 97.
    """
    return -np.log1p(-u) / weight


def pay_level(pay, size, size_reference, years, pay_growth, wage_supply_elasticity, agglomeration_productivity):
    r"""Gross pay after the stock has moved (E7), nominal.

    :math:`w = w_0 e^{g t}(N/\bar N)^{\alpha-\epsilon}`: the sum over years of
    :math:`d\ln w = g + \epsilon(g_{demand}-d\ln N)`, where demand follows the reference path :math:`\bar N`,
    and of the agglomeration term, which acts on the stock ahead of that path too. Sources: assumption (epsilon,
    grade D); Moretti 2021 (alpha).
    """
    ahead = np.log(np.maximum(size, 1.0)) - np.log(size_reference)
    return pay * np.exp(pay_growth * years + (agglomeration_productivity - wage_supply_elasticity) * ahead)


def price_level(price, size, size_reference, engineer_share, housing_elasticity):
    r"""Local prices (E8): :math:`P = P_0 (N/\bar N)^{\eta s}`, *s* the engineers' share of metropolitan employment.

    Sources: :math:`\eta` is assumed (grade D); ``employment.csv`` (grade D).
    """
    ahead = np.log(np.maximum(size, 1.0)) - np.log(size_reference)
    return price * np.exp(housing_elasticity * engineer_share * ahead)
