"""What the kernels read, and the room that they work in."""

from typing import NamedTuple

import numpy as np
from numba import njit

BATCH = 256  # engineers worked on at once: their utilities and ties stay in the nearest cache
MOST_TIES = 64  # of an engineer that are looked at: four times the mean number
SHUT = np.float32(-np.inf)  # the pull of an alternative that is not open


class Tables(NamedTuple):
    """What one decision round needs to know of the world, from ``market.tables``; log-odds, float32, unless said."""

    pull: np.ndarray  # (home, category % 45, hub) pay on arrival, compute, sectors and place: all but ties
    stay: np.ndarray  # (sector, category % 45, hub) one's own job there against a new one, for who lives there
    trip: np.ndarray  # (family or none * tier, origin, destination)
    permit: np.ndarray  # (group, home, tier * role, hub), SHUT where no route is open
    newcomer_left: np.ndarray  # (years left, category % 45, hub) residents under newcomer relief against arrivals
    returnee_left: np.ndarray  # the same under returnee relief
    returning: np.ndarray  # (category % 45, hub) arrivals entitled to returnee relief against other arrivals
    remote: np.ndarray  # (category % 45, hub) pay of a remote worker against a local job
    group_of: np.ndarray  # (country, status) of residence: who has routes of his own, else 0
    free: np.ndarray  # (home, origin, hub) share that needs no permit; 1 at home and within the country
    is_home: np.ndarray  # (home, hub) bool
    nest: np.ndarray  # (home, origin, hub) int8, E3
    sharpness: np.ndarray  # (home, origin, hub) one over the dissimilarity of the nest
    dissimilarity: np.ndarray  # (nest,)
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (home, hub) bool, to people from abroad
    any_closed: bool
    has_relief: np.ndarray  # (home, origin) bool: a scheme runs in the country of residence or at home
    newcomer_years: np.ndarray  # (hub,) years of relief on arrival
    returnee_years: np.ndarray  # (hub,)
    returnee_abroad: np.ndarray  # (hub,) years abroad that a returnee needs
    b_friend: np.float32
    log_colleague: np.float32
    colleague_share: float  # part of the colleague ties that count
    family_share: np.float32  # part of the engineers who have a family
    year: int
    back: np.ndarray  # (home, hub of residence) going home beyond the hubs' own pull


class Hiring(NamedTuple):
    """What a new job is, by whose it is and where, from ``jobs.hiring`` (E10, E11)."""

    sector: np.ndarray  # (category % 45, hub, sector) float32, cumulative chances
    remote: np.ndarray  # (role, sector) float32, share of engineers who would work remotely
    employer: np.ndarray  # (hub, hub) float32, cumulative chances of a remote worker's employer, by residence
    keys: np.ndarray  # (3,) uint64 draws: sector, whether an engineer would work remotely, employer


class Teams(NamedTuple):
    """Who leads a team, and when he last moved, from ``teams`` (E12)."""

    leader: np.ndarray  # (team,) int32 slot, -1 for none
    moved: np.ndarray  # (team,) int16 year


class Room(NamedTuple):
    """Arrays to work in, for one batch."""

    v: np.ndarray  # (engineer, hub) float32: utilities, then exponents, then exponentials
    bits: np.ndarray  # (engineer * hub,) int32, and ``scale`` is its memory read as float32
    scale: np.ndarray
    sums: np.ndarray  # (nest,) float32
    worth: np.ndarray  # (nest,) float32
    column: np.ndarray  # (8, engineer) int32: hub, home, category, status, arrival_year, abroad_since, sector, employer
    begin: np.ndarray  # (engineer,) int32, where the list of the engineer's ties begins
    end: np.ndarray  # (engineer,) and ends
    tie: np.ndarray  # (tie,) int32, the lists one after the other
    lives: np.ndarray  # (tie,) int8 hubs
    colleagues: np.ndarray  # (engineer,) uint64 bit sets of the hubs where colleagues that count live
    friends: np.ndarray  # (engineer,) the same of friends


@njit
def room_for(engineers, hubs):
    """The :class:`Room` of a batch."""
    bits = np.empty(engineers * hubs, np.int32)
    ties = MOST_TIES * engineers
    columns = np.empty((8, engineers), np.int32)
    return Room(
        np.empty((engineers, hubs), np.float32),
        bits,
        bits.view(np.float32),
        np.empty(4, np.float32),
        np.empty(4, np.float32),
        columns,
        np.empty(engineers, np.int32),
        np.empty(engineers, np.int32),
        np.empty(ties, np.int32),
        np.empty(ties, np.int8),
        np.empty(engineers, np.uint64),
        np.empty(engineers, np.uint64),
    )
