"""Cache on disk what runs with the same seed repeat: the hub constants of a sample, and the arrays of a baseline.

The usable ranges of a sweep are kept too, since they are the same for all scenarios. All are stored beside the built
worlds (:mod:`sim.world.cache`), under the digest of the code, the versions of the packages that compute them, the
tables in use and all arguments. The numbers are those of a run without the cache, bit for bit: ``talentflow verify``
turns it off and compares them.
"""

from functools import cache
from importlib.metadata import version

import numpy as np
from llvmlite.binding import get_host_cpu_features

from sim import custom_world
from sim.model.inversion import HubConstants
from sim.results.record import code_digest
from sim.world.cache import cached

LEAST_AGENTS = 20_000  # a smaller arm takes less than a tenth of a second
PACKAGES = ("numpy", "scipy", "numba", "simpy")


@cache
def _code() -> tuple[str, ...]:
    """Return what decides the numbers apart from tables and arguments: code, packages and kind of processor."""
    return code_digest(), *map(version, PACKAGES), str(get_host_cpu_features())


def constants(make, a, start) -> HubConstants | None:
    """Return the hub constants that ``make()`` finds under the assumptions ``a``, or None where it finds none."""

    def arrays() -> dict[str, np.ndarray]:
        """Return the arrays of the constants; none where there are no constants."""
        found = make()
        if found is None:
            return {}
        known = {name: value for name, value in vars(found).items() if value is not None}
        return {name: np.asarray(value) for name, value in known.items()}

    stored = dict(cached(arrays, "constants", *_code(), custom_world.digest(), a, start))
    return HubConstants(**stored | {"start": stored["start"].item()}) if stored else None


def ranges(make, ends, central, start) -> list[float]:
    """Return the outermost usable quantiles of the ends of a sweep's ranges, which ``make()`` finds by inversions.

    Parameters
    ----------
    ends : list of (Factor, side); central : Assumptions at their centre; start : first year
    """
    decides = *_code(), custom_world.digest(), ends, central, start
    return cached(lambda: {"ends": np.array(make(), dtype=float)}, "ranges", *decides)["ends"].tolist()


def baseline(make, plan, k, draw) -> dict[str, np.ndarray]:
    """Return the arrays of the first arm of replicate ``k``, variable -> array, which ``make()`` simulates.

    Parameters
    ----------
    plan : Plan
    draw : (Assumptions, HubConstants)
    """
    if plan.population < LEAST_AGENTS:
        return make()
    policies = [repr(policy) for policy in plan.arms[0]]
    run = plan.population, plan.seed, plan.start, plan.years, k
    return cached(make, "baseline", *_code(), custom_world.digest(), *run, policies, *draw)
