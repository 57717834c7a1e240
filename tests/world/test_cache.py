"""Test cached worlds: equal to the bit, and no failure of the cache stops a run."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from worlds import CENTRE, START, same, setting, world_of

from sim.model.supply import entrant_path
from sim.world import build_world, cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Use an empty folder as cache, in which even small worlds are stored."""
    monkeypatch.setenv("TALENTFLOW_CACHE", str(tmp_path / "worlds"))
    monkeypatch.setattr(build_world, "KEPT_FROM", 0)
    return tmp_path / "worlds"


def small(**changes):
    return world_of(setting(), **({"population": 2_000, "years": 1} | changes))


def equal(one, other):
    """Tell whether all arrays of two worlds are equal to the bit."""
    return (
        same(one.engineers, other.engineers)
        and same(one.ties, other.ties)
        and all(a.dtype == b.dtype for a, b in zip(one.engineers, other.engineers, strict=True))
        and np.array_equal(one.entry_hub, other.entry_hub)
        and np.array_equal(one.cohort, other.cohort)
    )


def test_a_kept_world_is_the_built_one(folder, monkeypatch):
    built = small()
    with monkeypatch.context() as patch:
        patch.setattr(build_world, "head_counts", None)  # nothing can be built now
        assert equal(small(), built)
        with pytest.raises(TypeError):
            small(seed=1)
    monkeypatch.setenv("TALENTFLOW_CACHE", "off")
    assert equal(small(), built)
    assert len(list(folder.iterdir())) == 1


def halve(path, other):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(path, other):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def swap(path, other):
    path.write_bytes(other.read_bytes())


def write_one_array(path, other):
    with path.open("wb") as file:
        np.save(file, np.arange(3))


def leave_one_out(path, other):
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files[:-1]}
    np.savez(path, **arrays)


def claim_encryption(path, other):
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


def break_a_header(path, other):
    path.write_bytes(path.read_bytes().replace(b"}", b"{"))


@pytest.mark.parametrize(
    "damage",
    [
        halve,
        flip_a_bit,
        swap,
        write_one_array,
        leave_one_out,
        claim_encryption,
        break_a_header,
        lambda path, other: path.write_text("not a world"),
    ],
)
def test_a_damaged_file_is_built_again(folder, damage):
    built = small()
    (path,) = folder.iterdir()
    small(seed=1)
    (other,) = set(folder.iterdir()) - {path}
    whole = path.stat().st_size
    damage(path, other)
    assert equal(small(), built)
    assert path.stat().st_size == whole
    assert len(list(folder.iterdir())) == 2


def test_unwritable_cache_folder_is_no_error(folder):
    folder.write_text("a file where the folder should be")
    assert equal(small(), small())


def test_two_writers_at_once_leave_one_whole_world(folder, monkeypatch):
    both, count = Barrier(2), build_world.head_counts

    def together(*args):
        both.wait(timeout=60)  # neither finds a cached world
        return count(*args)

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(build_world, "head_counts", together)
        one, other = pool.map(lambda _: small(), range(2))
    monkeypatch.setattr(build_world, "head_counts", None)
    assert equal(one, other)
    assert equal(small(), one)
    assert len(list(folder.iterdir())) == 1


def test_least_recently_used_worlds_are_deleted(folder, monkeypatch):
    for seed in range(3):
        small(seed=seed)
        for age, path in enumerate(sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime), start=-9):
            os.utime(path, (age, age))  # file systems tell the time in steps
    size = max(path.stat().st_size for path in folder.iterdir())
    small(seed=0)  # used again
    kept = set(folder.iterdir())
    monkeypatch.setattr(cache, "MOST_BYTES", 3.5 * size)
    small(seed=3)
    assert len(kept & set(folder.iterdir())) == 2
    monkeypatch.setattr(build_world, "head_counts", lambda *args: pytest.fail("built again"))
    small(seed=0)


def test_a_world_larger_than_all_room_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 1000)
    small()
    assert not folder.exists()


def test_every_argument_changes_the_cache_key(folder, monkeypatch):
    entrants = entrant_path(setting(), CENTRE, START, 1)
    usual = {
        "setting": setting(),
        "population": 2_000,
        "seed": 0,
        "start": START,
        "entrants": entrants,
        "mover_share": CENTRE.mover_share,
        "with_ties": True,
    }
    tables = replace(setting(), ages=setting().ages + 1e-12)
    changes = [
        {},
        {"setting": tables},
        {"population": 2_001},
        {"seed": 1},
        {"start": START + 1},
        {"entrants": entrants * 2},
        {"mover_share": CENTRE.mover_share / 2},
        {"with_ties": False},
    ]
    for change in changes:
        build_world.build(**usual | change)
    assert len(list(folder.iterdir())) == len(changes)
    monkeypatch.setattr(cache, "version", lambda package: "0")
    build_world.build(**usual)
    assert len(list(folder.iterdir())) == len(changes) + 1


def test_small_worlds_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("TALENTFLOW_CACHE", str(tmp_path))
    small()
    assert not list(tmp_path.iterdir())
