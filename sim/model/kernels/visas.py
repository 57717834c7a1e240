"""The visa rounds and the months, compiled: applicants, routes, background demand, and months as one call (E1 to E6).

``moves.decide`` and ``visas.VisaSystem.hold_rounds`` define a month, in numpy; ``run_months`` runs all months between
two changes of the rules by functions named after the steps that they repeat, and ``tests/model/test_months.py`` checks
that both leave equal bytes. They work on one petition after the other and allocate nothing; without reference counts
they compile in a third of the time.

The kernels of choices and moves are not compiled into ``run_months`` a second time, where sums of floats might be
ordered otherwise: they are called at the addresses where they lie.
"""

from typing import NamedTuple

import numpy as np
from numba import njit, typeof, types, uint64
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic

from sim.compiled import inlined, step
from sim.model.kernels.choice import FREELY, choose_hubs, choose_next, uniform_at
from sim.model.kernels.moves import count_contacts, count_tied, relocate
from sim.model.rng import MIX_1, MIX_2, S27, S30, S31, word
from sim.world.engineers import ROLE_OF, TIER_OF

LANES = 8  # partial sums of numpy's sum over a short axis
# rows of a list of petitions: slot, hub, route, month of application, month in which processing ends (of those who move
# at once, the hubs of their former colleagues as a bit set); and how many
SLOT, HUB, ROUTE, MONTH, DUE, SIZE = range(6)
# lists: filed this month, in capped queues, waiting for the next draw, granted and in processing; refused this month,
# those of them whose employer still wants the engineer, engineers who have accepted an offer abroad; to be decided now,
# to be moved now
NEW, QUEUED, WAITING, GRANTED, REFUSED, LOST, TRANSFERRED, OPEN, MOVERS = range(9)
# work space: slots of engineers who choose, their hubs, the countries that have refused them, the hubs of their offers,
# the hubs of their former colleagues
WHO, CHOSEN, COUNTRY, OFFERED, CONTACTS, NONE = range(6)
APPLICANTS, APPLICANTS_ABROAD, GRANTS, GRANTS_ABROAD, LOST_PETITIONS = range(5)  # counts by route
QUESTIONS = ("destination", "employer pays", "approval", "queue", "offer", "offer hub", "next best")
DESTINATION, EMPLOYER_PAYS, APPROVAL, TURN, OFFER, OFFER_HUB, NEXT_BEST = range(len(QUESTIONS))
CHOOSE, CHOOSE_NEXT, COUNT_TIED, RELOCATE, BEST_ROUTE = range(5)  # kernels that are called at their addresses
WHOLE, TO_INTAKE, FROM_INTAKE, BEFORE_START = range(4)  # parts of a stretch of months, see run_months


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def valid(slots, hubs, hub, target, seen):
    """Return which petitions are still valid: (petition,) bool.

    A petition is valid if the engineer is still in the occupation, still wants this hub, and has no earlier valid
    petition in the list. ``seen`` (slot,) bool is work space; it is all False before and after.
    """
    stands = np.empty(slots.size, np.bool_)
    for k in range(slots.size):
        i = uint64(slots[k])
        stands[k] = hub[i] >= 0 and target[i] == hubs[k] and not seen[i]
        seen[i] |= stands[k]
    # reset the work space, only where it was touched
    for k in range(slots.size):
        seen[uint64(slots[k])] = False
    return stands


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def best_route(
    first,
    last,
    slots,
    hubs,
    people,
    country,
    group_of,
    of_country,
    for_whom,
    side,
    is_open,
    access_share,
    access_key,
    most,
    appeal,
    chosen,
) -> None:
    """Choose for each applicant the accessible route with the highest appeal (E5).

    Parameters
    ----------
    slots, hubs : (applicant,) engineer, and the hub applied for
    group_of : (country, status) group of residents with routes of their own
    of_country : (country, k) routes of the country, padded with -1
    for_whom : (group, home, route) bool; side : (route,) bool, whether the route takes applications from abroad, or
        from inside the country
    is_open : (tier, role, hub, k) bool; appeal : (tier, route)
    access_share : (route,) share of people for whom the route is accessible in practice, drawn by ``access_key``
    most : upper bound of the number of routes, which numbers the draws
    chosen : (applicant,) written from ``first`` to ``last``: the route, -1 if none is accessible
    """
    for k in range(first, last):
        i, d = uint64(slots[k]), uint64(hubs[k])
        tier, role = TIER_OF[uint64(people.category[i])], ROLE_OF[uint64(people.category[i])]
        group, home = group_of[country[uint64(people.hub[i])], people.status[i]], uint64(people.home[i])
        chosen[k], best = -1, 0.0
        for place in range(of_country.shape[1]):
            route = of_country[country[d], place]
            # skip routes that are not open to this engineer in this hub
            if route < 0 or not (is_open[tier, role, d, place] and side[route] and for_whom[group, home, route]):
                continue
            # take the route if it beats the best so far and the engineer's own draw makes it accessible
            if (
                appeal[tier, route] > best
                and uniform_at(access_key, i * uint64(most) + uint64(route)) < access_share[route]
            ):
                chosen[k], best = route, appeal[tier, route]


