import pytest

from sim import memory
from sim.errors import UsageError


@pytest.mark.parametrize("population", [0, -5])
def test_nobody_is_no_population(population):
    with pytest.raises(UsageError, match=f"population {population}: at least 1"):
        memory.check(population)


def test_what_does_not_fit_is_refused_with_the_need_the_limit_and_what_would_fit(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 4 * 10**9)
    memory.check(1_900_000)
    for population in (10**8, 10**12):
        with pytest.raises(UsageError) as refusal:
            memory.check(population)
        assert "4.0 GB are available" in str(refusal.value)
    most = int(str(refusal.value).split("about ")[-1].split(" here")[0].replace(",", ""))
    memory.check(most)
    with pytest.raises(UsageError):
        memory.check(most * 11 // 10)


def test_workers_and_years_need_memory_too(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2 * 10**9)
    memory.check(2_000_000, years=5)
    for more in ({"workers": 8}, {"years": 30}):
        with pytest.raises(UsageError):
            memory.check(2_000_000, **{"years": 5} | more)


def test_more_than_can_be_numbered_is_refused_however_large_the_machine(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10**13)
    memory.check(20_000_000)
    with pytest.raises(UsageError, match="population 60,000,000: at most about 53,"):
        memory.check(60_000_000)


def test_this_machine_has_memory():
    assert memory.available() > 10**6
