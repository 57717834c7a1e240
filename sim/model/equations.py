r"""The equations of the model, E1 to E12, in plain numpy: this file is the definition.

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
:math:`D`                demand for a tier or role over the baseline's   1
:math:`A_c`              academia's stock of country *c*                 persons
:math:`\bar A_c`         the same on the reference path                  persons
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


def net_real_pay(
    gross, tax, relief, relief_years, fee_kusd, price, horizon, expected_stay, fee_pass_through, price_weight
):
    r"""Net real pay averaged over the horizon *H* that people look ahead; a fee, over the expected stay *S* (E1).

    .. math:: y = \frac{\frac1H\sum_{h<H}\left[w\,(1-\tau_h)\right] - \phi f / S}{P^{\,\theta}}

    ``relief`` is the share of the tax taken away while a scheme runs, for ``relief_years``: beyond the horizon it is
    worth nothing more. All arguments broadcast.

    Returns
    -------
    kUSD a year at the average US price level, at least 1.

    >>> round(float(net_real_pay(200.0, 0.4, 0.5, 3.0, 0.0, 1.0, 6.0, 6.0, 0.3, 0.6)), 6)
    140.0
    """
    relieved = np.minimum(relief_years, horizon) / horizon
    kept = gross * (1 - tax * (1 - relief * relieved))
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


def compute_pull(compute, b_compute, world_mean):
    r"""Pull of compute (E2): :math:`b_c[r]\,(\ln(1+\min(c_d/\bar c(t), s)) - \overline{\ln(1+c/\bar c)})`.

    Compute per engineer is seen against the world's of the day, :math:`\bar c(t)`, up to *s* times it: fleets grow by
    40 % a year, and the same lead is worth the same in every year. The coefficient differs by role. **No causal
    estimate of it exists** (grade D): every result that leans on it says so.

    Parameters
    ----------
    compute : over the world's per engineer, at most ``compute_saturation``; world_mean : of its ln(1 + c)

    >>> float(compute_pull(np.exp(1.0) - 1, 0.1, 0.0).round(6))
    0.1
    """
    return b_compute * (np.log1p(compute) - world_mean)


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
    openings=1.0,
    has_colleague=False,
    sector_value=0.0,
    own_sector=0.0,
    constant=0.0,
    moves=False,
    jobs=0.0,
    going_home=0.0,
):
    r"""Utility of alternative *d* for engineer *i* from home *g* who lives in *o* (E2): the sum itself.

    .. math:: V_{id} = b_p[i]\,(u(y_d) + s_d\,1[d\ne o]) + K_{d} + b_N\ln N_d + b_f\,1[\text{friend in } d]
              + b_\delta\ln(1+\delta_{gd}) + b_h h_{gd} + b_\ell\ell_{gd}
              - (b_d\ln(1+\text{km}_{od}/100) + m_{od})\,1[d\ne o] + \kappa_{od} - c_d\,1[\text{border}]
              + \pi_{id} + \ln v_d + \ln m\,1[\text{former colleague in } d] + J_d + G_{d} + \rho_{go} + \xi_d

    with :math:`\pi_{id} = -b_w\,\text{months} + b_o\ln(\max(\text{odds}, 0.01)) - f` for people who need a permit in
    *d*, and :math:`\pi_{id} = b_p[i]\,r_d` for the others, where *r* is what a remote job pays more than one in *d*.
    A term left out is 0, for a resident who stays: the engine's tables are this function with some of its terms.
    Absence is a mask of :func:`choice_probabilities`, never ``ln 0``. All arguments broadcast.

    Parameters
    ----------
    a : Assumptions, of which the coefficients are read
    b_pay : of the engineer, by taste
    net_pay, mean_pay : kUSD a year, E1; sign_on_gain, remote_gain : differences of :func:`pay_utility`
    compute : log-odds, from :func:`compute_pull`
    size : persons; openings : persons a year; diaspora : compatriot engineers at the start
    home_share, language : in [0, 1]; corridor : log-odds, from :func:`corridor_pull`
    move_cost_abroad : log-odds, fitted to the border crossings of the tier
    family_cost : log-odds, from :func:`family_costs`
    months_waiting, mean_odds : of the routes that people take, 1 where no permit is drawn; permit odds act once, in
        the visa system, here only with a small coefficient, since odds in both places would make grants oscillate
    fee_loss : log-odds, what the engineer's part of the fees takes from pay
    sector_value, own_sector : log-odds, from the functions of the same names; the second for who stays
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
            -a.b_delay * months_waiting + a.b_odds * np.log(np.maximum(mean_odds, 0.01)) - fee_loss,
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