@inlined
def spread(p, t, r, d, usable, pattern, value, access_share, some, share) -> None:
    """Write the shares of the routes of one hub into ``share`` (k,), see :func:`by_appeal`; ``some`` is work space."""
    routes, count = share.size, 0
    # sort the open routes by falling appeal; ties keep their order
    for k in range(routes):
        share[k] = 0.0
        if usable[t, r, d, k] and pattern[p, d, k] and value[t, d, k] > 0.0:
            at = count
            while at > 0 and value[t, d, some[at - 1]] < value[t, d, k]:
                some[at] = some[at - 1]
                at -= 1
            some[at] = k
            count += 1
    # each route takes its accessible share of the people whom no better route has taken
    left = 1.0
    for n in range(count):
        k = some[n]
        share[k] = left * access_share[d, k]
        left *= 1.0 - access_share[d, k]


@njit(cache=True, no_cfunc_wrapper=True)
def by_appeal(usable, pattern, value, access_share):
    """Return how people spread over routes if everybody takes the most appealing route accessible to them (E5).

    Parameters
    ----------
    usable : (tier, role, hub, k) bool, open to the tier and role; pattern : (pattern, hub, k) bool, to the pattern
    value : (tier, hub, k) appeal of a route
    access_share : (hub, k) share of people to whom the route is accessible in practice, independent between routes

    Returns
    -------
    (pattern, tier, role, hub, k) share of the people who take the route
    """
    tiers, roles, hubs, routes = usable.shape
    shares, some = np.empty((len(pattern), tiers, roles, hubs, routes)), np.empty(routes, np.int64)
    for p in range(len(pattern)):
        for t in range(tiers):
            for r in range(roles):
                for d in range(hubs):
                    spread(p, t, r, d, usable, pattern, value, access_share, some, shares[p, t, r, d])
    return shares


@njit(cache=True, no_cfunc_wrapper=True)
def mean_over_routes(usable, pattern, value, access_share, pull):
    """Return (pattern, tier, role, hub) the mean of ``pull`` over the applicants of each route, NaN without any (E2).

    Parameters
    ----------
    usable, pattern, value, access_share : of :func:`by_appeal`, which gives the shares of the routes
    pull : (tier, role, hub, k) log-odds
    """
    tiers, roles, hubs, routes = usable.shape
    mean, share, some = np.empty((len(pattern), tiers, roles, hubs)), np.empty(routes), np.empty(routes, np.int64)
    reached, total, whole = np.empty(LANES), np.empty(LANES), routes - routes % LANES
    for p in range(len(pattern)):
        for t in range(tiers):
            for r in range(roles):
                for d in range(hubs):
                    spread(p, t, r, d, usable, pattern, value, access_share, some, share)
                    # sums in the order of numpy: in lanes, then the lanes in pairs, then the rest
                    for k in range(LANES):
                        reached[k] = total[k] = 0.0
                    for k in range(whole):
                        reached[k % LANES] += share[k]
                        total[k % LANES] += share[k] * pull[t, r, d, k]
                    reach, weighted = in_pairs(reached), in_pairs(total)
                    for k in range(whole, routes):
                        reach += share[k]
                        weighted += share[k] * pull[t, r, d, k]
                    mean[p, t, r, d] = weighted / reach if reach > 0.0 else np.nan
    return mean


