"""The choice of a hub, compiled: utilities, nested logit and keyed draws of many engineers (E1 to E3, E10, E11).

``equations.py`` and ``rng.py`` define these functions; ``tests/model/test_kernels.py`` checks that both make equal
choices. Lines end with the label of the equation that they follow. Utilities and exponentials are float32: their
rounding moves a probability by a few parts in a million, far less than one engineer, and twice as many fit into a
vector register. Loops over hubs have no branch, so that they run on vectors; indices are cast to unsigned because numba
adds a wrap-around test to every signed one.
"""

from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import float32, int32, njit, types, uint64
from numba.core import cgutils
from numba.extending import intrinsic

from sim.compiled import STEP, inlined, step
from sim.model.rng import GOLDEN, MIX_1, MIX_2, S11, S27, S30, S31, TO_UNIT
from sim.world.engineers import PROFILES, ROLE_OF, SKILLS, STATUS_COUNT, TASTE_COUNT, TIER_COUNT, TIER_STEP, empty
from sim.world.ties import no_ties

BATCH = 256  # engineers worked on at once: their utilities and ties stay in the nearest cache
COLUMNS = 8  # of Engineers that a choice reads, see gather
SURE = 0.999  # a thousandth of a bound is left for rounding, which moves odds by less than a ten-thousandth
MOST_TIES = 64  # ties of an engineer that are read: four times the mean number
UNAVAILABLE = np.float32(-np.inf)  # utility of an alternative that is not in the choice set
FREELY, LEAVING = range(2)  # modes of choice
TIE_HASH = uint64(2654435761)  # spreads the pair of slots that a tie joins over the counter
ORDERLY = {"nnan", "nsz", "reassoc", "contract"}  # compiler flags: no NaN occurs, and sums may be reordered


class Tables(NamedTuple):
    """Utility terms that a decision round reads, from ``market.tables``; log-odds in float32 unless stated."""

    pull: np.ndarray  # (home, profile, hub) pay on arrival, compute, sectors and place: all terms except ties
    stay: np.ndarray  # (sector, profile, hub) residents' own job against a new job in the hub
    trip: np.ndarray  # (family or none * tier, origin, destination)
    permit: np.ndarray  # (group, home, tier * role, hub), UNAVAILABLE where no route is open
    newcomer_left: np.ndarray  # (years since arrival, profile, hub) residents under newcomer relief against arrivals
    returnee_left: np.ndarray  # (years since arrival, profile, hub) under returnee relief; none in the last row
    returning: np.ndarray  # (profile, hub) arrivals entitled to returnee relief against other arrivals
    remote: np.ndarray  # (profile, hub) pay of a remote worker against a local job
    group_of: np.ndarray  # (country, status) of residence: group of residents with routes of their own, else 0
    free: np.ndarray  # (home, origin, hub) share that needs no permit; 1 at home and within the country
    is_home: np.ndarray  # (home, hub) bool: the hub is in the home country
    nest: np.ndarray  # (home, origin, hub) int8: 0 staying, 1 country of residence, 2 home country, 3 other, E3
    inverse_dissimilarity: np.ndarray  # (home, origin, hub) one over the dissimilarity of the alternative's nest
    dissimilarity: np.ndarray  # (nest,)
    country: np.ndarray  # (hub,)
    closed: np.ndarray  # (home, hub) bool, to people from abroad
    any_closed: bool
    relief: np.ndarray  # (home, origin) uint64 bit set of the hubs where tax relief differs from that of arrivals
    returnee_abroad: np.ndarray  # (hub,) years abroad that a returnee needs
    b_friend: np.float32
    log_colleague: np.float32
    colleague_share: float  # share of the colleague ties that are in use, so that their mean is the assumption's
    family_share: np.float32  # share of engineers with a family
    year: int
    back: np.ndarray  # (home, hub of residence) constant of returning home, on top of the hubs' own terms
    route_country: np.ndarray  # (route,)
    route_value: np.ndarray  # (route,) freedom and permanence of the permit
    most_relief: np.float32  # by which the log-odds of tax relief exceed 0, at most
    odds: np.ndarray  # (family or none, home, profile, origin) float32, odds_of_leaving where already asked for, else 0


def neutral_tables(country, is_home, nest) -> Tables:
    """Return :class:`Tables` in which every term of utility is zero, nobody needs a permit and no scheme runs.

    Parameters
    ----------
    country : (hub,); is_home : (home, hub) bool; nest : (home, origin, hub) int8, with dissimilarity 1 in each nest
    """
    (homes, hubs), zeros = is_home.shape, lambda *shape: np.zeros(shape, np.float32)
    return Tables(
        pull=zeros(homes, PROFILES, hubs),
        stay=zeros(1, PROFILES, hubs),
        trip=zeros(TIER_COUNT, hubs, hubs),
        permit=zeros(1, homes, SKILLS, hubs),
        newcomer_left=zeros(1, PROFILES, hubs),
        returnee_left=zeros(1, PROFILES, hubs),
        returning=zeros(PROFILES, hubs),
        remote=zeros(PROFILES, hubs),
        group_of=np.zeros((country.max() + 1, STATUS_COUNT), np.int64),
        free=np.ones((homes, hubs, hubs), np.float32),
        is_home=is_home,
        nest=nest,
        inverse_dissimilarity=np.ones((homes, hubs, hubs), np.float32),
        dissimilarity=np.ones(4, np.float32),
        country=country,
        closed=np.zeros((homes, hubs), bool),
        any_closed=False,
        relief=np.zeros((homes, hubs), np.uint64),
        returnee_abroad=np.zeros(hubs, np.int32),
        b_friend=np.float32(0),
        log_colleague=np.float32(0),
        colleague_share=0.0,
        family_share=np.float32(0),
        year=0,
        back=zeros(homes, hubs),
        route_country=np.zeros(1, np.int64),
        route_value=zeros(1),
        most_relief=np.float32(0),
        odds=zeros(2, homes, PROFILES, hubs),
    )


