r"""The equations of the model, E1 to E12, in plain numpy: this file is the definition.

All functions are pure; those that need random numbers take uniforms as arguments. Axis order is (engineer, hub) or
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
:math:`D`                demand for a tier or role over the baseline's   1
:math:`A_c`              academia's stock of country *c*                 persons
:math:`\bar A_c`         academia's stock on the reference path          persons
:math:`L`                length of a doctorate, ``phd_years``            years
:math:`x_d`              share of experts in the stock of hub *d*        1
:math:`E_t`              entrants in tier *t*                            persons a year
:math:`h_{td}`           promotions out of tier *t*                      per person-year
:math:`s_k`              separations from employers of sector *k*        per person-year
:math:`a_{kd}`           openings of sector *k* over all of the hub      1
:math:`J_{kd}`           log-odds of a job of sector *k* in *d*          log-odds
=======================  ==============================================  =================

Coefficients are named ``b_*`` and positive by name; the sign stands in the equation. Values, ranges, sources and
grades are in ``sim.scenario.assumptions``.
"""

import numpy as np

STAY, RESIDENCE, ORIGIN, THIRD = range(4)  # nests of E3


def gross_value(base, bonus, liquid, illiquid, liquid_equity_weight, illiquid_equity_weight) -> np.ndarray:
    r"""Return gross pay with equity as engineers value it (E1): :math:`b + w_{liq} q + w_{ill} q'`, kUSD a year.

    Engineers value equity below cash, and illiquid equity below liquid equity. Source: market facts m27, m28; grade D.

    >>> float(gross_value(100.0, 10.0, 50.0, 20.0, 0.8, 0.5))
    160.0
    """
    return base + bonus + liquid_equity_weight * liquid + illiquid_equity_weight * illiquid