@inlined
def in_pairs(x):
    """Return the sum of eight numbers in the order in which numpy adds its partial sums."""
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))


@njit(cache=True, nogil=True, no_cfunc_wrapper=True)
def file_background(first, last, keys, p_in_country, level_bounds, p_pays, withdrawal, p_master):
    """Draw the background registrations numbered ``first`` to ``last`` and return those that are filed (E5).

    Parameters
    ----------
    keys : (6,) uint64, draws of place, wage level, fee, withdrawal, master's degree and lottery clock
    p_in_country, p_master : share already in the country; share with a local master's degree
    level_bounds : (4,) cumulative shares of the wage levels
    p_pays : probability that the employer of a registrant abroad pays the special fee
    withdrawal : share of the registrations at wage level I that are not filed

    Returns
    -------
    (registration,) uniform draw of the lottery clock, bool in the country, bool master's degree, int8 wage level from 0
    """
    size, n = last - first, 0
    clock_draw, level = np.empty(size), np.empty(size, np.int8)
    in_country, master = np.empty(size, np.bool_), np.empty(size, np.bool_)
    for i in range(first, last):
        in_country[n] = uniform_at(keys[0], i) < p_in_country
        u = uniform_at(keys[1], i)
        level[n] = (u >= level_bounds[0]) + (u >= level_bounds[1]) + (u >= level_bounds[2])
        master[n] = uniform_at(keys[4], i) < p_master
        clock_draw[n] = uniform_at(keys[5], i)
        # employers pay the special fee only for people abroad; a registration that is not filed is overwritten by the
        # next one
        pays = in_country[n] or uniform_at(keys[2], i) < p_pays
        n += pays and (level[n] > 0 or uniform_at(keys[3], i) >= withdrawal)
    return clock_draw[:n], in_country[:n], master[:n], level[:n]


# --- What the months read and change ----------------------------------------------------------------


class Terms(NamedTuple):
    """Rules, odds and places that visa rounds read and none changes, from ``visas.VisaSystem.terms``."""

    words: np.ndarray  # (question,) uint64, see ``rng.word``
    country: np.ndarray  # (hub,)
    home_country: np.ndarray  # (home,)
    access_share: np.ndarray  # (route,) share of people for whom the route is accessible
    within_company: np.ndarray  # (route,) the share of those whom their own employer transfers
    drawn: np.ndarray  # (route,) bool, selects by lottery
    capped: np.ndarray  # (route,) bool, has a cap that is served in the order of application
    allowed: np.ndarray  # (route,) agents admitted in the year
    p_pays: np.ndarray  # (tier, route) probability that the employer pays the special fee
    approval: np.ndarray  # (route,) probability of a grant
    filed: np.ndarray  # (route,) probability that a petition which is refused had been filed
    wait: np.ndarray  # (route,) months from a grant to the move
    affiliates: np.ndarray  # (hub,) weight of a hub in offers abroad
    is_followed: np.ndarray  # (country,) bool, there are data on what employers do after a loss
    relocation: float  # probability of an offer abroad after a loss
    offer_bonus: float  # log-odds
    colleague_share: float  # share of the colleague ties in use
    routes: tuple  # arguments of ``best_route`` from ``country`` to ``is_open``
    appeal: tuple  # and from ``access_key`` to ``appeal``
    moves: tuple  # arguments of ``relocate`` from ``country`` on


class Petitions(NamedTuple):
    """Lists of petitions, and work space for as many engineers."""

    lists: np.ndarray  # (list, 6, room) int64; the first lists[name, SIZE, 0] columns of a list are in use
    ints: np.ndarray  # (6, room) int64: see WHO to NONE
    u: np.ndarray  # (room,) float64
    flags: np.ndarray  # (room,) bool
    asked: np.ndarray  # (route,) float64
    seen: np.ndarray  # (slot,) bool, all False between the steps