@njit(cache=True, no_cfunc_wrapper=True)
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


class Hiring(NamedTuple):
    """Probabilities of a new job's sector, remote work and employer's hub, from ``labour.hiring`` (E10, E11)."""

    sector: np.ndarray  # (profile, hub, sector) float32, cumulative probabilities
    remote: np.ndarray  # (role, sector) float32, share of engineers who work remotely
    employer: np.ndarray  # (hub, hub) float32, cumulative probabilities of a remote worker's employer, by residence
    keys: np.ndarray  # (3,) uint64, draws of the sector, of remote work and of the employer


class Teams(NamedTuple):
    """Leaders of teams and the years of their last moves, from ``teams`` (E12)."""

    leader: np.ndarray  # (team,) int32 slot, -1 for none
    moved: np.ndarray  # (team,) int16 year


class Workspace(NamedTuple):
    """Work space for one batch of engineers, allocated once a thread."""

    v: np.ndarray  # (engineer, hub) float32: utilities, then exponents, then exponentials
    bits: np.ndarray  # (engineer * hub,) int32: powers of two as bit patterns
    scale: np.ndarray  # (engineer * hub,) the memory of ``bits`` read as float32
    sums: np.ndarray  # (nest,) float32, sums of exponentials
    worth: np.ndarray  # (nest,) float32, sums of exponentials to the power of the dissimilarity
    column: np.ndarray  # (8, engineer) int32: hub, home, category, status, arrival_year, abroad_since, sector, employer
    begin: np.ndarray  # (engineer,) int32, position at which the engineer's list of ties begins
    end: np.ndarray  # (engineer,) int32, position at which it ends
    tie: np.ndarray  # (tie,) int32, the lists of the batch, concatenated
    lives: np.ndarray  # (tie,) int8, hub of the contact at the other end of each tie
    colleagues: np.ndarray  # (engineer,) uint64 bit sets of the hubs where former colleagues live
    friends: np.ndarray  # (engineer,) uint64 bit sets of the hubs where friends live
    at: np.ndarray  # (engineer,) int64, positions of the engineers who are not sure to stay
    who: np.ndarray  # (engineer,) int64, their slots
    barred: np.ndarray  # (engineer,) int64, see choose_hubs
    held: np.ndarray  # (engineer,) int64, see choose_hubs


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def workspace_for(engineers, hubs):
    """Allocate the :class:`Workspace` of a batch of ``engineers`` who choose among ``hubs``."""
    bits = np.empty(engineers * hubs, np.int32)
    ties = MOST_TIES * engineers
    columns = np.empty((COLUMNS, engineers), np.int32)
    return Workspace(
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
        np.empty(engineers, np.int64),
        np.empty(engineers, np.int64),
        np.empty(engineers, np.int64),
        np.empty(engineers, np.int64),
    )


@njit(_nrt=False, no_cfunc_wrapper=True)
def uniform_at(key, slot):
    """Return one keyed uniform draw in [0, 1), bit for bit equal to ``rng.uniform``."""
    x = key + uint64(slot) * GOLDEN
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    x = x ^ (x >> S31)
    return np.float64(x >> S11) * TO_UNIT


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def uniforms(key, slots):
    """Return the keyed uniform draws of ``slots`` (slot,), bit for bit equal to ``rng.uniform``."""
    u = np.empty(slots.size)
    for k in range(slots.size):
        u[k] = uniform_at(key, slots[k])
    return u


@step
def draw_block(u, key, first, last) -> None:
    """Fill ``u`` with the keyed uniform draws of the slots from ``first`` to ``last``."""
    for k in range(last - first):
        u[k] = uniform_at(key, uint64(first + k))


@njit(_nrt=False, no_cfunc_wrapper=True)
def draws_below(bound, key, first, last, u, slots):
    """Find the slots from ``first`` to ``last`` whose keyed draws are below ``bound``; return their number.

    Where no hazard is above the bound, nobody else needs to be looked at. ``u`` and ``slots``, as long as the range,
    begin with their draws and numbers afterwards.
    """
    draw_block(u, key, first, last)
    n = uint64(0)
    # write every slot, and lengthen the list only by those below: a branch would cost more, see find_searchers
    for k in range(uint64(last - first)):
        draw = u[k]
        u[n], slots[n] = draw, first + np.int64(k)
        n += uint64(draw < bound)
    return n