def effective_tax(gross, tax_gross, tax_rate, rate_points=0.0) -> np.ndarray:
    """Return the effective tax rate at a gross pay (E1), interpolated in the logarithm of tabulated incomes.

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
    of_hub = (-1, *[1] * (place.ndim - 1))
    at = np.arange(len(gross)).reshape(of_hub) * len(tax_gross) + below
    low, high = tax_rate.take(at), tax_rate.take(at + 1)
    rate = low + (place - below) * (high - low) + np.reshape(rate_points, of_hub) / 100
    return np.minimum(np.maximum(rate, 0.0), 0.95)


def net_real_pay(
    gross, tax, relief, relief_years, fee_kusd, price, horizon, expected_stay, fee_pass_through, price_weight
) -> np.ndarray:
    r"""Return net real pay (E1), averaged over the horizon *H* of engineers; fees are spread over the stay *S*.

    .. math:: y = \frac{\frac1H\sum_{h<H}\left[w\,(1-\tau_h)\right] - \phi f / S}{P^{\,\theta}}

    ``relief`` is the share of the tax that a scheme removes for ``relief_years``; years beyond the horizon have no
    value. All arguments broadcast.

    Returns
    -------
    kUSD a year at the average US price level, at least 1.

    >>> round(float(net_real_pay(200.0, 0.4, 0.5, 3.0, 0.0, 1.0, 6.0, 6.0, 0.3, 0.6)), 6)
    140.0
    """
    relieved = np.minimum(relief_years, horizon) / horizon
    kept = gross * (1 - tax * (1 - relief * relieved))
    return np.maximum(kept - fee_pass_through * fee_kusd / expected_stay, 1.0) / price**price_weight


def pay_utility(pay, linear_pay, mean_pay) -> np.ndarray:
    r"""Return the utility of net real pay (E2), before its coefficient.

    .. math:: (1-\omega)\ln y + \omega\,(\ln\bar y + y/\bar y - 1)

    Utility is logarithmic for :math:`\omega = 0` and linear for :math:`\omega = 1`. At the mean pay :math:`\bar y` both
    have one value and slope, so that ``b_pay`` has one meaning. The choice between them is an assumption (grade D).

    >>> pay_utility(np.array([50.0, 100.0]), 1.0, 50.0).round(6).tolist()
    [3.912023, 4.912023]
    """
    return (1 - linear_pay) * np.log(pay) + linear_pay * (np.log(mean_pay) + pay / mean_pay - 1)


def pay_gain(pay_with, pay_without, linear_pay, mean_pay) -> np.ndarray:
    r"""Return the difference of two :func:`pay_utility` (E2), :math:`\ln(y/y_0)` for log pay.

    The two pays and ``mean_pay`` have one unit, whichever it is.

    >>> float(pay_gain(60.0, 50.0, 1.0, 100.0))
    0.1
    """
    return (1 - linear_pay) * np.log(pay_with / pay_without) + linear_pay * (pay_with - pay_without) / mean_pay


def compute_pull(compute, b_compute, world_mean) -> np.ndarray:
    r"""Return the log-odds of compute (E2).

    .. math:: b_c[r]\,\phi_i\,(\ln(1+\min(\max(c_d, g_{id})/\bar c(t), s)) - \overline{\ln(1+c/\bar c)})

    Compute per engineer is relative to the world's mean of the year, :math:`\bar c(t)`, and capped at *s* times it.
    :math:`g_{id}` is what a policy guarantees to the engineer's tier, or to newcomers from abroad if that is more; the
    mean over the world is without guarantees. Fleets grow by 40 % a year; an equal relative lead has an equal effect in
    every year. The coefficient differs by role and by taste, :func:`compute_tastes`.
    **No causal estimate of it exists** (grade D): every result that depends on it says so.

    Parameters
    ----------
    compute : relative to the world's per engineer, at most ``compute_saturation``; world_mean : mean of ln(1 + compute)

    >>> float(compute_pull(np.exp(1.0) - 1, 0.1, 0.0).round(6))
    0.1
    """
    return b_compute * (np.log1p(compute) - world_mean)


def compute_tastes(compute_indifferent, taste_share) -> np.ndarray:
    r"""Return (taste,) the coefficient of compute of each class of taste for pay, over its mean (E2).

    .. math:: \phi_{\text{outer}} = \frac{1 - s/q}{1 - s},\qquad \phi_{\text{middle}} = \frac{1}{1 - s}

    Compute means nothing to the share *s* of engineers, and the others have the coefficient :math:`b_c[r]/(1-s)`, so
    that the mean stays. They are among the share *q* with the lowest and the highest taste for pay, which keeps the two
    tastes uncorrelated; each class acts at its mean coefficient. With *s* of 0 everybody is alike. Grade D.

    Parameters
    ----------
    compute_indifferent : :math:`s`, at most *q*
    taste_share : (taste,) shares of the classes of taste for pay, of which the first and the last are the outer ones

    >>> compute_tastes(1 / 3, np.array([1 / 6, 2 / 3, 1 / 6])).round(6).tolist()
    [0.0, 1.5, 0.0]
    """
    outer = np.zeros(len(taste_share))
    outer[[0, -1]] = 1 / (taste_share[0] + taste_share[-1])
    return (1 - compute_indifferent * outer) / (1 - compute_indifferent)


def utility(
    a,
    *,
    b_pay=0.0,
    net_pay=1.0,
    mean_pay=1.0,
    sign_on_gain=0.0,
    remote_gain=0.0,
    compute=0.0,
    size=1.0,
    has_friend=False,
    diaspora=0.0,
    home_share=0.0,
    language=0.0,
    distance_km=0.0,
    corridor=0.0,
    is_border=False,
    move_cost_abroad=0.0,
    family_cost=0.0,
    needs_permit=True,
    months_waiting=0.0,
    mean_odds=1.0,
    fee_loss=0.0,
    permit_value=0.0,
    openings=1.0,
    has_colleague=False,
    sector_value=0.0,
    own_sector=0.0,
    constant=0.0,
    moves=False,
    jobs=0.0,
    going_home=0.0,
) -> np.ndarray:
    r"""Return the utility of alternative *d* for engineer *i* from home *g* who lives in *o* (E2), in log-odds.

    .. math:: V_{id} = b_p[i]\,(u(y_d) + s_d\,1[d\ne o]) + K_{d} + b_N\ln N_d + b_f\,1[\text{friend in } d]
              + b_\delta\ln(1+\delta_{gd}) + b_h h_{gd} + b_\ell\ell_{gd}
              - (b_d\ln(1+\text{km}_{od}/100) + m_{od})\,1[d\ne o] + \kappa_{od} - c_d\,1[\text{border}]
              + \pi_{id} + \ln v_d + \ln m\,1[\text{former colleague in } d] + J_d + G_{d} + \rho_{go} + \xi_d

    with :math:`\pi_{id} = -b_w\,\text{months} + b_o\ln(\max(\text{odds}, 0.01)) - f + \phi` for people who need a
    permit in *d*, :math:`\phi` its freedom and permanence, and :math:`\pi_{id} = b_p[i]\,r_d` for the others, where
    *r* is the gain of pay of a remote job.
    An argument left out adds 0. The tables of the simulation are this function with some of its terms.
    Absence is a mask of :func:`choice_probabilities`, never ``ln 0``. All arguments broadcast.

    Parameters
    ----------
    a : Assumptions, the coefficients
    b_pay : coefficient of pay of the engineer, by taste
    net_pay, mean_pay : kUSD a year, E1; sign_on_gain, remote_gain : differences of :func:`pay_utility`
    compute : log-odds, from :func:`compute_pull`
    size : persons; openings : persons a year; diaspora : compatriot engineers at the start
    home_share, language : in [0, 1]; corridor : log-odds, from :func:`corridor_pull`
    move_cost_abroad : log-odds, fitted to the border crossings of the tier
    family_cost : log-odds, from :func:`family_costs`
    months_waiting, mean_odds : mean over the routes that people take, odds 1 without a lottery; odds act mainly in the
        visa system and here only with a small coefficient, because a large effect in both would make grants oscillate
    fee_loss : log-odds, loss of pay by the engineer's part of the fees; permit_value : log-odds
    sector_value, own_sector : log-odds, from the functions with these names; the second for people who stay
    jobs : log-odds, from :func:`jobs_pull`; going_home : log-odds, fitted, by home and country of residence, for the
        home of people who live elsewhere
    constant : log-odds, fitted; moves : bool, :math:`d\ne o`; is_border : bool, the two lie in different countries

    Returns
    -------
    log-odds. Sources: Beine, Docquier and Ozden 2011 (diaspora); CEPR DP20447 (friends); Glitz 2017 (former colleagues
    multiply the offer rate); gravity for distance, ``corridor_kernel.csv``; home, language, delay and odds grade D.

    >>> from sim.scenario.assumptions import Assumptions
    >>> float(utility(Assumptions.central(), openings=1.0))
    0.0
    """
    return (
        b_pay * pay_utility(net_pay, a.linear_pay, mean_pay)
        + b_pay * np.where(moves, sign_on_gain, 0.0)
        + compute
        + a.b_size * np.log(np.maximum(size, 1.0))
        + a.b_friend * has_friend
        + a.b_diaspora * np.log1p(diaspora)
        + a.b_home * home_share
        + a.b_language * language
        - np.where(
            moves,
            a.b_distance * np.log1p(distance_km / 100) + np.where(is_border, move_cost_abroad, a.move_cost_domestic),
            0.0,
        )
        + corridor
        - np.where(is_border, family_cost, 0.0)
        + np.where(
            needs_permit,
            -a.b_delay * months_waiting + a.b_odds * np.log(np.maximum(mean_odds, 0.01)) - fee_loss + permit_value,
            b_pay * remote_gain,
        )
        + np.log(np.maximum(openings, 1e-9))
        + np.log(a.colleague_multiplier) * has_colleague
        + sector_value
        + np.where(moves, 0.0, own_sector)
        + jobs
        + going_home
        + constant
    )


def permit_value(a, is_open, permanent_after) -> np.ndarray:
    r"""Return the log-odds of the freedom and permanence of a permit (E2).

    .. math:: \phi = b_{\text{open}}\,1[\text{bound to no employer}] + b_{\text{permanent}}\,\max(1 - T/H,\ 0)

    *T* is the time until the permit leads to permanent residence, *H* the horizon: permanence counts by the share of
    the horizon in which it holds. Both coefficients are 0 where people value neither.

    Parameters
    ----------
    a : Assumptions: ``b_open``, ``b_permanent`` and ``horizon``
    is_open : bool, the permit binds to no employer; permanent_after : years, inf for never

    Returns
    -------
    log-odds. Source: Mukhopadhyay and Oxborrow 2012, Demography 49, on the worth of a green card; grade D.

    >>> from sim.scenario.assumptions import Assumptions
    >>> a = Assumptions.central().vary(b_open=0.2, b_permanent=0.4, horizon=4.0)
    >>> permit_value(a, np.array([True, False, True]), np.array([2.0, 0.0, np.inf])).tolist()
    [0.4, 0.4, 0.2]
    """
    return a.b_open * np.asarray(is_open) + a.b_permanent * np.maximum(1 - permanent_after / a.horizon, 0.0)


def corridor_pull(a, residual) -> np.ndarray:
    r"""Return the effect of a pair of countries on moves, beyond the kernel of distance and language (E2).

    .. math:: \kappa_{od} = s\,t\,\lambda_3 \ln\frac{k + Y_{od}}{k + M_{od}}

    The nested logit divides utility by the dissimilarity of the nest; with strength *s* and transfer *t* of 1 the flow
    to a third country has the full residual. The residual is data and equal for all draws of the assumptions.

    Parameters
    ----------
    a : Assumptions: strength, transfer and the dissimilarity of third countries
    residual : :math:`\ln((k + Y)/(k + M))`, *Y* observed flows and *M* those of the kernel, ``corridor_effects.csv``

    Returns
    -------
    log-odds. Source: Scholarly Migration Database, of published researchers of all fields; its transfer to AI
    engineers is assumed (grade D).

    >>> from sim.scenario.assumptions import Assumptions
    >>> a = Assumptions.central().vary(corridor_strength=1.0, corridor_transfer=0.5, nest_third=0.8)
    >>> round(float(corridor_pull(a, 1.5)), 9)
    0.6
    """
    return a.corridor_strength * a.corridor_transfer * a.nest_third * residual


def nests(origin, country, is_home) -> np.ndarray:
    """Return the nest of every alternative (E3): stay, other hubs of the country, home country, third countries.

    The home country is a nest of its own for people who live elsewhere.

    Parameters
    ----------
    origin : (engineer,) hub; country : (hub,); is_home : (engineer, hub) bool, hub lies in the home country

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