def petitions_of(lists, room, routes, seen, before=None) -> Petitions:
    """Return :class:`Petitions` whose first lists begin as ``lists``, (row, n) each.

    Parameters
    ----------
    room : people who may file one besides; routes : number of routes; seen : (slot,) bool, all False
    before : Petitions whose memory is used again where it is large enough
    """
    sizes = [petitions.shape[1] for petitions in lists]
    room += sum(sizes) + 1
    if before is None or before.u.size < room:
        listed, ints = np.empty((MOVERS + 1, SIZE + 1, room), np.int64), np.full((NONE + 1, room), -1)
        before = Petitions(listed, ints, np.empty(room), np.empty(room, bool), np.empty(routes), seen)
    before.lists[:, SIZE, 0] = 0
    for to, petitions, size in zip(before.lists, lists, sizes, strict=False):
        to[: len(petitions), :size], to[SIZE, 0] = petitions, size
    return before._replace(seen=seen)


def listed(petitions, name, count) -> np.ndarray:
    """Return the first ``count`` rows of a list of :class:`Petitions`: (count, n) int64."""
    return petitions.lists[name, :count, : petitions.lists[name, SIZE, 0]].copy()


class Counts(NamedTuple):
    """Counts of the year, in agents, added to in place."""

    routes: np.ndarray  # (count, route), see APPLICANTS to LOST_PETITIONS
    by_tier: np.ndarray  # (route, tier) grants
    made: np.ndarray  # (country,) job offers abroad
    taken: np.ndarray  # (country,) those accepted
    turns: np.ndarray  # (month, route) share of petitions served within the cap: written
    tied: np.ndarray  # (1,) movers to a hub where a former colleague lives
    hubs_with_contacts: np.ndarray  # (origin, hub)


# --- Calls of kernels that are compiled already -----------------------------------------------------


NOWHERE = ((np.uint64(0), np.uint64(0)),) * 5  # entries of kernels that are never called
_entries: dict[tuple, tuple] = {}  # types and order of the arguments -> what `entries` returns


def entries(people, ties, keys, tables, terms, counts) -> tuple:
    """Return where the kernels lie that :func:`call` calls, compiled for such arguments.

    Returns
    -------
    a pair of uint64 for each kernel, from CHOOSE to BEST_ROUTE: its address, and a number for the types of its
    arguments and result
    """
    values = (*people, *ties, keys, *tables, *terms.routes, *terms.moves)
    kinds = tuple((x.dtype, x.flags.c_contiguous) if isinstance(x, np.ndarray) else type(x) for x in values)
    if kinds not in _entries:
        nobody, none = np.zeros(0, np.int64), np.zeros(0, np.bool_)
        choice = 0, 0, nobody, np.zeros(0), people, people.hub, ties, keys, tables
        share = terms.access_share
        calls = {
            choose_hubs: (*choice, FREELY, nobody, nobody, nobody, none, nobody),
            choose_next: (*choice, nobody, nobody, nobody, 0.0, False, nobody, none, nobody),
            count_tied: (nobody, nobody, people, ties, keys, 0.0, counts.hubs_with_contacts),
            relocate: (nobody, nobody, nobody, 0, people, *terms.moves),
            best_route: (0, 0, nobody, nobody, people, *terms.routes, share, *terms.appeal, nobody),
        }
        found = []
        for kernel, arguments in calls.items():
            kernel(*arguments)  # compiles it, or loads it
            result = kernel.overloads[tuple(typeof(argument) for argument in arguments)]
            address = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
            found.append((np.uint64(address), np.uint64(number_of(result.signature))))
        _entries[kinds] = tuple(found)
    return _entries[kinds]


def number_of(signature) -> int:
    """Return a number that tells the types of arguments and result of one kernel from those of others."""
    return word(0, f"{signature.return_type} {signature.args}")