@njit(fastmath={"contract"}, **STEP)
def exponentials(x, bits, scale) -> None:
    """Replace ``x`` (n,) float32, not positive, by ``exp(x)``, to one unit in the last place; by 0 below -87.

    The argument is split into a multiple of log 2, which becomes the exponent of the float, and a remainder, whose
    exponential is a polynomial. Source: Cephes, ``expf``. ``bits`` and ``scale`` (n,) are views of the same memory.
    """
    for k in range(x.size):
        y = max(x[k], float32(-87.0))
        whole = y * float32(1.44269504) + float32(12582912.0)  # adding 1.5 * 2**23 rounds to a whole number
        whole -= float32(12582912.0)
        # subtract log 2 in two parts, so that the remainder keeps all its bits
        r = y - whole * float32(0.693359375) + whole * float32(2.12194440e-4)
        p = float32(1.9875691500e-4)
        p = p * r + float32(1.3981999507e-3)
        p = p * r + float32(8.3334519073e-3)
        p = p * r + float32(4.1665795894e-2)
        p = p * r + float32(1.6666665459e-1)
        p = p * r + float32(5.0000001201e-1)
        # 127 is the bias of the exponent, which begins at bit 23
        bits[k] = (int32(whole) + int32(127)) << int32(23)
        x[k] = p * r * r + r + float32(1.0) if x[k] > float32(-87.0) else float32(0.0)
    for k in range(x.size):
        x[k] *= scale[k]


@intrinsic
def prefetch(typing, array, k):
    """Ask the memory for ``array[k]``, which will be read soon; many such requests are under way at once."""

    def code(context, builder, signature, args):
        data, i32 = context.make_array(signature.args[0])(context, builder, args[0]).data, ir.IntType(32)
        where = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [where.type, i32, i32, i32])
        call = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [where, i32(0), i32(3), i32(1)])  # to read, into the nearest cache, data
        return context.get_dummy_value()

    return types.none(array, k), code


@step
def gather(who, people, space) -> None:
    """Copy the attributes of the engineers in slots ``who`` into the work space, one attribute after the other.

    One loop for each attribute lets the processor wait for many cache lines at once.
    """
    for k in range(who.size):
        space.column[0, k] = people.hub[uint64(who[k])]
    for k in range(who.size):
        space.column[1, k] = people.home[uint64(who[k])]
    for k in range(who.size):
        space.column[2, k] = people.category[uint64(who[k])]
    for k in range(who.size):
        space.column[3, k] = people.status[uint64(who[k])]
    for k in range(who.size):
        space.column[4, k] = people.arrival_year[uint64(who[k])]
    for k in range(who.size):
        space.column[5, k] = people.abroad_since[uint64(who[k])]
    for k in range(who.size):
        space.column[6, k] = people.sector[uint64(who[k])]
    for k in range(who.size):
        space.column[7, k] = people.employer_hub[uint64(who[k])]


@step
def find_ties(who, ties, residence_of_contacts, key, colleague_share, space) -> None:
    """Find the hubs where the former colleagues and the friends of the engineers ``who`` live, as bit sets.

    A former colleague in the engineer's own hub is left out, because they bring no new offer (E2). Of the other
    colleague ties those are in use whose own draw, the same from both ends, is below ``colleague_share``. Memory access
    to the lists of ties dominates the time of a simulated year; therefore the lists are read in stages.
    """
    # stage 1: positions at which the lists begin and end
    size = uint64(0)
    for k in range(who.size):
        space.begin[k] = ties.start[uint64(who[k])]
    for k in range(who.size):
        space.end[k] = min(ties.start[uint64(who[k]) + uint64(1)], space.begin[k] + MOST_TIES)
    for k in range(who.size):
        # a list of the usual length lies in one cache line or two
        prefetch(ties.ties, uint64(space.begin[k]))
        prefetch(ties.ties, uint64(space.end[k]))
    # stage 2: the lists
    for k in range(who.size):
        first, degree = uint64(space.begin[k]), uint64(space.end[k] - space.begin[k])
        for q in range(degree):
            space.tie[size + q] = ties.ties[first + q]
        size += degree
    # stage 3: residence of each contact; a friend is stored as ~j, and the shift turns it into j without a branch
    for q in range(size):
        prefetch(residence_of_contacts, uint64(space.tie[q] ^ (space.tie[q] >> int32(31))))
    for q in range(size):
        space.lives[q] = residence_of_contacts[uint64(space.tie[q] ^ (space.tie[q] >> int32(31)))]
    # stage 4: collect the hubs in bit sets, of friends and of former colleagues elsewhere
    at = uint64(0)
    for k in range(who.size):
        i, o, colleagues, friends = uint64(who[k]), space.column[0, k], uint64(0), uint64(0)
        for q in range(at, at + uint64(space.end[k] - space.begin[k])):
            j, hub = space.tie[q], space.lives[q]
            there = uint64(hub >= 0) << uint64(hub & 63)
            if j < 0:
                friends |= there
            elif hub != o and uniform_at(key, min(i, uint64(j)) * TIE_HASH + max(i, uint64(j))) < colleague_share:
                colleagues |= there
        at += uint64(space.end[k] - space.begin[k])
        space.colleagues[k], space.friends[k] = colleagues, friends