def choice_probabilities(v, nest, dissimilarity, is_open) -> np.ndarray:
    r"""Return choice probabilities by nested logit (E3).

    .. math:: P_d = \frac{e^{V_d/\lambda_n}}{S_n}\,\frac{S_n^{\lambda_n}}{\sum_m S_m^{\lambda_m}},\qquad
              S_n=\sum_{d\in n}e^{V_d/\lambda_n}

    Absence is a mask (``is_open``), never ``ln 0``. Source: McFadden 1978; Train 2009, chapter 4.

    Parameters
    ----------
    v, nest, is_open : (engineer, hub); dissimilarity : (4,) by nest, 1 for staying

    Returns
    -------
    (engineer, hub) probabilities, rows add up to 1

    >>> v = np.zeros((1, 4)); nest = np.array([[0, 3, 3, 3]])
    >>> choice_probabilities(v, nest, np.ones(4), np.ones((1, 4), bool)).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """
    lam = np.asarray(dissimilarity)[nest]
    # subtract the largest utility of each engineer, so that no exponential overflows
    reference = np.max(np.where(is_open, v, -np.inf), axis=1, keepdims=True)
    e = np.where(is_open, np.exp((np.where(is_open, v, reference) - reference) / lam), 0.0)
    # inclusive sum of each nest, and its weight
    total = np.zeros_like(v)
    nest_weight = np.zeros((len(v), 4))
    for n in range(4):
        inside = nest == n
        s = np.where(inside, e, 0.0).sum(axis=1)
        nest_weight[:, n] = s ** dissimilarity[n]
        total += np.where(inside, np.where(s > 0, s, 1.0)[:, None], 0.0)
    nest_share = nest_weight / nest_weight.sum(axis=1, keepdims=True)
    return e / total * np.take_along_axis(nest_share, nest.astype(np.intp), axis=1)


