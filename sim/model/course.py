"""The course of an arm: what other arms can be held to when a mechanism is switched off in them."""

from dataclasses import dataclass, field


@dataclass
class Course:
    """What one arm lived through.

    Attributes
    ----------
    sizes : year -> (hub,) persons on 1 January
    jobs : year -> jobs that petitions lost in the year before open abroad
    leaders : year -> (team,) year in which each leader last moved
    living : number of the round of choices -> (slot,) hub where everybody lived in it
    """

    sizes: dict = field(default_factory=dict)
    jobs: dict = field(default_factory=dict)
    leaders: dict = field(default_factory=dict)
    living: dict = field(default_factory=dict)
