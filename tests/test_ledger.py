"""The books balance to the agent, or say where they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InvariantError
from sim.model.ledger import Books, cells_of
from sim.world.engineers import category, empty

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


def test_a_cell_is_hub_home_tier_and_status():
    people = people_in((2, 1, 0, 5), (0, 0, 2, 0))
    cells = cells_of(people, np.arange(2), HOMES)
    assert [np.unravel_index(c, (HUBS, HOMES, TIERS, STATUSES)) for c in cells] == [
        (2, 1, 0, 5),
        (0, 0, 2, 0),
    ]


def test_entry_move_change_and_exit_explain_the_stock():
    people = people_in((0, 0, 0, 0), (1, 1, 2, 2), (2, 0, 1, 1), (-1, 0, 0, 0))
    before, books, cells = count(people), Books(HUBS, HOMES), lambda *i: cells_of(people, np.array(i), HOMES)

    people.hub[3] = 2
    books.entered(cells(3))
    old = cells(0)
    people.hub[0], people.status[0] = 1, 2
    books.moved(old, cells(0), np.array([True]))
    old = cells(1)
    people.status[1] = 1
    books.changed(old, cells(1))
    books.left(cells(2))
    people.hub[2] = -1

    books.close(before, count(people))
    assert books.flow.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert books.crossings.tolist() == [1, 0, 0]  # the expert crossed the border
    assert books.entrants.tolist() == [0, 0, 1]
    assert books.exits.tolist() == [0, 0, 1]


def test_a_move_that_nobody_booked_is_found():
    people = people_in((0, 0, 0, 0))
    before = count(people)
    people.hub[0] = 1
    with pytest.raises(InvariantError, match=r"2 cells.*\(0, 0, 0, 0\)"):
        Books(HUBS, HOMES).close(before, count(people))


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
    for _ in range(5):
        slots = np.flatnonzero(draw.random(len(places)) < 0.5)
        old = cells_of(people, slots, HOMES)
        people.hub[slots] = draw.integers(0, HUBS, len(slots))
        people.status[slots] = draw.integers(0, STATUSES, len(slots))
        books.moved(old, cells_of(people, slots, HOMES), draw.random(len(slots)) < 0.5)
    books.close(before, count(people))  # raises where a cell does not balance
    assert np.array_equal(before + books.change.reshape(before.shape), count(people))
