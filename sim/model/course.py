"""The course of an arm: what other arms can be held to when a mechanism is switched off in them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Course:
    """What one arm lived through.

    Attributes
    ----------
    sizes : year -> (hub,) persons on 1 January
    sectors : year -> (hub, sector) persons on 1 January, one agent more each
    jobs : year -> jobs that petitions lost in the year before open abroad
    academia : year -> (country,) academia's stock on 1 January over its reference path
    leaders : year -> (team,) year in which each leader last moved
    living : number of the round of choices -> (slot,) hub where everybody lived in it
    """

    sizes: dict = field(default_factory=dict)
    sectors: dict = field(default_factory=dict)
    jobs: dict = field(default_factory=dict)
    academia: dict = field(default_factory=dict)
    leaders: Any = field(default_factory=dict)
    living: Any = field(default_factory=dict)


@dataclass(frozen=True)
class Always:
    """The same at every time: what a course holds that nothing changes."""

    value: Any

    def __getitem__(self, key):
        return self.value


def ties_of_the_start(arm):
    """A course in which nobody has moved: ties live in the hub where they entered, and no leader leaves a team.

    An arm whose network is held to it has the ties of the start for ever. Entrants have theirs where these entered.
    """
    return Course(living=Always(arm.world.entry_hub), leaders=Always(arm.teams.moved.copy()))