@step
def set_stayers_aside(first, last, who, u, people, keys, t, mode, barred, held, chosen, needs_permit, space):
    """Let those stay whose draw is below any probability of staying that ties could give them (E1 to E3).

    Their ties and the utilities of all hubs need not be read. The others are listed in ``space``; return their number.
    Arguments are those of :func:`choose_hubs`.
    """
    # ties and tax relief multiply the odds of leaving by this factor at most
    factor, n = np.exp(abs(t.log_colleague) + abs(t.b_friend) + t.most_relief), uint64(0)
    longest = t.newcomer_left.shape[0] - 1
    for k in range(uint64(first), uint64(last)):
        i = uint64(who[k])
        o, g, p = uint64(people.hub[i]), uint64(people.home[i]), uint64(people.category[i]) % uint64(PROFILES)
        family = uint64(uniform_at(keys[2], i) < t.family_share)
        odds = t.odds[family, g, p, o]
        if odds == 0:
            odds = odds_of_leaving(family, g, p, o, t, space)
            t.odds[family, g, p, o] = odds
        # the present job and the relief of residents multiply those of staying by exp(x), which is at least 1 + x
        own = 1 + t.stay[uint64(people.sector[i]), p, o]
        if t.relief[g, o] >> o & uint64(1):
            since = uint64(min(max(0, t.year - people.arrival_year[i]), longest))
            own += t.returnee_left[since, p, o] if t.is_home[g, o] else t.newcomer_left[since, p, o]
        own = max(own, 0.0)
        stays = (mode == FREELY) & (u[k] * (own + odds * factor) < SURE * own)
        # remote workers, permits held, and a draw of 1 of those who need permits have terms of their own
        stays &= (people.employer_hub[i] == people.hub[i]) & (held[k] < 0) & (float32(uniform_at(keys[1], i)) < 1)
        chosen[k], needs_permit[k] = o, False
        space.who[n], space.at[n], space.barred[n], space.held[n] = i, k, barred[k], held[k]
        n += uint64(not stays)
    return n


@njit(fastmath=ORDERLY, **STEP)
def odds_of_leaving(family, g, p, o, t, space):
    """Return the odds of leaving hub ``o`` without ties and tax relief, at most over statuses and nationalities."""
    hubs, v, work = uint64(t.country.size), space.v[0], p // uint64(TASTE_COUNT)
    burden = family * uint64(TIER_COUNT) + p // uint64(TIER_STEP)
    for d in range(hubs):
        v[d] = t.permit[0, g, work, d]
    for group in range(1, t.permit.shape[0]):
        for d in range(hubs):
            v[d] = max(v[d], t.permit[group, g, work, d])
    for d in range(hubs):
        # everybody needs a permit, nobody, or some
        free, permit = t.free[g, o, d], v[d] if t.free[g, o, d] <= float32(0.0) else max(v[d], float32(0.0))
        v[d] = t.pull[g, p, d] - t.trip[burden, o, d] + (permit if free < float32(1.0) else float32(0.0))  # E1, E2
        v[d] += t.back[g, o] if t.nest[g, o, d] == 2 else float32(0.0)  # E3
    best = UNAVAILABLE
    for d in range(hubs):
        best = max(best, v[d])
    if not v[o] > UNAVAILABLE:
        return float32(np.inf)
    for d in range(hubs):
        v[d] = (v[d] - best) * t.inverse_dissimilarity[g, o, d]  # E3
    exponentials(v, space.bits, space.scale)
    stay, residence, origin, third = nest_sums(v, t.nest[g, o])
    total = residence ** t.dissimilarity[1] + origin ** t.dissimilarity[2] + third ** t.dissimilarity[3]  # E3
    return total / stay if stay > 0 else float32(np.inf)


@njit(fastmath=ORDERLY, **STEP)
def utilities(who, keys, t, mode, barred, held, space) -> None:
    """Fill ``space.v`` (engineer, hub) with the exponents of E3: utility less its maximum, over the dissimilarity.

    Parameters
    ----------
    who : (engineer,) slots; keys : (3,) uint64, draws of ties, of nationality and of family
    t : Tables; mode, barred, held : see :func:`choose_hubs`
    """
    hubs, v = uint64(t.country.size), space.v
    for k in range(uint64(who.size)):
        o, g, status = uint64(space.column[0, k]), uint64(space.column[1, k]), uint64(space.column[3, k])
        p = uint64(space.column[2, k]) % uint64(PROFILES)
        work, country = p // uint64(TASTE_COUNT), t.country[o]
        burden = uint64(uniform_at(keys[2], who[k]) < t.family_share) * uint64(TIER_COUNT) + p // uint64(TIER_STEP)
        group, nation = uint64(t.group_of[uint64(country), status]), float32(uniform_at(keys[1], who[k]))
        # terms that depend on the hub, on the corridor and on the permit; rows, so that the loop runs on vectors
        pull, trip, permit = t.pull[g, p], t.trip[burden, o], t.permit[group, g, work]
        free, nest = t.free[g, o], t.nest[g, o]
        row, back = v[k], t.back[g, o]
        for d in range(hubs):
            wait = permit[d]
            x = pull[d] - trip[d]  # E1, E2
            x += wait if nation >= free[d] else float32(0.0)  # E2
            x += back if nest[d] == 2 else float32(0.0)  # E3
            row[d] = x
        v[k, o] += t.stay[uint64(space.column[6, k]), p, o]  # E10
        if held[k] >= 0:
            # a permit that is held needs no waiting and no luck (E5)
            for d in range(hubs):
                if t.country[d] == t.route_country[held[k]] and t.country[d] != country and nation >= t.free[g, o, d]:
                    v[k, d] = t.pull[g, p, d] - t.trip[burden, o, d] + t.route_value[held[k]]  # E2
        if uint64(space.column[7, k]) != o:
            # remote workers compare their pay with that of a local job, which those who need a permit must take
            for d in range(hubs):
                v[k, d] += t.remote[p, d] if nation < t.free[g, o, d] else float32(0.0)  # E11
        relieve(v[k], t.relief[g, o], g, p, country, space.column[4, k], space.column[5, k], t)
        # terms of ties, then the choice set
        add_to(v[k], space.colleagues[k], t.log_colleague)  # E2
        add_to(v[k], space.friends[k], t.b_friend)  # E2
        if mode != FREELY or t.any_closed or barred[k] >= 0:
            apply_availability(o, g, nation, t, mode, barred[k], country_held(held[k], t.route_country), v[k])
        # subtract the maximum, so that no exponential overflows
        best = UNAVAILABLE
        for d in range(hubs):
            x = v[k, d]
            best = x if x > best else best
        if best > UNAVAILABLE:
            for d in range(hubs):
                v[k, d] = (v[k, d] - best) * t.inverse_dissimilarity[g, o, d]  # E3


