"""The accounts balance to the agent, or say where they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InvariantError
from sim.model.accounting import Accounts
from sim.model.kernels import events
from sim.model.kernels.choice import Hiring, Teams
from sim.model.kernels.moves import change_status, entrants_delta, relocate
from sim.world.engineers import PERMANENT, TEMPORARY, category, empty

HUBS, HOMES, TIERS, STATUSES = 3, 2, 3, 6


def people_in(*places):
    """Engineers at (hub, home, tier, status)."""
    people = empty(len(places))
    for i, (hub, home, tier, status) in enumerate(places):
        people.hub[i] = people.employer_hub[i] = hub
        people.home[i], people.status[i] = home, status
        people.category[i] = category(0, tier, 0, 0)
    return people


def count(people):
    """(cell + 1,) census of the agents."""
    return events.count(0, len(people.hub), people, HUBS, HOMES)[0]


def hiring(sector=2, remote=0.0, employer=1):
    """Every new job is in ``sector``; those who work remotely, a share ``remote``, do so for the hub ``employer``."""
    steps = lambda shape, at: np.broadcast_to(np.arange(shape[-1]) >= at, shape).astype(np.float32)  # noqa: E731
    return Hiring(
        steps((45, HUBS, 8), sector),
        np.full((5, 8), remote, np.float32),
        steps((HUBS, HUBS), employer),
        np.arange(3, dtype=np.uint64),
    )


def teams():
    """One team without a leader."""
    return Teams(np.full(1, -1), np.zeros(1, np.int16))


def relocated(people, accounts, slots, hubs, route=-1, month=0):
    """Move engineers in a world in which hub 2 is another country, home of home 1; route 0 is a talent permit."""
    slots = np.array(slots)
    is_home = np.array([[True, True, False], [False, False, True]])
    relocate(
        slots,
        np.array(hubs),
        np.full(len(slots), route),
        month,
        people,
        np.array([0, 0, 1]),
        is_home,
        np.array([1]),
        np.array([36]),
        hiring(),
        teams(),
        accounts.delta,
        accounts.flow,
        accounts.crossings,
        accounts.hires,
    )


def test_a_cell_is_hub_home_tier_and_status():
    census = count(people_in((2, 1, 0, 5), (0, 0, 2, 0)))
    stock = census[:-1].reshape(HUBS, HOMES, TIERS, STATUSES)
    assert np.argwhere(stock).tolist() == [[0, 0, 2, 0], [2, 1, 0, 5]]
    assert stock.sum() == 2


@pytest.mark.parametrize("column", ["hub", "home", "category", "sector", "status", "employer_hub"])
def test_the_fingerprint_sees_every_column(column):
    people = people_in((0, 0, 1, 0), (1, 1, 2, 2))
    before = count(people)[-1]
    getattr(people, column)[0] += 1
    assert count(people)[-1] != before
    getattr(people, column)[0] -= 1
    assert count(people)[-1] == before


def test_a_job_that_nobody_booked_is_found():
    people = people_in((0, 0, 1, 0))
    before, accounts = count(people), Accounts(HUBS, HOMES)
    people.sector[0] = 3  # not in the cells by hub, home, tier and status
    with pytest.raises(InvariantError, match="fingerprint"):
        accounts.close(before, count(people))


def test_movers_change_jobs_unless_remote():
    people = people_in((0, 0, 1, 0), (0, 0, 1, 0), (0, 0, 1, 0))
    people.sector[:], people.employer_hub[:] = 5, (0, 1, 1)
    accounts = Accounts(HUBS, HOMES)
    relocated(people, accounts, [0, 1], [1, 2])
    relocated(people, accounts, [2], [2], route=0)  # a permit is for a job in the country
    assert people.sector.tolist() == [2, 5, 2]
    assert people.employer_hub.tolist() == [1, 1, 2]
    assert accounts.hires[5, 2] == accounts.hires.sum() == 2


def test_entry_move_change_and_exit_explain_the_stock():
    people = people_in((0, 0, 0, 0), (1, 1, 2, 2), (2, 0, 1, 1), (-1, 0, 0, 0))
    before, accounts = count(people), Accounts(HUBS, HOMES)
    one = lambda i: entrants_delta(np.array([i]), people, HUBS, HOMES)  # noqa: E731

    people.hub[3] = people.employer_hub[3] = 2
    accounts.entered(one(3))
    relocated(people, accounts, [0], [2], route=0)
    change_status(np.array([1]), np.array([0]), 0, people, HOMES, np.array([2]), np.array([99]), accounts.delta)
    accounts.left(-one(2))
    people.hub[2] = -1

    accounts.close(before, count(people))
    assert people.status.tolist() == [TEMPORARY, PERMANENT, 1, 0]
    assert accounts.flow.tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert accounts.crossings.tolist() == [1, 0, 0]  # the expert crossed the border
    assert accounts.entrants.sum(axis=1).tolist() == [0, 0, 1]
    assert accounts.exits.tolist() == [0, 0, 1]


def test_a_move_that_nobody_booked_is_found():
    people = people_in((0, 0, 0, 0))
    before = count(people)
    people.hub[0] = people.employer_hub[0] = 1
    with pytest.raises(InvariantError, match=r"2 cells.*\(0, 0, 0, 0\)"):
        Accounts(HUBS, HOMES).close(before, count(people))
    people.hub[0] = people.employer_hub[0] = 0
    accounts = Accounts(HUBS, HOMES)
    accounts.flow[0, 1] = 1  # a move booked among the flows that nobody made
    with pytest.raises(InvariantError, match=r"2 cells, the first \(hub,\) \(0,\)"):
        accounts.close(before, count(people))


@settings(deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, 2), st.integers(0, 5)), min_size=1),
    st.integers(0, 2**20),
)
def test_any_moves_balance_when_booked(places, seed):
    people, draw = people_in(*places), np.random.default_rng(seed)
    before, accounts = count(people), Accounts(HUBS, HOMES)
    for month in range(5):
        slots = np.flatnonzero((draw.random(len(places)) < 0.5) & (people.hub >= 0))
        relocated(people, accounts, slots, draw.integers(0, HUBS, len(slots)), draw.integers(-1, 1), month)
    accounts.close(before, count(people))  # raises where a cell does not balance
    assert np.array_equal(before + accounts.delta, count(people))