def corridor_pull(a, residual):
    r"""What data say of a pair of countries beyond the corridor kernel (E2).

    .. math:: \kappa_{od} = s\,t\,\lambda_3 \ln\frac{k + Y_{od}}{k + M_{od}}

    The nested logit divides utility by the dissimilarity of the nest, so with strength *s* and transfer *t* 1 the flow
    to a third country carries the whole residual. The residual holds for every draw of the assumptions.

    Parameters
    ----------
    a : Assumptions, of which strength, transfer and the dissimilarity of third countries are read
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


def search_rates(rate, mobility, tier_factor, status_factor, mover_ratio, mover_share, age, b_age, age_reference):
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


def doctor_path(doctors, years, phd_growth):
    r"""New doctors on the reference path (E9): :math:`P_c(t) = P_c(0)(1+g_P)^t`, slower than the boom of the field.

    Source: output of AI doctorates in the USA grows under 3 % a year (m59, grade B); other countries assumed alike.

    >>> doctor_path(2_000.0, np.array([0, 2]), 0.025).round(2).tolist()
    [2000.0, 2101.25]
    """
    return doctors * (1 + phd_growth) ** years


def drain(academia, academia_elasticity):
    r"""New doctors after academia has lost its professors (E9): :math:`(A_c(t-L)/\bar A_c(t-L))^{\eta_A}`.

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


def demand_factor(demand, demand_elasticity):
    r"""What demand does to offers (E4), entry (E9) and promotion (E10): :math:`D^{\eta_D}`; grade D."""
    return np.asarray(demand) ** demand_elasticity


def skill_pay(tier_pay, role_pay, tier_demand, role_demand, wage_supply_elasticity):
    r"""Pay of a tier and role over that of the baseline (E7): :math:`m_t m_r\,(D_t D_r)^{\epsilon}`.

    Demand that grows by *x* logs raises pay by :math:`\epsilon x`, as a stock that lags its path by as much does.

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


def growth_rate(rate_start, year, world_growth, long_growth, growth_half_life, growth_until=2028, start=2026):
    r"""Growth of a country's stock on the reference path (E9).

    :math:`r_c(t) = r_w(t) + (r_c(0)-r_w(0))\,2^{-t/T}`: a boom year never compounds for ten. Grade D.

    >>> [round(float(growth_rate(0.13, y, 0.09, 0.04, 2.0)), 4) for y in (2026, 2028, 2030)]
    [0.13, 0.11, 0.05]
    """
    world = np.where(np.asarray(year) <= growth_until, world_growth, long_growth)
    return world + (rate_start - world_growth) * 2.0 ** (-(np.asarray(year) - start) / growth_half_life)


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


def sector_chances(openings_share, relative_utility):
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
    weight = openings_share * np.exp(relative_utility)
    return weight / weight.sum(axis=-1, keepdims=True)


def sector_value(openings_share, relative_utility):
    r"""What the choice of sectors adds to a hub's pull (E2): :math:`\ln\sum_k a_k e^{\Delta J_k}`, 0 at the start.

    Written so that it is exactly 0 there, whatever the rounding of shares that add up to 1.
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


def sector_relative_utility(ahead, ahead_at_start, sector_response):
    r"""Change of a sector's pull against the hub's since the start (E10), 0 at the start.

    .. math:: \Delta J_{kd} = r\,[(J_{kd} - J_d)_t - (J_{kd} - J_d)_0]

    :math:`J` is the pull of net real pay and of compute, as in E2, ``ahead`` that of the sector over the hub's; *r* is
    ``sector_response``, and 0 lets no sector gain or lose by pay or compute.
    """
    return sector_response * (ahead - ahead_at_start)