@intrinsic
def lowest_bit(typing, x):
    """Return the position of the lowest bit set in ``x``, which is not 0."""
    return x(x), lambda context, builder, signature, args: builder.cttz(args[0], context.get_constant(types.boolean, 1))


@intrinsic
def bits_set(typing, x):
    """Return the number of bits set in ``x``."""
    return x(x), lambda context, builder, signature, args: builder.ctpop(args[0])


@njit(inline="always")
def relieve(v, hubs, g, p, country, arrival_year, abroad_since, t) -> None:
    """Replace a newcomer's tax relief by the relief to which an engineer is entitled (E1); change ``v`` (hub,).

    In the country of residence that is the rest of the relief which began on arrival; in the home country it is the
    relief of returnees, if they have been abroad for long enough. ``hubs`` is the bit set of both.
    """
    longest = t.newcomer_left.shape[0] - 1
    since, away = uint64(min(max(0, t.year - arrival_year), longest)), int32(t.year - abroad_since)
    for _ in range(bits_set(hubs)):
        d = lowest_bit(hubs)
        hubs &= hubs - uint64(1)
        back, new = t.returnee_left[since, p, d], t.newcomer_left[since, p, d]
        full, nothing = t.returning[p, d], t.returnee_left[longest, p, d]
        resident, arrival = back if t.is_home[g, d] else new, full if away >= t.returnee_abroad[d] else nothing
        v[d] += resident if t.country[d] == country else arrival


@njit(inline="always")
def add_to(v, hubs, amount) -> None:
    """Add ``amount`` to the utilities ``v`` (hub,) of all hubs in the bit set ``hubs``."""
    while hubs:
        v[lowest_bit(hubs)] += amount
        hubs &= hubs - uint64(1)


@step
def country_held(route, route_country):
    """Return the country for which an engineer holds the permit ``route``, -1 without one."""
    return np.int64(route_country[route]) if route >= 0 else np.int64(-1)


@inlined
def needs_a_permit(nation, free, country, held_for):
    """Return whether an engineer needs a permit in a hub of ``country``: neither free there nor holding one.

    Numbers alone are passed: the tables would have 29 reference counts raised and lowered at each call.
    """
    return nation >= free and country != held_for


@step
def apply_availability(o, g, nation, t, mode, barred, held_for, v) -> None:
    """Set the utilities ``v`` (hub,) of alternatives outside the choice set to UNAVAILABLE.

    A closed border, a refusal by the country ``barred``, and the mode LEAVING exclude alternatives.
    """
    for d in range(t.country.size):
        abroad, needs = t.country[d] != t.country[o], needs_a_permit(nation, t.free[g, o, d], t.country[d], held_for)
        leaves = abroad and not needs
        unavailable = (abroad and t.closed[g, d]) or (needs and t.country[d] == barred)
        if unavailable or (mode != FREELY and not leaves):
            v[d] = UNAVAILABLE


@njit(fastmath=ORDERLY, forceinline=True, **STEP)  # a call would take twice as long as the sums
def nest_sums(e, nest):
    """Return the sums of the exponentials ``e`` (hub,) in the four nests (E3)."""
    stay = residence = origin = third = float32(0.0)
    for d in range(e.size):
        x, n = e[d], nest[d]
        stay += x if n == 0 else float32(0.0)
        residence += x if n == 1 else float32(0.0)
        origin += x if n == 2 else float32(0.0)
        third += x if n == 3 else float32(0.0)
    return stay, residence, origin, third


@intrinsic
def as_bits(typing, x):
    """Return the bits of a float32 as int32."""
    return int32(x), lambda context, builder, _, args: builder.bitcast(args[0], context.get_value_type(int32))