@intrinsic
def call(typingctx, entry, arguments, like):
    """Call a compiled kernel with the tuple ``arguments``; its ``entry`` is one of :func:`entries`.

    ``like`` is of the type of its result, None for nothing.

    Raises
    ------
    TypeError
        if it was compiled for other types of arguments
    """
    result = types.none if like == types.none else like

    def code(context, builder, sig, values):
        """Return the value of the call, whose instructions it adds to those of the caller."""
        taken = [types.unliteral(argument) for argument in sig.args[1].types]
        address, number = (builder.extract_value(values[0], k) for k in (0, 1))
        expected = context.get_constant(types.uint64, number_of(signature(result, *taken)))
        with cgutils.if_unlikely(builder, builder.icmp_unsigned("!=", number, expected)):
            context.call_conv.return_user_exc(builder, TypeError, ("a kernel was compiled for other types",))
        # call it by numba's own convention
        kind = context.call_conv.get_function_type(result, taken)
        kernel = builder.inttoptr(address, kind.as_pointer())
        parts = [builder.extract_value(values[1], k) for k in range(len(taken))]
        status, returned = context.call_conv.call_function(builder, kernel, result, taken, parts)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value() if result == types.none else returned

    return signature(result, entry, arguments, like), code


# --- Petitions and draws ----------------------------------------------------------------------------


@step
def push(to, slot, hub, route, applied, due) -> None:
    """Append a petition to a list."""
    n = to[SIZE, 0]
    to[SLOT, n], to[HUB, n], to[ROUTE, n], to[MONTH, n], to[DUE, n] = slot, hub, route, applied, due
    to[SIZE, 0] = n + 1


@step
def copy(source, k, to) -> None:
    """Append petition ``k`` of the list ``source`` to the list ``to``, which may be the same one."""
    push(to, source[SLOT, k], source[HUB, k], source[ROUTE, k], source[MONTH, k], source[DUE, k])


@step
def keep_valid(petitions, people, seen) -> None:
    """Keep the valid petitions of a list: those whose engineer has neither moved nor left since, one for each."""
    size = petitions[SIZE, 0]
    petitions[SIZE, 0] = 0
    for k in range(size):
        if is_valid(petitions, k, people, seen):
            seen[uint64(petitions[SLOT, k])] = True
            copy(petitions, k, petitions)
    mark(petitions, False, seen)


@step
def is_valid(petitions, k, people, seen):
    """Return whether the engineer still wants what petition ``k`` asks for and has no earlier one in the list."""
    i = uint64(petitions[SLOT, k])
    return people.hub[i] >= 0 and people.target[i] == petitions[HUB, k] and not seen[i]


@step
def mark(petitions, value, seen) -> None:
    """Set ``seen`` to ``value`` for the engineers of a list."""
    for k in range(petitions[SIZE, 0]):
        seen[uint64(petitions[SLOT, k])] = value


@step
def key(word, year):
    """Return the key of a question in a year or month, bit for bit equal to ``rng.key``."""
    x = word + uint64(year + 1) * MIX_2
    x = (x ^ (x >> S30)) * MIX_1
    x = (x ^ (x >> S27)) * MIX_2
    return x ^ (x >> S31)


@step
def tier_of(people, i):
    """Return the tier of the engineer in slot ``i``."""
    return TIER_OF[uint64(people.category[i])]


# --- The steps of a month, named as in the definition -----------------------------------------------