def choose(probabilities, nest, u) -> np.ndarray:
    """Return the alternative that the uniform ``u`` selects (E3); alternatives are ordered by nest, then by hub.

    >>> p = np.array([[0.5, 0.2, 0.3]]); nest = np.array([[3, 0, 3]])
    >>> [int(choose(p, nest, np.array([x]))[0]) for x in (0.1, 0.3, 0.69, 0.71)]
    [1, 0, 0, 2]
    """
    order = np.argsort(nest, axis=1, kind="stable")
    cumulative = np.cumsum(np.take_along_axis(probabilities, order, axis=1), axis=1)
    at = (cumulative <= u[:, None] * cumulative[:, -1:]).sum(axis=1)
    return np.take_along_axis(order, np.minimum(at, probabilities.shape[1] - 1)[:, None], axis=1)[:, 0]


def search_rates(
    rate, mobility, tier_factor, status_factor, mover_ratio, mover_share, age, b_age, age_reference
) -> np.ndarray:
    r"""Return the probability of a search for a move within the year (E4).

    :math:`p = \rho\,m_r\,f_t\,f_s\,k\,e^{-b_a\max(a-30,0)}`, with *k* such that movers search ``mover_ratio`` times
    as often as stayers and the mean of both is 1. Source of the age profile: Rogers and Castro 1981.

    Returns
    -------
    (type, tier, role, status, age), clipped to [0, 1]; type 0 is stayers, type 1 movers
    """
    stayer = 1 / (1 - mover_share + mover_share * mover_ratio)
    kind = np.array([stayer, stayer * mover_ratio])
    ageing = np.exp(-b_age * np.maximum(np.asarray(age) - age_reference, 0))
    p = rate * kind[:, None, None, None, None] * np.asarray(tier_factor)[None, :, None, None, None]
    p = p * np.asarray(mobility)[None, None, :, None, None] * np.asarray(status_factor)[None, None, None, :, None]
    return np.clip(p * ageing, 0.0, 1.0)


def p_employer_pays(fee_usd, p_at_100k, fee_pass_through, fee_sigma) -> np.ndarray:
    r"""Return the probability that an employer pays a fee (E5): :math:`1-\Phi((\ln(s f)-\mu)/\sigma)`, 1 at fee 0.

    *s* is the employer's share of the fee, and :math:`\mu` is fitted to the share of employers that pay 100,000 USD.
    Source of that share: about 70 by February 2026; grade C.

    >>> round(float(p_employer_pays(100_000.0, 0.25, 0.3, 1.0)), 6), float(p_employer_pays(0.0, 0.25, 0.3, 1.0))
    (0.25, 1.0)
    """
    from scipy.special import ndtr, ndtri

    share = np.maximum(1 - fee_pass_through, 1e-6)
    mu = np.log(share * 100_000) + fee_sigma * ndtri(p_at_100k)
    fee = np.asarray(fee_usd, float)
    return np.where(fee > 0, 1 - ndtr((np.log(share * np.maximum(fee, 1e-9)) - mu) / fee_sigma), 1.0)


def lottery_clock(u, weight) -> np.ndarray:
    r"""Return the exponential clocks of registrations (E5); the *S* smallest are selected, without replacement.

    :math:`-\ln(1-u)/w`; Efraimidis and Spirakis 2006, Information Processing Letters 97.
    """
    return -np.log1p(-u) / weight


def pay_level(
    pay, size, size_reference, years, pay_growth, wage_supply_elasticity, agglomeration_productivity
) -> np.ndarray:
    r"""Return nominal gross pay after a change of the stock (E7).

    :math:`w = w_0 e^{g t}(N/\bar N)^{\alpha-\epsilon}`: the sum over years of
    :math:`d\ln w = g + \epsilon(g_{demand}-d\ln N)`, where demand follows the reference path :math:`\bar N`,
    and of the agglomeration term, which acts on the stock ahead of that path too. Sources: assumption (epsilon,
    grade D); Moretti 2021 (alpha).
    """
    ahead = np.log(np.maximum(size, 1.0)) - np.log(size_reference)
    return pay * np.exp(pay_growth * years + (agglomeration_productivity - wage_supply_elasticity) * ahead)