def own_sector(relative_utility, value):
    r"""Staying (E2): one's own job counts and not the choice among the hub's, :math:`\Delta J_{kd} - \ln\sum_l a_l
    e^{\Delta J_{ld}}`.

    Parameters
    ----------
    advantage : (..., hub, sector) log-odds; value : (..., hub) as from ``sector_value``
    """
    return relative_utility - np.asarray(value)[..., None]


def pay_separation(relative_utility, value):
    r"""Separations for pay (E10): a factor :math:`e^{-(\Delta J_{kd} - \ln\sum_l a_l e^{\Delta J_{ld}})}` on the rate.

    One's own job against a new one decides, as it does for staying in a hub; 1 at the start. Separations fall with pay
    as the pull of pay says; that one coefficient serves both is an assumption (grade D).
    """
    return np.exp(-own_sector(relative_utility, value))


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


def compute_jobs(local_h100e, jobs_per_1000_h100e):
    r"""Jobs that compute for local use opens, once (E7): :math:`J = K\min(15,\ j\sqrt{100/K})`, *K* in thousands.

    Staff grow as the square root of the fleet (CJ17: 0.50, 0.34 to 0.66); ``jobs_per_1000_h100e`` is that of a
    programme of 100,000. Source: ``costs.csv`` CJ18 to CJ20 (grade D).

    >>> compute_jobs(np.array([0.0, 100_000.0, 400_000.0]), 4.0).round(6).tolist()
    [0.0, 400.0, 800.0]
    """
    k = np.maximum(np.asarray(local_h100e), 0.0) / 1000
    return np.minimum(15 * jobs_per_1000_h100e / 4 * k, jobs_per_1000_h100e * 10 * np.sqrt(k))


def jobs_share(vacancies, openings):
    r"""(hub,) share of the jobs that compute has opened in all openings (E7): :math:`B_d/(v_d + B_d)`."""
    return vacancies / np.maximum(vacancies + openings, 1e-9)


def jobs_pull(vacancies, openings, role_share, jobs_role):
    r"""(role, hub) pull of jobs that compute has opened (E2, E7): :math:`\ln(1 + B_d q_r/(v_d m_{dr}))`.

    Parameters
    ----------
    vacancies, openings : (hub,) such jobs that nobody has taken, and the ordinary openings of a year
    role_share : (hub, role) of the hub's engineers, no pull where it is 0; jobs_role : (role,) of such jobs
    """
    jobs = (vacancies / np.maximum(openings, 1e-9))[:, None] * jobs_role
    return np.log1p(np.divide(jobs, role_share, out=np.zeros_like(jobs), where=role_share > 0)).T


def study_gain(pay_gain, months, months_at_start, study_elasticity, study_months):
    r"""Foreign students' interest in a place over that of the start (E9), two years before they graduate.

    .. math:: e^{\epsilon\,(\ln y - \ln y_0)}\,\max(1 + \kappa\,(m - m_0)/12,\ 0)

    Sources: IZA DP 13730 for work after study, *m* months of it: +18 % for 17 months more, +30 % for masters, Ohio +1
    to +5 %; signs of pay and permits: Shih 2016, cap of 2004 -10 %. Grade C.

    Parameters
    ----------
    pay_gain : ln of net real pay on arrival over that of the start
    months, months_at_start : of work after study

    >>> float(study_gain(0.0, 0.0, 12.0, 0.75, 0.13))
    0.87
    """
    return np.exp(study_elasticity * pay_gain) * np.maximum(1 + study_months * (months - months_at_start) / 12, 0.0)


def track_density(years, expert_track, shape):
    r"""Density of the time from entry to expert (E10): gamma, :math:`f(\tau)\propto\tau^{k-1}e^{-k\tau/m}`.

    In the middle of each year since entry. Source: assumption, mean 6 to 12 years (grade D).
    """
    tau = np.asarray(years) + 0.5
    density = tau ** (shape - 1) * np.exp(-shape * tau / expert_track)
    return density / density.sum()