@intrinsic
def as_float(typing, x):
    """Return the float32 of the bits in an int32."""
    return float32(x), lambda context, builder, _, args: builder.bitcast(args[0], context.get_value_type(float32))


@njit(inline="always")
def power_bound(x, exponent):
    """Return an upper bound of the power of ``x``, float32, not negative, at most a tenth above it.

    The bits of a float are a logarithm to the base 2 that is linear between whole numbers, too low by 0.0861 at most;
    read backwards they give an exponential that is never too low. Source: Mitchell 1962, IRE Transactions EC-11.
    """
    one, unit = float32(127.0), float32(8388608.0)  # bias of the exponent, and 2**23, where it begins
    log = float32(as_bits(x)) / unit - one + float32(0.087)
    return as_float(int32((exponent * log + one) * unit))


@njit(inline="always")
def draw_nested(o, e, nest, dissimilarity, u, s, worth):
    """Draw a hub by nested logit (E3) from one uniform ``u``; return -1 if no alternative is available.

    The alternatives partition the unit interval by nest, then by hub. ``e`` (hub,) is the exponentials of the
    exponents, ``o`` the hub of residence; ``s`` and ``worth`` (nest,) are work space.
    """
    s[0], s[1], s[2], s[3] = nest_sums(e, nest)
    # most people stay: a bound of the weights tells so for nearly all of them, and spares the powers
    most = s[0] + power_bound(s[1], dissimilarity[1]) + power_bound(s[2], dissimilarity[2])
    if u * (most + power_bound(s[3], dissimilarity[3])) < s[0]:
        return np.int64(o)
    # weight of each nest: its sum to the power of its dissimilarity
    worth[0] = total = s[0]  # staying has no dissimilarity
    for n in range(1, 4):
        worth[n] = s[n] if s[n] == 0.0 or dissimilarity[n] == 1.0 else s[n] ** dissimilarity[n]  # E3
        total += worth[n]
    point, chosen, last = u * total, -1, np.int64(-1)
    if point < worth[0]:
        return np.int64(o)
    # find the nest in which the point falls, and stretch the point to the nest's sum
    for n in range(4):
        if s[n] > 0.0:
            chosen = n
            if point < worth[n]:
                point *= s[n] / worth[n]
                break
            point -= worth[n]
    passed = np.float64(0.0)
    # find the hub inside the nest
    for d in range(uint64(e.size)):
        x = np.float64(e[d]) if nest[d] == chosen else 0.0
        passed += x
        if point < passed:
            return np.int64(d)
        last = np.int64(d) if x > 0.0 else last
    return last  # rounding may leave the point beyond the last alternative


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def choose_hubs(
    first,
    last,
    who,
    u,
    people,
    residence_of_contacts,
    ties,
    keys,
    t,
    mode,
    barred,
    held,
    chosen,
    needs_permit,
    contacts,
) -> None:
    """Draw the hubs that the engineers ``who[first:last]`` choose, and whether they need a permit there (E1 to E3).

    Engineers without any available alternative stay.

    Parameters
    ----------
    who, u : (engineer,) slots and uniform draws
    residence_of_contacts : (slot,) int8 hub
    keys : (3,) uint64, draws of ties, of nationality and of family
    mode : FREELY for any choice, LEAVING for hubs abroad that need no permit
    barred : (engineer,) country whose permits the engineer cannot get, -1 for none
    held : (engineer,) route of a permit that the engineer holds abroad, -1 for none
    chosen, needs_permit : (engineer,) written from ``first`` to ``last``
    contacts : (engineer,) int64, written for those who choose another hub: bit set of their former colleagues' hubs
    """
    space = workspace_for(min(BATCH, last - first), t.country.size)
    for begin in range(first, last, BATCH):
        end = min(begin + BATCH, last)
        n = set_stayers_aside(begin, end, who, u, people, keys, t, mode, barred, held, chosen, needs_permit, space)
        part = space.who[:n]
        gather(part, people, space)
        find_ties(part, ties, residence_of_contacts, keys[0], t.colleague_share, space)
        utilities(part, keys, t, mode, space.barred, space.held, space)
        exponentials(space.v[:n].reshape(-1), space.bits, space.scale)
        for k in range(n):
            i, o, g = space.at[k], uint64(space.column[0, k]), uint64(space.column[1, k])
            d = draw_nested(o, space.v[k], t.nest[g, o], t.dissimilarity, u[i], space.sums, space.worth)
            if d >= 0 and d != o:
                place, held_for = uint64(d), country_held(space.held[k], t.route_country)
                nation, chosen[i], contacts[i] = float32(uniform_at(keys[1], part[k])), d, space.colleagues[k]
                needs_permit[i] = needs_a_permit(nation, t.free[g, o, place], t.country[place], held_for)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def hubs_with_contacts(who, people, residence_of_contacts, ties, keys, colleague_share):
    """Return (2, engineer) uint64 bit sets of the hubs where former colleagues and friends of ``who`` live."""
    by_kind, space = np.empty((2, who.size), np.uint64), workspace_for(min(BATCH, who.size), np.int64(1))
    for begin in range(0, who.size, BATCH):
        part = who[begin : min(begin + BATCH, who.size)]
        for k in range(part.size):
            space.column[0, k] = people.hub[uint64(part[k])]
        find_ties(part, ties, residence_of_contacts, keys[0], colleague_share, space)
        for k in range(part.size):  # a loop, because a slice takes five times as long to compile
            by_kind[0, begin + k], by_kind[1, begin + k] = space.colleagues[k], space.friends[k]
    return by_kind