def price_level(price, size, size_reference, engineer_share, housing_elasticity) -> np.ndarray:
    r"""Return local prices (E8): :math:`P = P_0 (N/\bar N)^{\eta s}`, *s* engineers' share of metropolitan employment.

    Sources: :math:`\eta` is assumed (grade D); ``employment.csv`` (grade D).
    """
    ahead = np.log(np.maximum(size, 1.0)) - np.log(size_reference)
    return price * np.exp(housing_elasticity * engineer_share * ahead)


def doctor_path(doctors, years, phd_growth) -> np.ndarray:
    r"""Return new doctors on the reference path, persons a year (E9): :math:`P_c(t) = P_c(0)(1+g_P)^t`.

    Source: output of AI doctorates in the USA grows under 3 % a year (m59, grade B); other countries assumed alike.

    >>> doctor_path(2_000.0, np.array([0, 2]), 0.025).round(2).tolist()
    [2000.0, 2101.25]
    """
    return doctors * (1 + phd_growth) ** years


def drain(academia, academia_elasticity) -> np.ndarray:
    r"""Return the factor of academia's size on new doctors (E9): :math:`(A_c(t-L)/\bar A_c(t-L))^{\eta_A}`.

    Parameters
    ----------
    academia : (country,) academia's stock *L* years ago over its reference path

    Returns
    -------
    (country,) factor on new doctors. Source: m60 (qualitative); the elasticity is assumed (grade D).

    >>> drain(np.array([0.81, 1.0]), 0.5).round(6).tolist()
    [0.9, 1.0]
    """
    return np.asarray(academia) ** academia_elasticity


def demand_factor(demand, demand_elasticity) -> np.ndarray:
    r"""Return the factor of demand on offers (E4), entry (E9) and promotion (E10): :math:`D^{\eta_D}`; grade D."""
    return np.asarray(demand) ** demand_elasticity


def skill_pay(tier_pay, role_pay, tier_demand, role_demand, wage_supply_elasticity) -> np.ndarray:
    r"""Return pay of a tier and role relative to the baseline (E7): :math:`m_t m_r\,(D_t D_r)^{\epsilon}`.

    A rise of log demand by *x* raises log pay by :math:`\epsilon x`, as a stock *x* below its path does.

    Parameters
    ----------
    tier_pay, tier_demand : (tier,) factors of policy; role_pay, role_demand : (role,)

    Returns
    -------
    (tier, role)
    """
    tier, role = (
        np.asarray(pay) * np.asarray(demand) ** wage_supply_elasticity
        for pay, demand in ((tier_pay, tier_demand), (role_pay, role_demand))
    )
    return tier[:, None] * role


def growth_rate(
    rate_start, year, world_growth, long_growth, growth_half_life, growth_until=2028, start=2026
) -> np.ndarray:
    r"""Return the growth rate of a country's stock on the reference path, a year (E9).

    :math:`r_c(t) = r_w(t) + (r_c(0)-r_w(0))\,2^{-t/T}`: the first year's difference to world growth fades. Grade D.

    >>> [round(float(growth_rate(0.13, y, 0.09, 0.04, 2.0)), 4) for y in (2026, 2028, 2030)]
    [0.13, 0.11, 0.05]
    """
    world = np.where(np.asarray(year) <= growth_until, world_growth, long_growth)
    return world + (rate_start - world_growth) * 2.0 ** (-(np.asarray(year) - start) / growth_half_life)


