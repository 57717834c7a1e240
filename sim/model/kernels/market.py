"""Tables of the market, compiled: tax relief that residents have left, and means over the routes of applicants.

``market`` defines what the tables mean; ``tests/model/test_kernels.py`` checks that these functions are equal to numpy.
"""

import numpy as np
from numba import njit, uint64

LANES = 8  # partial sums of numpy's sum over a short axis


@njit(cache=True)
def relief_left(pay, scheme, years, arriving):
    """Return (row, profile, hub) float32, the pay of residents with the relief left to them against arrivals (E1, E2).

    Parameters
    ----------
    pay : (scheme, profile, hub, years of relief left) log-odds; the last year stands for all beyond it
    scheme : (row,) the scheme that residents came under; years : (row, hub) years of relief left to them
    arriving : (profile, hub) log-odds of arrivals
    """
    (profiles, hubs), most = arriving.shape, pay.shape[3] - 1
    left = np.empty((scheme.size, profiles, hubs), np.float32)
    for k in range(scheme.size):
        for p in range(profiles):
            for d in range(hubs):
                left[k, p, d] = pay[scheme[k], p, d, uint64(min(years[k, d], most))] - arriving[p, d]
    return left


@njit(cache=True)
def mean_over_routes(share, pull):
    """Return (pattern, tier, role, hub) the mean of ``pull`` over the applicants of each route, NaN without any (E2).

    Parameters
    ----------
    share : (pattern, tier, role, hub, k) share of the applicants who take the k-th route of the hub's country
    pull : (tier, role, hub, k) log-odds
    """
    patterns, tiers, roles, hubs, routes = share.shape
    mean, reached, total = np.empty((patterns, tiers, roles, hubs)), np.empty(LANES), np.empty(LANES)
    whole = routes - routes % LANES
    for p in range(patterns):
        for t in range(tiers):
            for r in range(roles):
                for d in range(hubs):
                    # sums in the order of numpy: in lanes, then the lanes in pairs, then the rest
                    reached[:], total[:] = 0.0, 0.0
                    for k in range(whole):
                        reached[k % LANES] += share[p, t, r, d, k]
                        total[k % LANES] += share[p, t, r, d, k] * pull[t, r, d, k]
                    some, weighted = in_pairs(reached), in_pairs(total)
                    for k in range(whole, routes):
                        some += share[p, t, r, d, k]
                        weighted += share[p, t, r, d, k] * pull[t, r, d, k]
                    mean[p, t, r, d] = weighted / some if some > 0.0 else np.nan
    return mean


@njit(inline="always")
def in_pairs(x):
    """Return the sum of eight numbers in the order in which numpy adds its partial sums."""
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