def is_compiled() -> bool:
    """Return whether numba has a compiled copy of the kernels on this machine, of the present source."""
    return bool(choose_hubs._cache._cache_file._load_index())  # numba has no public attribute for it


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def choose_next(
    first,
    last,
    who,
    u,
    people,
    residence_of_contacts,
    ties,
    keys,
    t,
    barred,
    held,
    offer,
    bonus,
    leaving,
    chosen,
    needs_permit,
    contacts,
) -> None:
    """Draw the second choice of engineers whom a country has refused, some of them with an offer elsewhere (E3, E5).

    The probability of a hub is that of the second choice given that the first one was in the refusing country: the
    gain of the hub's probability when that country is removed, normalised.

    Parameters
    ----------
    barred : (engineer,) country whose permits the engineer cannot get
    offer : (engineer,) hub of a job offer, -1 for none; its weight is multiplied by ``exp(bonus)``
    leaving : bool; if true, the choice set is the hubs abroad that need no permit, and the offer
    who, u, residence_of_contacts, keys, held, chosen, needs_permit, contacts : see :func:`choose_hubs`
    """
    space, hubs = workspace_for(min(BATCH, last - first), t.country.size), uint64(t.country.size)
    weight, kept, more = np.empty(t.country.size), np.empty(t.country.size, np.float32), np.exp(bonus)
    sums, before, after = np.empty(4), np.empty(4), np.empty(4)
    none = np.full(BATCH, -1, np.int64)
    for begin in range(first, last, BATCH):
        part = who[begin : min(begin + BATCH, last)]
        gather(part, people, space)
        find_ties(part, ties, residence_of_contacts, keys[0], t.colleague_share, space)
        utilities(part, keys, t, np.int64(FREELY), none, held[begin:], space)
        exponentials(space.v[: part.size].reshape(-1), space.bits, space.scale)
        for k in range(part.size):
            i, o, g = begin + k, uint64(space.column[0, k]), uint64(space.column[1, k])
            nation, e, nest, total = float32(uniform_at(keys[1], part[k])), space.v[k], t.nest[g, o], 0.0
            held_for = country_held(held[i], t.route_country)
            # probabilities before and after the refusing country is removed
            nested_sums(e, nest, t.dissimilarity, sums, before)
            for d in range(hubs):
                needs = needs_a_permit(nation, t.free[g, o, d], t.country[d], held_for)
                unavailable = needs and t.country[d] == barred[i]
                stays = leaving and (needs or t.country[d] == t.country[o]) and d != uint64(offer[i])
                kept[d] = float32(0.0) if unavailable or stays else e[d]
            nested_sums(kept, nest, t.dissimilarity, sums, after)
            # weight of each hub: gain of probability, more with an offer; rounding may make a gain negative
            for d in range(hubs):
                n = uint64(nest[d])
                p = kept[d] * after[n] - (e[d] * before[n] if not leaving and kept[d] > 0.0 else 0.0)
                weight[d] = max(p, 0.0) * (more if d == uint64(offer[i]) else 1.0)
                total += weight[d]
            # draw a hub in proportion to the weights; engineers without an alternative stay
            chosen[i], contacts[i], point = o, space.colleagues[k], u[i] * total
            for d in range(hubs):
                if total > 0.0 and weight[d] > 0.0:
                    chosen[i] = d
                    if point < weight[d]:
                        break
                    point -= weight[d]
            d = uint64(chosen[i])
            needs_permit[i] = d != o and needs_a_permit(nation, t.free[g, o, d], t.country[d], held_for)


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def choose_to_hold(first, last, who, u, people, residence_of_contacts, ties, keys, t, held, delta, takes, hub) -> None:
    """Find the people who take a permit that they may hold, and those of them who move with it (E3, E5).

    A person takes the permit if the draw is below the probability of choosing its country with utilities raised by
    ``delta``, and moves if it is below that probability as it is: of the people who take it about ``exp(-delta)`` move.

    Parameters
    ----------
    held : (engineer,) route of the permit that each engineer would hold; delta : log-odds
    takes : (engineer,) bool, hub : (engineer,) the destination, -1 for people who stay: written from ``first`` to
        ``last``. People who need no permit there take none
    who, u, people, residence_of_contacts, ties, keys, t : see :func:`choose_hubs`
    """
    space, none = workspace_for(min(BATCH, last - first), t.country.size), np.full(BATCH, -1, np.int64)
    raised, sums, before, more = np.empty(t.country.size, np.float32), np.empty(4), np.empty(4), np.empty(4)
    for begin in range(first, last, BATCH):
        part = who[begin : min(begin + BATCH, last)]
        gather(part, people, space)
        find_ties(part, ties, residence_of_contacts, keys[0], t.colleague_share, space)
        utilities(part, keys, t, np.int64(FREELY), none, held[begin:], space)
        exponentials(space.v[: part.size].reshape(-1), space.bits, space.scale)
        for k in range(part.size):
            i, o, g, e = begin + k, uint64(space.column[0, k]), uint64(space.column[1, k]), space.v[k]
            nation, there = float32(uniform_at(keys[1], part[k])), t.route_country[held[i]]
            opens = False
            for d in range(t.country.size):
                raised[d] = e[d]
                if t.country[d] == there:
                    raised[d] *= np.exp(float32(delta) * t.inverse_dissimilarity[g, o, d])
                    opens |= nation >= t.free[g, o, d]
            nested_sums(e, t.nest[g, o], t.dissimilarity, sums, before)
            nested_sums(raised, t.nest[g, o], t.dissimilarity, sums, more)
            hub[i], passed, after = -1, 0.0, 0.0
            for d in range(t.country.size):
                if t.country[d] == there:
                    passed += e[d] * before[t.nest[g, o, d]]
                    after += raised[d] * more[t.nest[g, o, d]]
                    hub[i] = d if opens and hub[i] < 0 and u[i] < passed else hub[i]
            takes[i] = opens and (u[i] < after or hub[i] >= 0)