def balanced_promotion(tier_stock, entrants) -> np.ndarray:
    r"""Return the promotion rates that keep the tiers' shares of the start (E10), in closed form.

    .. math:: h_{entry} = \frac{E_{entry} - e N_{entry}}{N_{entry} + E_{entry}},\qquad
              h_{pract} = \frac{E_{pract} + h_{entry}(N_{entry} + E_{entry}) - e N_{pract}}{N_{pract} + E_{pract}}

    with :math:`e=\sum E/\sum N`: promotions move on the entrants of a tier beyond its share of growth. Exit rates are
    equal in all tiers and cancel. Entrants may be promoted in their first year. Slower growth of a field implies slower
    promotion (Keyfitz 1973, Population Studies 27).

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


def promotion_rate(rate, expert_share, world_share, mean_mentoring, demand, b_mentoring) -> np.ndarray:
    r"""Return promotion rates by tier and hub (E10): :math:`h_{td} = h_t\,D_t\,(x_d/\bar x)^{b_m}/m_t`.

    Promotions are more frequent where experts are dense, who mentor others. :math:`\bar x` is the world's share of
    experts and :math:`m_t` the mean mentoring over the engineers of the tier, both at present: mentoring distributes
    promotions over hubs and leaves their number as it is.

    Parameters
    ----------
    rate, mean_mentoring : (tier,) per person-year, 1; demand : (tier,) factor of policy on promotions out of the tier
    expert_share : (hub,) share of experts in the stock; world_share : of the world

    Returns
    -------
    (tier, hub) in [0, 1]. Source: assumption (grade D); qualitatively m60.

    >>> rate = promotion_rate(np.array([0.0, 0.01, 0.2]), np.array([0.05, 0.2]), 0.05, np.ones(3), np.ones(3), 0.5)
    >>> rate.round(3).tolist()
    [[0.0, 0.0], [0.01, 0.02], [0.2, 0.4]]
    """
    level = np.asarray(rate) * demand / mean_mentoring
    return np.clip(level[:, None] * mentoring(expert_share, world_share, b_mentoring), 0.0, 1.0)


def mentoring(expert_share, world_share, b_mentoring) -> np.ndarray:
    r"""Return (hub,) the factor of the share of experts on promotions (E10): :math:`(x_d/\bar x)^{b_m}`; grade D."""
    return (np.maximum(expert_share, 1e-9) / world_share) ** b_mentoring


def job_lock(queue_share, permanent_queue_job_change) -> np.ndarray:
    r"""Return the factor on job changes of a share *q* in the queue for permanent residence (E10): :math:`1+cq`.

    Source of :math:`c`: Hunt (grade A), 20 % fewer in the queue; of *q*: the State Department's bulletins.

    >>> float(job_lock(0.75, -0.2))
    0.85
    """
    return 1 + permanent_queue_job_change * np.asarray(queue_share)


def sector_chances(openings_share, relative_utility) -> np.ndarray:
    r"""Return the probabilities of a new job's sector (E10).

    .. math:: P_k = a_k e^{\Delta J_k}/\sum_l a_l e^{\Delta J_l}

    :math:`\Delta J_k` is the change since the start of the utility of the sector's jobs relative to the hub's. At the
    start new jobs are therefore distributed as openings (exact-hat form: Dekle, Eaton and Kortum 2007, American
    Economic Review 97).

    Parameters
    ----------
    openings_share : (hub, sector) adding up to 1; relative_utility : (..., hub, sector) log-odds

    Returns
    -------
    (..., hub, sector), adding up to 1 over sectors

    >>> sector_chances(np.array([[0.25, 0.75]]), np.log([[3.0, 1.0]])).round(6).tolist()
    [[0.5, 0.5]]
    """
    weight = openings_share * np.exp(relative_utility)
    return weight / weight.sum(axis=-1, keepdims=True)


def sector_value(openings_share, relative_utility) -> np.ndarray:
    r"""Return the log-odds that the choice of sectors adds to a hub (E2): :math:`\ln\sum_k a_k e^{\Delta J_k}`.

    It is 0 at the start; the form of the sum makes it exactly 0, whatever the rounding of the shares.
    """
    return np.log1p((openings_share * np.expm1(relative_utility)).sum(axis=-1))


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
) -> np.ndarray:
    r"""Return a sector's pay as engineers value it (E1): :math:`m\,w\,[1 - e + e\,(w_{liq}(1-i) + w_{ill}\,i)]`.

    *w* is total pay of the hub, :math:`e` its share of equity plus the sector's shift, clipped to [0, 1], and
    :math:`i = i_k(1-L)` the share of equity that stays illiquid after listings and buybacks.

    Parameters
    ----------
    base, bonus, liquid, illiquid : pay of the hub, kUSD a year; multiplier : pay of the sector over the hub's
    equity_shift : added to the share of equity; illiquid_part : share of equity; liquidity : share of that made liquid

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


def sector_relative_utility(ahead, ahead_at_start, sector_response) -> np.ndarray:
    r"""Return the change of a sector's utility relative to the hub's since the start (E10), in log-odds.

    .. math:: \Delta J_{kd} = r\,[(J_{kd} - J_d)_t - (J_{kd} - J_d)_0]

    :math:`J` is the utility of net real pay and of compute, as in E2; ``ahead`` is the sector's less the hub's. *r* is
    ``sector_response``; with 0 sectors do not respond to pay or compute.
    """
    return sector_response * (ahead - ahead_at_start)


def own_sector(relative_utility, value) -> np.ndarray:
    r"""Return the log-odds of the present job against a new one in the hub, for people who stay (E2).

    .. math:: \Delta J_{kd} - \ln\sum_l a_l e^{\Delta J_{ld}}

    Parameters
    ----------
    relative_utility : (..., hub, sector) log-odds; value : (..., hub) from ``sector_value``
    """
    return relative_utility - np.asarray(value)[..., None]


def pay_separation(relative_utility, value, counter_offers=0.0) -> np.ndarray:
    r"""Return the factor of pay on separations (E10): :math:`f - m_k\max(f - 1, 0)`.

    .. math:: f = e^{-(\Delta J_{kd} - \ln\sum_l a_l e^{\Delta J_{ld}})}

    Separations fall with the utility of the present job relative to a new one, as leaving the hub does; the factor is 1
    at the start. One coefficient for both responses is an assumption (grade D). Of those whom better pay elsewhere
    would draw away, employers keep the share :math:`m_k` by counter-offers, which a policy sets (grade D).

    Parameters
    ----------
    relative_utility : (..., hub, sector) log-odds; value : (..., hub); counter_offers : (sector,) shares

    >>> pay_separation(np.log([[0.5, 1.25]]), np.zeros(1), np.array([0.25, 0.25])).round(6).tolist()
    [[1.75, 0.8]]
    """
    factor = np.exp(-own_sector(relative_utility, value))
    return factor - counter_offers * np.maximum(factor - 1, 0.0)


