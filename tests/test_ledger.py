"""The books balance to the agent, or say where they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InvariantError
from sim.model.acts import cells, change_status, relocate
from sim.model.ledger import Books
from sim.world.engineers import PERMANENT, TEMPORARY, category, empty

HUBS, HOMES, TIERS, STATUSES = 3, 2, 3, 6


def people_in(*places):
    """Engineers at (hub, home, tier, status)."""
    people = empty(len(places))
    for i, (hub, home, tier, status) in enumerate(places):
        people.hub[i], people.home[i], people.status[i] = hub, home, status
        people.category[i] = category(0, tier, 0, 0)
    return people


def count(people):
    """(hub, home, tier, status) agents, one by one."""
    stock = np.zeros((HUBS, HOMES, TIERS, STATUSES), int)
    for i in np.flatnonzero(people.hub >= 0):
        stock[people.hub[i], people.home[i], people.category[i] // 15 % 3, people.status[i]] += 1
    return stock


def relocated(people, books, slots, hubs, route=-1, month=0):
    """Move engineers in a world in which hub 2 is another country, home of home 1; route 0 is a talent permit."""
    slots = np.array(slots)
    is_home = np.array([[True, True, False], [False, False, True]])
    relocate(slots, np.array(hubs), np.full(len(slots), route), month, people, np.array([0, 0, 1]), is_home,
             np.array([1]), np.array([36]), books.change, books.flow, books.crossings)


def test_a_cell_is_hub_home_tier_and_status():
    people = people_in((2, 1, 0, 5), (0, 0, 2, 0))
    found = cells(np.arange(2), people, HOMES)
    assert [np.unravel_index(c, (HUBS, HOMES, TIERS, STATUSES)) for c in found] == [
        (2, 1, 0, 5),
        (0, 0, 2, 0),
    ]


def test_entry_move_change_and_exit_explain_the_stock():
    people = people_in((0, 0, 0, 0), (1, 1, 2, 2), (2, 0, 1, 1), (-1, 0, 0, 0))
    before, books = count(people), Books(HUBS, HOMES)
    one = lambda i: np.bincount(cells(np.array([i]), people, HOMES), minlength=books.change.size)  # noqa: E731

    people.hub[3] = 2
    books.entered(one(3))
    relocated(people, books, [0], [2], route=0)
    change_status(np.array([1]), np.array([0]), 0, people, HOMES, np.array([2]), np.array([99]), books.change)
    books.left(-one(2))
    people.hub[2] = -1

    books.close(before, count(people))
    assert people.status.tolist() == [TEMPORARY, PERMANENT, 1, 0]
    assert books.flow.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert books.crossings.tolist() == [1, 0, 0]  # the expert crossed the border
    assert books.entrants.tolist() == [0, 0, 1]
    assert books.exits.tolist() == [0, 0, 1]


def test_a_move_that_nobody_booked_is_found():
    people = people_in((0, 0, 0, 0))
    before = count(people)
    people.hub[0] = 1
    with pytest.raises(InvariantError, match=r"2 cells.*\(0, 0, 0, 0\)"):
        Books(HUBS, HOMES).close(before, count(people))
    people.hub[0] = 0
    books = Books(HUBS, HOMES)
    books.flow[0, 1] = 1  # a move booked among the flows that nobody made
    with pytest.raises(InvariantError, match=r"2 cells, the first \(hub,\) \(0,\)"):
        books.close(before, count(people))


@settings(deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2), st.integers(0, 5)), min_size=1
    ),
    st.integers(0, 2**20),
)
def test_any_moves_balance_when_booked(places, seed):
    people, draw = people_in(*places), np.random.default_rng(seed)
    before, books = count(people), Books(HUBS, HOMES)
    for month in range(5):
        slots = np.flatnonzero((draw.random(len(places)) < 0.5) & (people.hub >= 0))
        relocated(people, books, slots, draw.integers(0, HUBS, len(slots)), draw.integers(-1, 1), month)
    books.close(before, count(people))  # raises where a cell does not balance
    assert np.array_equal(before + books.change.reshape(before.shape), count(people))