@step
def decide_hubs(month, slots, calls, people, ties, keys, tables, terms, p):
    """Draw the hubs that the month's searchers choose; return their number."""
    n, draw = 0, key(terms.words[DESTINATION], month // 12)
    for k in range(slots.size):
        i = uint64(slots[k])
        if people.hub[i] >= 0 and people.target[i] < 0:
            p.ints[WHO][n], p.u[n] = i, uniform_at(draw, i)
            n += 1
    who, none, chosen, contacts = p.ints[WHO], p.ints[NONE], p.ints[CHOSEN], p.ints[CONTACTS]
    call(
        calls[CHOOSE],
        (0, n, who, p.u, people, people.hub, ties, keys, tables, FREELY, none, none, chosen, p.flags, contacts),
        None,
    )
    return n


@step
def act_on(month, n, who, people, p) -> None:
    """List the engineers who chose another hub: they move, or file an application if they need a permit."""
    for k in range(n):
        i, d = uint64(who[k]), p.ints[CHOSEN][k]
        if d != people.hub[i]:
            if p.flags[k]:
                people.target[i] = d
                push(p.lists[NEW], who[k], d, np.int64(-1), month, month)
            else:
                push(p.lists[MOVERS], who[k], d, np.int64(-1), month, p.ints[CONTACTS][k])


@step
def move(month, at_once, calls, people, ties, keys, terms, movers, counts) -> None:
    """Move the engineers of the list ``movers`` and record the moves.

    Since those who move ``at_once`` have chosen, nobody has moved: the former colleagues that they found still live
    where they did.
    """
    n = movers[SIZE, 0]
    if n:
        slots, hubs, route = movers[SLOT][:n], movers[HUB][:n], movers[ROUTE][:n]
        contacts = counts.hubs_with_contacts
        if at_once:
            for k in range(n):
                o, found = people.hub[uint64(slots[k])], uint64(movers[DUE, k])
                counts.tied[0] += count_contacts(o, hubs[k], found, contacts)
        else:
            known = slots, hubs, people, ties, keys, terms.colleague_share, contacts
            counts.tied[0] += call(calls[COUNT_TIED], known, n)
        call(calls[RELOCATE], (slots, hubs, route, month, people, *terms.moves), None)
    movers[SIZE, 0] = 0


@step
def arrive(month, people, closed, p) -> None:
    """List the engineers whose processing ends this month; those at a border that has closed give up."""
    due, size = p.lists[GRANTED], p.lists[GRANTED][SIZE, 0]
    for k in range(size):
        if due[DUE, k] == month and is_valid(due, k, people, p.seen):
            i = uint64(due[SLOT, k])
            p.seen[i] = True
            if closed[people.home[i], due[HUB, k]]:
                people.target[i] = -1
            else:
                copy(due, k, p.lists[MOVERS])
    # the others remain
    due[SIZE, 0] = 0
    for k in range(size):
        if due[DUE, k] == month:
            p.seen[uint64(due[SLOT, k])] = False
        else:
            copy(due, k, due)


@step
def submit(calls, people, terms, p, counts) -> None:
    """Assign routes to new applications and file them: for the draw, in the queue of a cap, or to be decided now."""
    new = p.lists[NEW]
    keep_valid(new, people, p.seen)
    find_routes(np.int64(0), new[SIZE, 0], calls, new, people, terms, terms.access_share)
    # applicants whom their own employer transfers
    mark(p.lists[TRANSFERRED], True, p.seen)
    for k in range(new[SIZE, 0] if p.lists[TRANSFERRED][SIZE, 0] else 0):
        if p.seen[uint64(new[SLOT, k])]:
            find_routes(k, k + 1, calls, new, people, terms, terms.within_company)
    mark(p.lists[TRANSFERRED], False, p.seen)
    p.lists[TRANSFERRED][SIZE, 0] = 0
    for k in range(new[SIZE, 0]):
        r = new[ROUTE, k]
        if r < 0:
            copy(new, k, p.lists[REFUSED])
        else:
            counts.routes[APPLICANTS, r] += 1.0
            counts.routes[APPLICANTS_ABROAD, r] += 1.0
            copy(new, k, p.lists[WAITING] if terms.drawn[r] else p.lists[QUEUED] if terms.capped[r] else p.lists[OPEN])
    new[SIZE, 0] = 0


@step
def find_routes(first, last, calls, new, people, terms, access_share) -> None:
    """Write the accessible route with the highest appeal, -1 for none, into petitions ``first`` to ``last``."""
    call(
        calls[BEST_ROUTE],
        (first, last, new[SLOT], new[HUB], people, *terms.routes, access_share, *terms.appeal, new[ROUTE]),
        None,
    )


@step
def serve_queues(month, people, terms, p, grants, turns) -> None:
    """List the petitions that fit into the caps: in order of application, ties by lot (E5).

    ``turns`` (route,) is set to the share of the petitions that fit.
    """
    queued, fits, mine = p.lists[QUEUED], p.flags, p.ints[CHOSEN]
    keep_valid(queued, people, p.seen)
    size = queued[SIZE, 0]
    for r in range(turns.size):
        p.asked[r] = 0.0
        turns[r] = 1.0
    for k in range(size):
        p.asked[queued[ROUTE, k]] += 1.0
    for r in range(turns.size):
        if p.asked[r] == 0.0:
            continue
        room, n = terms.allowed[r] - grants[r], 0
        for k in range(size):
            if queued[ROUTE, k] == r:
                mine[n] = k
                n += 1
        if p.asked[r] > room > 0.0:
            first_come(np.int64(n), mine, queued, key(terms.words[TURN], month), p.u)
        served = 0.0
        for rank in range(n):
            fits[mine[rank]] = p.asked[r] <= room or rank < room
            served += fits[mine[rank]]
        turns[r] = served / p.asked[r]
    queued[SIZE, 0] = 0
    for k in range(size):
        copy(queued, k, p.lists[OPEN] if fits[k] else queued)


@step
def first_come(n, mine, petitions, by_lot, lots) -> None:
    """Sort, in place, the ``n`` indices ``mine`` of petitions by month of application, those of a month by lot."""
    for k in range(n):
        lots[k] = uniform_at(by_lot, petitions[SLOT, mine[k]])
    # insertion with falling gaps (Shell 1959): a queue is nearly in order
    gap = 1
    while gap < n:
        gap = 3 * gap + 1
    while gap > 1:
        gap //= 3
        for k in range(gap, n):
            this, lot, at = mine[k], lots[k], k
            while at >= gap:
                before, applied = petitions[MONTH, mine[at - gap]], petitions[MONTH, this]
                if before < applied or (before == applied and lots[at - gap] <= lot):
                    break
                mine[at], lots[at] = mine[at - gap], lots[at - gap]
                at -= gap
            mine[at], lots[at] = this, lot


@step
def decide(month, people, terms, p, counts) -> None:
    """Decide the open petitions: who pays no fee or is not approved is refused, the others wait for their permit."""
    petitions, size = p.lists[OPEN], p.lists[OPEN][SIZE, 0]
    by_fee, by_approval = key(terms.words[EMPLOYER_PAYS], month // 12), key(terms.words[APPROVAL], month)
    # the employer's draw is one for the year, so that a second petition has no second chance
    petitions[SIZE, 0] = 0
    for k in range(size):
        i, r = petitions[SLOT, k], petitions[ROUTE, k]
        pays = uniform_at(by_fee, i) < terms.p_pays[tier_of(people, i), r]
        if not pays:
            counts.routes[LOST_PETITIONS, r] += 1.0
            copy(petitions, k, p.lists[LOST])
        copy(petitions, k, petitions if pays else p.lists[REFUSED])
    for k in range(petitions[SIZE, 0]):
        i, r = petitions[SLOT, k], petitions[ROUTE, k]
        u = uniform_at(by_approval, i)
        if u < terms.approval[r]:
            counts.by_tier[r, tier_of(people, i)] += 1.0
            counts.routes[GRANTS, r] += 1.0
            counts.routes[GRANTS_ABROAD, r] += 1.0
            petitions[DUE, k] = month + terms.wait[r]
        else:
            counts.routes[LOST_PETITIONS, r] += 1.0
            if u < terms.filed[r]:
                copy(petitions, k, p.lists[LOST])
        copy(petitions, k, p.lists[GRANTED] if u < terms.approval[r] else p.lists[REFUSED])
    petitions[SIZE, 0] = 0


@step
def choose_again(month, calls, people, ties, keys, tables, terms, p, counts) -> None:
    """Let the applicants refused this month choose again, some with an offer of their employer abroad (E5)."""
    refused, size = p.lists[REFUSED], p.lists[REFUSED, SIZE, 0]
    barred, offer, chosen, draw = p.ints[COUNTRY], p.ints[OFFERED], p.ints[CHOSEN], key(terms.words[NEXT_BEST], month)
    mark(p.lists[LOST], True, p.seen)
    for k in range(size):
        i = refused[SLOT, k]
        people.target[uint64(i)] = -1
        barred[k], p.u[k] = terms.country[refused[HUB, k]], uniform_at(draw, i)
        lost = p.seen[uint64(i)] and terms.is_followed[barred[k]]
        offer[k] = offer_of(i, month, people, terms) if lost else np.int64(-1)
        if offer[k] >= 0:
            counts.made[terms.country[offer[k]]] += 1.0
    mark(p.lists[LOST], False, p.seen)
    choice = 0, size, refused[SLOT], p.u, people, people.hub, ties, keys, tables
    call(
        calls[CHOOSE_NEXT],
        (*choice, barred, p.ints[NONE], offer, terms.offer_bonus, False, chosen, p.flags, p.ints[CONTACTS]),
        None,
    )
    # those who take the offer are transferred
    for k in range(size):
        if chosen[k] == offer[k] and offer[k] >= 0:
            counts.taken[terms.country[chosen[k]]] += 1.0
            copy(refused, k, p.lists[TRANSFERRED])
    act_on(month, size, refused[SLOT], people, p)
    refused[SIZE, 0] = p.lists[LOST, SIZE, 0] = 0


@step
def offer_of(i, month, people, terms):
    """Draw the job offer abroad of an employer who has lost the petition of slot ``i``: a hub, -1 for none (E5)."""
    if uniform_at(key(terms.words[OFFER], month), i) >= terms.relocation:
        return np.int64(-1)
    # draw the hub in proportion to the affiliates in countries other than those of origin and residence
    home, lives = terms.home_country[people.home[i]], terms.country[people.hub[i]]
    total, passed, hub = 0.0, 0.0, np.int64(0)
    for d in range(terms.country.size):
        total += terms.affiliates[d] if terms.country[d] != home and terms.country[d] != lives else 0.0
    point = uniform_at(key(terms.words[OFFER_HUB], month), i) * total
    for d in range(terms.country.size):
        passed += terms.affiliates[d] if terms.country[d] != home and terms.country[d] != lives else 0.0
        hub += passed <= point
    return hub if total > 0.0 else np.int64(-1)


@step
def drop(month, is_draw, people, terms, p) -> None:
    """Before the start: drop refusals, grants used by ``month``, and petitions for a draw that has taken place."""
    for name in (REFUSED, GRANTED, WAITING):
        petitions, size = p.lists[name], p.lists[name, SIZE, 0]
        petitions[SIZE, 0] = 0
        for k in range(size):
            used, drawn = petitions[DUE, k] == month, is_draw and terms.drawn[petitions[ROUTE, k]]
            if name == REFUSED or (name == GRANTED and used) or (name == WAITING and drawn):
                people.target[uint64(petitions[SLOT, k])] = -1
            else:
                copy(petitions, k, petitions)
    p.lists[LOST, SIZE, 0] = 0


@njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)
def run_months(
    first, last, part, draw_month, searchers, begin, calls, people, ties, keys, tables, terms, p, counts
) -> None:
    """Run the decision rounds and the visa rounds of the months from ``first`` to before ``last``, of one year.

    Parameters
    ----------
    part : WHOLE; or TO_INTAKE, without the end of the last month, or FROM_INTAKE, that end alone; or BEFORE_START,
        where nobody moves and nobody chooses again
    draw_month : month % 12 of the yearly intake
    searchers : slots of those who search, by month; begin : (13,) positions at which the months of a year begin
    calls : from :func:`entries`; ties, keys, tables : see ``choice.choose_hubs``
    terms : Terms; p : Petitions; counts : Counts
    """
    for month in range(first, last):
        at = month % 12
        if part != FROM_INTAKE:
            n = decide_hubs(month, searchers[begin[at] : begin[at + 1]], calls, people, ties, keys, tables, terms, p)
            act_on(month, n, p.ints[WHO], people, p)
            if part != BEFORE_START:
                move(month, True, calls, people, ties, keys, terms, p.lists[MOVERS], counts)
                arrive(month, people, tables.closed, p)
                move(month, False, calls, people, ties, keys, terms, p.lists[MOVERS], counts)
            submit(calls, people, terms, p, counts)
            serve_queues(month, people, terms, p, counts.routes[GRANTS], counts.turns[month - first])
            decide(month, people, terms, p, counts)
        if part == BEFORE_START:
            p.lists[MOVERS, SIZE, 0] = 0
            drop(month, at == draw_month, people, terms, p)
        elif part != TO_INTAKE or month < last - 1:
            choose_again(month, calls, people, ties, keys, tables, terms, p, counts)
            move(month, True, calls, people, ties, keys, terms, p.lists[MOVERS], counts)