def sign_on_pull(gain, b_pay) -> np.ndarray:
    r"""Return the log-odds that a payment on a move adds for people who move (E1, E2).

    .. math:: b_p\,[\ln y(w + s/H) - \ln y(w)]

    *s* is paid once and is spread over the expected stay *H*; residents get nothing. Tax relief does not apply to it.
    It is a sign-on payment of the hub of destination, or the unvested equity that people keep who leave their hub:
    years of the equity of their sector, tier and role, as they value it. The bracket is ``gain``, :func:`pay_gain`.
    """
    return b_pay * gain


def rationed_compute(fleet, engineers, shared, guarantee=0.0) -> np.ndarray:
    r"""Return compute per engineer of a sector (E2): :math:`c_k = \max(F_{o(k)}/N_{o(k)} + c_{shared},\ g)`.

    The engineers of the sectors that an owner serves share its fleet; public and newly built compute is shared by all
    engineers of the hub.

    Parameters
    ----------
    fleet : H100-equivalents of the sector's owner; engineers : persons who share it
    shared : H100-equivalents per engineer of the hub; guarantee : minimum by policy, H100-equivalents per engineer

    >>> float(rationed_compute(100.0, 20.0, 1.0)), float(rationed_compute(100.0, 40.0, 1.0, 5.0))
    (6.0, 5.0)
    """
    return np.maximum(fleet / engineers + shared, guarantee)


def separation_rates(published, sector_stock, job_change_rate, lab_separation_rate, labs) -> np.ndarray:
    r"""Return separations by sector (E10): published rates, scaled so that their mean is the rate of job changes.

    The rate of frontier labs is measured separately and is not scaled; if all engineers work in labs, no rate is.

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


def employer_chances(size, is_abroad, remote_abroad, remote_hiring) -> np.ndarray:
    r"""Return the probabilities of a remote worker's employer by hub (E11): :math:`P_{od} \propto p_{od}\,r_d`.

    :math:`p_{od} = (1-\omega) N_d/\sum_{k \text{ at home}} N_k` within the country, and with :math:`\omega` in place of
    :math:`1-\omega` abroad; :math:`r_d` is the factor of policy on the offers of *d*, 1 in the baseline. Those whose
    draw is their own hub work there and not remotely.

    Parameters
    ----------
    size : (hub,) persons; is_abroad : (origin, hub) bool; remote_abroad : share; remote_hiring : (hub,)

    Returns
    -------
    (origin, hub), adding up to 1 over hubs; 1 for the own hub if no hub offers a job. Grade D.

    >>> one_country = np.zeros((2, 2), bool)
    >>> employer_chances(np.array([30.0, 10.0]), one_country, 0.1, np.array([1.0, 3.0])).tolist()
    [[0.5, 0.5], [0.5, 0.5]]
    """
    within, beyond = size * ~is_abroad, size * is_abroad
    by_size = lambda n: n / np.maximum(n.sum(axis=1, keepdims=True), 1e-9)  # noqa: E731
    weight = ((1 - remote_abroad) * by_size(within) + remote_abroad * by_size(beyond)) * remote_hiring
    total = weight.sum(axis=1, keepdims=True)
    return np.where(total > 0, weight / np.where(total > 0, total, 1.0), np.eye(len(size)))


def remote_gross(gross, offered, remote_convergence) -> np.ndarray:
    r"""Return gross pay of remote workers by residence (E11): :math:`\ln w^r_d = (1-\kappa)\ln w_d + \kappa\ln\bar w`.

    :math:`\bar w` is the mean over employers' hubs, weighted by the remote jobs that they offer. Source: m55, which
    reports convergence without a number; grade D.

    Parameters
    ----------
    gross : (hub, tier, role) kUSD a year; offered : (hub,) weights; remote_convergence : :math:`\kappa`

    >>> remote_gross(np.array([100.0, 400.0]).reshape(2, 1, 1), np.array([1.0, 0.0]), 0.5).ravel().tolist()
    [100.0, 200.0]
    """
    if not offered.sum() > 0:
        return gross
    mean = (gross * offered[:, None, None]).sum(axis=0) / offered.sum()
    return gross ** (1 - remote_convergence) * mean**remote_convergence


def family_costs(rights, family_cost, family_share) -> np.ndarray:
    r"""Return the additional cost of crossing a border to *d*, without a family and with one (E2).

    .. math:: c_0 = \ln\left(1 - s + s\,e^{-c}\right),\qquad c_1 = c_0 + c\,(1 - \rho_d)

    :math:`c_0` keeps the mean odds of leaving unchanged while rights :math:`\rho` are 0, because the fitted border cost
    contains the mean cost of families. Grade D.

    Parameters
    ----------
    rights : (hub,) share of the additional cost removed; family_cost : :math:`c`, log-odds; family_share : :math:`s`

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


def compute_jobs(local_h100e, jobs_per_1000_h100e) -> np.ndarray:
    r"""Return the jobs that compute for local use opens (E7): :math:`J = K\min(15,\ j\sqrt{100/K})`, *K* in thousands.

    Staff grow as the square root of the fleet (CJ17: 0.50, 0.34 to 0.66); ``jobs_per_1000_h100e`` is that of a
    programme of 100,000 H100-equivalents. Source: ``costs.csv`` CJ18 to CJ20 (grade D).

    >>> compute_jobs(np.array([0.0, 100_000.0, 400_000.0]), 4.0).round(6).tolist()
    [0.0, 400.0, 800.0]
    """
    k = np.maximum(np.asarray(local_h100e), 0.0) / 1000
    return np.minimum(15 * jobs_per_1000_h100e / 4 * k, jobs_per_1000_h100e * 10 * np.sqrt(k))


