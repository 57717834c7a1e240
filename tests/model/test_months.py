"""The months as one compiled call: they leave the bytes of the months that ``moves`` and ``visas`` define in numpy."""

import numpy as np
import pytest
from worlds import START, scenario, shipped_world, years_of

from sim import parallel
from sim.model import rng, state, visas
from sim.model.kernels import visas as months
from sim.scenario.files import load

CAPS = scenario(
    {"country.gbr.route.skilled_worker.cap": 900, "country.can.route.express_entry.cap": 400}, "2026-05-01", "caps"
)
POLICIES = {
    "baseline": (),
    "fee": scenario({"country.usa.route.h1b.special_fee_usd": 100_000}, "2026-08-01").policies,
    "caps": CAPS.policies,
    "open permits": scenario(
        {"country.can.route.h1b_holders_2023.is_open": "true", "country.can.route.h1b_holders_2023.cap": 3000},
        "2026-06-01",
        ends="2027-01-01",
    ).policies,
    "closed borders": scenario({"country.usa.bars.ind": "true", "country.gbr.bars.chn": "true"}, "2026-07-01").policies,
    "no draw": scenario({"country.usa.route.h1b.is_open": "false"}, "2026-10-01").policies,
    "weighted draw": load("h1b_weighted_lottery").policies,
}


def step_by_step(self):
    return False


def left_by(policies, seed=0, population=8_000):
    """Return the state of a run of two years on every 1 January: list of dicts of arrays."""
    left = []
    for arm in years_of(shipped_world(population, 2), policies=policies, seed=seed):
        offices, accounts = arm.visas, arm.accounts
        lists = {
            name: np.concatenate(getattr(offices, name), axis=-1) for name in ("new", "refused", "lost", "transfers")
        }
        names = "queued waiting due held odds last_clocks grants_by_tier made taken tallies month".split()
        kept = arm.people._asdict() | lists | {name: np.array(getattr(offices, name)) for name in names}
        kept |= {name: np.array(value) for name, value in vars(accounts).items()}
        kept |= {"turns": np.array(offices.turns), "choices": np.array(arm.choices), "seen": arm.seen}
        kept["moved"] = arm.teams.moved
        left.append({name: np.array(value) for name, value in kept.items()})
    return left


def differ(one, other):
    """Names of what differs between two runs, with the number of the 1 January."""
    return [
        (k, name)
        for k, (a, b) in enumerate(zip(one, other, strict=True))
        for name in a
        if a[name].dtype != b[name].dtype or not np.array_equal(a[name], b[name])
    ]


@pytest.mark.parametrize("name", POLICIES)
def test_compiled_months_leave_the_defined_bytes(name, monkeypatch):
    seed, called = len(name), []
    monkeypatch.setattr(visas, "run_months", lambda *args: (called.append(args[:2]), months.run_months(*args)))
    compiled = left_by(POLICIES[name], seed)
    assert called
    monkeypatch.setattr(visas.VisaSystem, "can_compile", step_by_step)
    count = len(called)
    assert differ(compiled, left_by(POLICIES[name], seed)) == []
    assert len(called) == count
    if name == "caps":
        assert compiled[-1]["queued"].shape[1] > 5  # or no queue would be tested


def test_two_threads_leave_the_bytes_of_one(monkeypatch):
    compiled = left_by(CAPS.policies)
    monkeypatch.setattr(parallel, "LEAST", 16)
    monkeypatch.setattr(visas, "LEAST", 16)
    monkeypatch.setattr(parallel, "_threads", 2)
    monkeypatch.setattr(visas.VisaSystem, "run_compiled", None)  # many search: no month is compiled
    assert differ(compiled, left_by(CAPS.policies)) == []


def test_few_months_at_a_time_leave_the_bytes_of_many(monkeypatch):
    compiled, called = left_by(CAPS.policies), []
    monkeypatch.setattr(visas, "MANY", 1)
    monkeypatch.setattr(visas, "run_months", lambda *args: (called.append(args[:2]), months.run_months(*args)))
    assert differ(compiled, left_by(CAPS.policies)) == []
    assert all(last - first == 1 for first, last in called)


def test_recorded_and_replayed_months_are_not_compiled():
    arm = next(years_of(shipped_world(8_000, 2)))
    arm.searchers, trajectory = [np.zeros(0, np.int64)] * 12, state.Trajectory()
    assert arm.visas.can_compile()
    replays = arm.branch((), {"network": trajectory})
    arm.trajectory = trajectory
    assert not arm.visas.can_compile()
    assert not replays.visas.can_compile()


def test_a_queue_is_served_by_month_then_by_lot():
    draw = np.random.default_rng(5)
    for count in (0, 1, 2, 60):
        rows = np.zeros((6, max(count, 1)), np.int64)
        rows[0], rows[3] = draw.permutation(rows.shape[1]), draw.integers(0, 4, rows.shape[1])
        lots = rng.uniform(rng.key(3, "queue", 1), rows[0])
        mine = np.arange(count)
        months.first_come.py_func(count, mine, rows, rng.key(3, "queue", 1), np.empty(max(count, 1)))
        assert mine.tolist() == np.lexsort((lots[:count], rows[3, :count])).tolist()


def test_keys_are_those_of_the_definition():
    for seed, question, year in ((0, "approval", 0), (7, "queue", 12 * START), (123_456_789, "offer", 12 * START + 5)):
        with np.errstate(over="ignore"):
            assert months.key.py_func(np.uint64(rng.word(seed, question)), year) == rng.key(seed, question, year)


def test_a_kernel_of_other_types_is_not_called():
    arm = next(years_of(shipped_world(8_000, 2)))
    arm.searchers, arm.tables = [np.arange(40)] * 12, arm.tables._replace()  # for other tables it asks anew
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(visas, "entries", lambda *_: months.NOWHERE)
        with pytest.raises(TypeError, match="compiled for other types"):
            arm.visas.run_months(12 * START, 12 * START + 1)
