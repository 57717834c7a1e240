import platform
import subprocess
import sys

import pytest

from sim import memory
from sim.errors import UsageError

# takes and frees blocks of 6 MB twice, and prints the MB that all but the last leave in the second round
FREED = """
import numpy as np
from sim import memory
{call}
def taken():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
before, blocks = taken(), []
for _ in range(2):
    blocks.clear()
    blocks += [np.ones(750_000) for _ in range(30)]
del blocks[:-1]
print(taken() - before - 6)
"""


@pytest.mark.parametrize("population", [0, -5])
def test_nobody_is_no_population(population):
    with pytest.raises(UsageError, match=f"population {population}: at least 1"):
        memory.check(population)


def test_memory_refusals_name_need_limit_and_what_fits(monkeypatch):
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


def test_more_agents_than_numbers_are_refused(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10**13)
    memory.check(20_000_000)
    with pytest.raises(UsageError, match="population 60,000,000: at most about 53,"):
        memory.check(60_000_000)


def test_this_machine_has_memory():
    assert memory.available() > 10**6


def test_a_limit_of_a_container_or_batch_job_counts(monkeypatch, tmp_path):
    job = tmp_path / "groups" / "jobs" / "mine"
    job.mkdir(parents=True)
    for folder, limit in ((job, "max"), (job.parent, "3000000000")):
        (folder / "memory.max").write_text(f"{limit}\n")
        (folder / "memory.current").write_text("1500000000\n")
        (folder / "memory.stat").write_text("anon 5\ninactive_file 500000000\n")
    (tmp_path / "own").write_text("0::/jobs/mine\n")
    monkeypatch.setattr(memory, "_of_machine", lambda: 10**12)
    monkeypatch.setattr(memory, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(memory, "GROUP", tmp_path / "own")
    assert memory.available() == 2 * 10**9
    with pytest.raises(UsageError, match=r"2\.0 GB are available"):
        memory.check(20_000_000)


def test_too_few_addresses_are_refused_early(monkeypatch):
    monkeypatch.setattr(memory, "address_limit", lambda: 1.7e9)
    with pytest.raises(UsageError, match=r"memory: 1\.7 GB of addresses are allowed"):
        memory.check(2000)
    monkeypatch.setattr(memory, "address_limit", lambda: 4e9)
    assert memory.available() <= 1.5e9


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have no such limit")
def test_large_freed_blocks_return_to_the_system():
    left = {}
    for call in ("pass", "memory.return_large_blocks()"):
        made = subprocess.run(
            [sys.executable, "-c", FREED.format(call=call)], capture_output=True, text=True, check=True
        )
        left[call] = float(made.stdout)
    assert left["memory.return_large_blocks()"] < 10
    assert left["pass"] > 100, "blocks return anyway: the call is not needed any more"