def jobs_share(vacancies, openings) -> np.ndarray:
    r"""Return (hub,) the share of vacancies opened by compute in all openings (E7): :math:`B_d/(v_d + B_d)`."""
    return vacancies / np.maximum(vacancies + openings, 1e-9)


def jobs_pull(vacancies, openings, role_share, jobs_role) -> np.ndarray:
    r"""Return (role, hub) the log-odds of jobs opened by compute (E2, E7): :math:`\ln(1 + B_d q_r/(v_d m_{dr}))`.

    Parameters
    ----------
    vacancies, openings : (hub,) vacant jobs opened by compute, and the ordinary openings of a year, persons
    role_share : (hub, role) shares of the hub's engineers, no effect if 0; jobs_role : (role,) shares of such jobs
    """
    jobs = (vacancies / np.maximum(openings, 1e-9))[:, None] * jobs_role
    return np.log1p(np.divide(jobs, role_share, out=np.zeros_like(jobs), where=role_share > 0)).T


def study_pay(pay, at_home, granted, years) -> np.ndarray:
    r"""Return the log of the pay that foreign students expect of a place (E9).

    .. math:: \ln\left(p\,y + (1-p)\,y_g\right),\qquad p = 1 - (1-q)^{n}

    Graduates stay with the probability *p* that one of the *n* years of work after study brings a work permit, and
    earn *y* then; otherwise they earn what their home pays.

    Parameters
    ----------
    pay, at_home : log net real pay of the place, and of home; granted : *q*, a year; years : *n*

    >>> study_pay(np.log(200.0), np.log(100.0), np.array([1.0, 0.0]), 3.0).round(6).tolist() == [5.298317, 4.60517]
    True
    """
    stays = 1 - (1 - np.minimum(granted, 1.0)) ** years
    return np.log(stays * np.exp(pay) + (1 - stays) * np.exp(at_home))


def study_gain(pay_gain, months, months_at_start, study_elasticity, study_months) -> np.ndarray:
    r"""Return foreign students' choice of a place relative to the start (E9), two years before they graduate.

    .. math:: e^{\epsilon\,(\ln y - \ln y_0)}\,\max(1 + \kappa\,(m - m_0)/12,\ 0)

    Sources: IZA DP 13730 for work after study, *m* months of it: +18 % for 17 months more, +30 % for masters, Ohio +1
    to +5 %; signs of pay and permits: Shih 2016, cap of 2004 -10 %. Grade C.

    Parameters
    ----------
    pay_gain : log of expected pay, :func:`study_pay`, over that of the start
    months, months_at_start : months of post-study work

    >>> float(study_gain(0.0, 0.0, 12.0, 0.75, 0.13))
    0.87
    """
    return np.exp(study_elasticity * pay_gain) * np.maximum(1 + study_months * (months - months_at_start) / 12, 0.0)


def track_density(years, expert_track, shape) -> np.ndarray:
    r"""Return the density of the time from entry to expert (E10): gamma, :math:`f(\tau)\propto\tau^{k-1}e^{-k\tau/m}`.

    It is evaluated in the middle of each year since entry. Source: assumption, mean 6 to 12 years (grade D).
    """
    tau = np.asarray(years) + 0.5
    density = tau ** (shape - 1) * np.exp(-shape * tau / expert_track)
    return density / density.sum()


def following(rate, leaders, mates, engineers, spinout_followers) -> np.ndarray:
    r"""Return the probability a year that engineers beyond a founder's team follow a spin-out (E12).

    .. math:: p_{dk} = \min\left(\frac{r_k \max(F L_{dk} - M_{dk},\ 0)}{N_{dk} - L_{dk}},\ 1\right)

    A leader founds a startup at the rate *r*, and *M* team mates with whom the *L* leaders work go along. Others make
    up the number: *F* follow a founder in all, drawn evenly from those who work in the hub and sector. Source of *F*:
    thirty followed one leader (m82, m98; grade B); that they come from the leader's hub and sector is assumed.

    Parameters
    ----------
    rate : founders a leader-year; leaders, mates, engineers : their numbers in the hub and sector

    >>> float(following(0.01, 10.0, 40.0, 510.0, 30.0))
    0.0052
    """
    wanted = rate * np.maximum(spinout_followers * leaders - mates, 0.0)
    return np.minimum(wanted / np.maximum(engineers - leaders, 1.0), 1.0)


def academic_share(share, odds) -> np.ndarray:
    r"""Return the share of new doctors whose first job is in academia (E9): :math:`q' = rq / (1 - q + rq)`.

    *q* is the share of academia in the hub, in which doctors would start like everybody else; *r* is policy, odds over
    those of the baseline. With *r* = 1 it is *q*. Assumption, grade D.

    >>> float(academic_share(0.2, 4.0))
    0.5
    """
    return odds * share / (1 - share + odds * share)
