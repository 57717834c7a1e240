"""The course of an arm: what other arms can be held to when a mechanism is switched off in them."""

from dataclasses import dataclass, field


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
    leaders: dict = field(default_factory=dict)
    living: dict = field(default_factory=dict)
