"""Elite researchers: a flag for about 4,600 of the experts, drawn by keyed draws at published shares (E10).

The pool is that of the top conferences (m64). Three published shares place it: 59 % work in the US, a quarter was
trained there (m63), and 72 % of those educated in China work in the US (m92; grade B, as quoted). Experts are raked to
them in eight groups; inside a group an elite researcher is like any other expert (assumption, grade D). The sources
count first degrees: here the origin stands for a first degree in China, ``trained_in`` for training in the US (D).

The flag belongs to a slot for good and counts while its engineer is an expert. It changes no other draw, no outcome and
no saved array: nothing in the model depends on it. Every replicate draws its own flags, so that the spread over pairs
holds the sampling error, which is large: 100,000 simulated engineers have about 240 elite researchers.
"""

from typing import NamedTuple

import numpy as np

from sim.errors import ResultError
from sim.model import rng
from sim.world.engineers import tier_of
from sim.world.market_facts import facts

US, CHINA = "usa", "chn"
TRAINED_IN_US = 0.25  # "about a quarter trained there": the words of m63, whose value is the share that works there
ROUNDS = 200  # of raking; the shares are met to 1e-9 long before


def check_world(countries, homes) -> None:
    """Raise ResultError unless a world of these ``countries`` and ``homes`` can have the elite."""
    if US not in countries or CHINA not in homes:
        raise ResultError("group=elite", "needs a world with the US and with engineers from China")


class Published(NamedTuple):
    """Published figures of the elite: persons, and shares."""

    pool: float
    work_in_us: float
    trained_in_us: float
    chinese_in_us: float  # of those educated in China


def published() -> Published:
    """Return the published figures (m63, m64, m92)."""
    value = {name: float(facts()[name]["value"]) for name in ("m63", "m64", "m92")}
    return Published(value["m64"], value["m63"] / 100, TRAINED_IN_US, value["m92"] / 100)


def groups(world, people, slots) -> np.ndarray:
    """Return the group of engineers: 4 for work in the US at entry, plus 2 for Chinese origin, plus 1 for US training.

    The hub of entry is that of the team, whose members entered together; it never changes.

    Parameters
    ----------
    people : Engineers, of a world or of a simulation; slots : slice
    """
    s = world.setting
    # where each team entered the profession, and with it its members
    us, team = s.countries.index(US), world.engineers.team
    entered_in_us = np.zeros(int(team.max()) + 1, np.int8)
    entered_in_us[team] = (s.country == us)[world.entry_hub]
    chinese, trained = people.home[slots] == s.homes.index(CHINA), people.trained_in[slots] == us
    return 4 * entered_in_us[people.team[slots]] + 2 * chinese + trained


def raked(experts, targets) -> np.ndarray:
    """Return (8,) the elite by group, as shares of the elite, closest to the mix of ``experts`` (8,) at the targets.

    Iterative proportional fitting (Deming and Stephan 1940): each share is met in turn, odds inside its parts kept.

    >>> raked(np.ones(8), Published(1.0, 0.5, 0.5, 0.5)).round(3).tolist()
    [0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125]
    """
    # the three bits of a group's number
    group = np.arange(8)
    in_us, chinese, trained = group >= 4, group % 4 >= 2, group % 2 == 1
    everybody = np.ones(8, bool)
    wanted = (
        (everybody, in_us, targets.work_in_us),
        (everybody, trained, targets.trained_in_us),
        (chinese, in_us, targets.chinese_in_us),
    )
    share = experts / experts.sum()
    for _ in range(ROUNDS):
        # scale the part to its target share of the whole, and the rest to what is left
        for whom, part, target in wanted:
            total, inside = share[whom].sum(), share[whom & part].sum()
            share[whom & part] *= target * total / max(inside, 1e-12)
            share[whom & ~part] *= (1 - target) * total / max(total - inside, 1e-12)
        share = share / share.sum()
    return share


def elite_chance(world) -> np.ndarray:
    """Return (8,) the probability that an expert of each group is one of the elite, at most 1."""
    targets, present = published(), slice(int(world.cohort[1]))
    # the elite by group over the experts by group, at the start
    group = groups(world, world.engineers, present)
    experts = np.bincount(group[tier_of(world.engineers.category[present]) == 0], minlength=8).astype(float)
    if not experts.any():
        return np.zeros(8)
    return np.minimum(targets.pool * raked(experts, targets) / np.maximum(experts * world.weight, 1e-9), 1.0)


class Elite:
    """Flags of one simulation, by keyed draws of its replicate.

    The chance is that of the group at the start, for those who enter or are promoted later too, so that the elite
    grows with the experts (assumption, grade D).
    """

    def __init__(self, sim) -> None:
        self.chance, self.flags = elite_chance(sim.world), np.zeros(0, bool)

    def of(self, sim) -> np.ndarray:
        """Return (slot,) bool for all slots in use: one of the elite while an expert; known flags are kept."""
        known, used = len(self.flags), sim.used
        if used > known:
            u = rng.uniform(rng.key(sim.seed, "elite"), np.arange(known, used))
            new = u < self.chance[groups(sim.world, sim.people, slice(known, used))]
            self.flags = np.append(self.flags, new)
        return self.flags[:used]
