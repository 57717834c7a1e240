"""When statuses run out (E6): expected persons by country and status, and by the Decembers until their term ends."""

import numpy as np

from sim.model.mean_field.passes import by_status
from sim.world.engineers import CITIZEN, OPT, STEM_OPT, STUDENT, YOUNGEST

LONGEST = 12  # Decembers that are told apart
START_TERMS = 3  # years over which the terms of the start are spread evenly
GRADUATE_AGES = YOUNGEST + np.arange(8)  # as ``world.people`` draws them
TRAINED_BEFORE = 25  # who came to a country younger than this has its degree


class Terms:
    """Terms of the temporary, of students and of people in work after study; and who has a degree of the country.

    Attributes
    ----------
    left : (country, status, December) persons whose status ends in this December, the next one, ...
    trained : (status,) share of foreigners who came young enough for a degree of the country they live in
    """

    def __init__(self, arm):
        s = arm.world.setting
        self.country = s.country
        there = by_status(arm.persons).sum(axis=1)  # home, status, hub
        self.left = np.zeros((len(s.countries), there.shape[1], LONGEST + 1))
        self.left[..., :START_TERMS] = 1 / START_TERMS
        self.follow(there.sum(axis=0))
        came = s.arrival_years / s.arrival_years.sum(axis=1, keepdims=True)
        years, ages = np.arange(came.shape[1]), YOUNGEST + np.arange(s.ages.shape[1])
        young = ages[:, None] - years < TRAINED_BEFORE
        by_tier = s.stock @ s.tier_share / s.stock.sum()
        self.trained = came @ ((by_tier @ s.ages) @ young)
        young = GRADUATE_AGES[:, None] - np.minimum(years, 4) < TRAINED_BEFORE
        native = s.home_country[:, None] == s.country
        foreign = (there * ~native[:, None]).sum(axis=(0, 2))
        self.trained_graduates = (foreign / foreign.sum() @ came) @ young.mean(axis=0)

    def of(self, arm):
        """A copy for a branch."""
        twin = object.__new__(Terms)
        twin.__dict__ = dict(self.__dict__, left=self.left.copy(), trained=self.trained.copy())
        return twin

    def by_country(self, persons):
        """(country, status) sums of (status, hub) persons."""
        return np.stack([np.bincount(self.country, x, len(self.left)) for x in persons], axis=1)

    def follow(self, persons):
        """Scale the terms to the (status, hub) persons there are: who leaves goes with the mean of those who stay."""
        total = self.left.sum(axis=2)
        self.left *= (self.by_country(persons) / np.where(total > 0, total, 1.0))[..., None]

    def add(self, status, persons, decembers):
        """Add (country,) persons whose ``status`` ends after (country,) Decembers; 0 is the one of this year."""
        at = np.minimum(np.broadcast_to(decembers, len(self.left)), LONGEST)
        self.left[np.arange(len(at)), status, at] += persons

    def add_by_years(self, status, persons):
        """Add (country, years) persons whose ``status`` ends after as many Decembers."""
        self.left[:, status, : persons.shape[1]] += persons

    def due(self):
        """(country, status) share whose status ends this December."""
        total = self.left.sum(axis=2)
        return np.where(total > 0, self.left[..., 0] / np.where(total > 0, total, 1.0), 0.0)

    def pass_year(self):
        """Let the December pass: what was due is done with."""
        self.left[..., :-1] = self.left[..., 1:]
        self.left[..., -1] = 0.0

    def enter(self, graduates, others, persons):
        """Terms and degrees of those who enter: studies end this year, all else as at the start.

        ``graduates``, ``others`` and ``persons``, the first two included, are (status, hub).
        """
        self.left[:, :, 0] += self.by_country(graduates)
        self.left[..., :START_TERMS] += self.by_country(others)[..., None] / START_TERMS
        new, all_students = graduates[STUDENT].sum(), persons[STUDENT].sum()
        fresh = min(new / max(all_students, 1e-300), 1.0)
        self.trained[STUDENT] = fresh * self.trained_graduates + (1 - fresh) * self.trained[STUDENT]

    def degrees(self, setting):
        """(home, hub, status from student on) share with a degree of the country."""
        there = np.maximum(setting.home_country, 0)[:, None] == setting.country  # as ``world.people`` has it
        return np.where(there[..., None], 1.0, self.trained[STUDENT:])

    def degrees_abroad(self, setting, country):
        """(home,) share of the people of a home abroad with a degree of ``country``, as ``world.people`` has it.

        Who comes from a group of countries and has no degree of his hub is taken for a graduate of the first country.
        """
        return (np.maximum(setting.home_country, 0) == country) * (1 - self.trained[CITIZEN])

    def hand_on(self):
        """Degrees go along from study to the work after it."""
        self.trained[STEM_OPT], self.trained[OPT] = self.trained[OPT], self.trained[STUDENT]