@step
def nested_sums(e, nest, dissimilarity, s, factor):
    """Fill ``factor`` (nest,) with what turns the exponentials ``e`` (hub,) of each nest into probabilities (E3).

    ``s`` (nest,) is work space: the sum of each nest. A call that allocates arrays of four takes ten times as long.
    """
    s[0] = s[1] = s[2] = s[3] = total = 0.0
    for d in range(uint64(e.size)):
        s[uint64(nest[d])] += e[d]
    for n in range(4):
        factor[n] = s[n] ** dissimilarity[n] if s[n] > 0.0 else 0.0
        total += factor[n]
    for n in range(4):
        factor[n] = factor[n] / s[n] / total if s[n] > 0.0 else 0.0


# The next two functions are called only for engineers who take a job: a call that passes arrays costs as much as the
# rest of a pass over the engineers.


@step
def new_sector(i, hub, category, hiring):
    """Draw the sector of the next job of the engineer in slot ``i`` (E10)."""
    u, kind, sector = float32(uniform_at(hiring.keys[0], i)), uint64(category) % uint64(PROFILES), int32(0)
    for k in range(uint64(hiring.sector.shape[2] - 1)):
        sector += int32(u >= hiring.sector[kind, uint64(hub), k])
    return sector


@step
def employer_elsewhere(i, hub, hiring):
    """Draw the employer's hub of the remote worker in slot ``i`` (E11); it may be the hub of residence."""
    u, employer = float32(uniform_at(hiring.keys[2], i)), int32(0)
    for d in range(uint64(hiring.employer.shape[1] - 1)):
        employer += int32(u >= hiring.employer[uint64(hub), d])
    return employer


@njit(inline="always")
def remote_share(category, sector, hiring):
    """Return the share of engineers who work remotely in a role and sector (E11)."""
    return hiring.remote[uint64(ROLE_OF[uint64(category)]), uint64(sector)]


@njit(cache=True, no_cfunc_wrapper=True)
def share_tied(home, hub, bits, homes, hubs):
    """Return (home, hub) the share of the engineers who live elsewhere that have a contact in the hub.

    ``home`` and ``hub`` are (engineer,), hub -1 for absent; ``bits`` (engineer,) are the hubs of their contacts.
    """
    tied, residents, one = np.zeros((homes, hubs), np.int64), np.zeros((homes, hubs), np.int64), np.uint64(1)
    for k in range(home.size):
        if hub[k] >= 0:
            # count all hubs without a branch, so that the loop runs on vectors, then take the hub of residence out
            row, here = tied[home[k]], np.uint64(hub[k])
            for d in range(np.uint64(hubs)):
                row[d] += np.int64(bits[k] >> d & one)
            row[here] -= np.int64(bits[k] >> here & one)
            residents[home[k], here] += 1
    # element by element: whole rows and arrays would take seven times as long to compile
    share = np.empty((homes, hubs))
    for g in range(homes):
        everyone = np.int64(0)
        for d in range(hubs):
            everyone += residents[g, d]
        for d in range(hubs):
            share[g, d] = tied[g, d] / max(everyone - residents[g, d], 1)
    return share


def kernel_folder() -> str:
    """Return the folder in which numba caches the compiled kernels of this module."""
    return choose_hubs._cache.cache_path


def compile_choices() -> None:
    """Compile the kernels of choices and of expected flows, by calls for nobody, and cache them on disk."""
    nobody, none = np.zeros(0, np.int64), np.zeros(0, np.bool_)
    nest, keys = np.zeros((1, 1, 1), np.int8), np.zeros(3, np.uint64)
    tables, people = neutral_tables(np.zeros(1, np.int8), np.ones((1, 1), np.bool_), nest), empty(0)
    choice = nobody, np.zeros(0), people, people.hub, no_ties(0), keys, tables
    choose_hubs(0, 0, *choice, FREELY, nobody, nobody, nobody, none, nobody)
    choose_next(0, 0, *choice, nobody, nobody, nobody, 0.0, False, nobody, none, nobody)
    colleagues, _ = hubs_with_contacts(nobody, *choice[2:6], 0.0)
    share_tied(people.home, people.hub, colleagues, 1, 1)
