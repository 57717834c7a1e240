r"""The equations of supply and demand, E9 with its parts in E4, E7 and E10, in plain numpy: this is the definition.

Every function is pure and draws nothing; axes and units as in ``equations``.

=======================  ==============================================  =================
symbol                   meaning                                         unit
=======================  ==============================================  =================
:math:`D`                demand for a tier or role over the baseline's   1
:math:`A_c`              academia's stock of country *c*                 persons
:math:`\bar A_c`         the same on the reference path                  persons
:math:`L`                length of a doctorate, ``phd_years``            years
=======================  ==============================================  =================
"""

import numpy as np


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
