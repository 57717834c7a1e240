"""Ages of the expected engineers: one distribution a tier, worldwide, a year older every year."""

import numpy as np

from sim.model.mean_field.terms import GRADUATE_AGES
from sim.world.engineers import OLDEST, YOUNGEST


class Ages:
    """Shares by (tier, age), ages from the youngest to the first past the last one."""

    def __init__(self, setting):
        self.start = np.zeros((len(setting.ages), OLDEST + 2 - YOUNGEST))
        self.start[:, : setting.ages.shape[1]] = setting.ages / setting.ages.sum(axis=1, keepdims=True)
        self.shares = self.start
        self.graduates = np.isin(YOUNGEST + np.arange(self.start.shape[1]), GRADUATE_AGES) / len(GRADUATE_AGES)

    def mean(self, by_age):
        """(tier, ...) means of what is told by age (..., age); who is past the last age counts as of it."""
        by_age = np.concatenate([by_age, by_age[..., -1:]], axis=-1)
        return np.einsum("t...a,ta->t...", by_age, self.shares)

    def too_old(self):
        """(tier,) share past the last age."""
        return self.shares[:, -1]

    def enter(self, there, graduates, others):
        """Mix in (tier,) persons who enter: graduates are young, others as old as their tier at the start."""
        self._mix(there, [(graduates, self.graduates), (others, self.start)])

    def promote(self, there, up):
        """Mix (tier,) promoted persons, by the tier they left, into the next better tier; ``there`` is what stays."""
        self._mix(there, [(np.append(up[1:], 0.0), np.roll(self.shares, -1, axis=0))])

    def pass_year(self):
        """Everybody is a year older, but for those past the last age: they have left."""
        kept = self.shares[:, :-1]
        older = np.concatenate([np.zeros((len(kept), 1)), kept], axis=1)
        self.shares = older / older.sum(axis=1, keepdims=True)

    def _mix(self, there, parts):
        total = there + sum(persons for persons, _ in parts)
        mixed = self.shares * there[:, None] + sum(persons[:, None] * shares for persons, shares in parts)
        self.shares = np.where(total[:, None] > 0, mixed / np.where(total > 0, total, 1.0)[:, None], self.shares)
