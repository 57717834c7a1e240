"""Saved runs and sweeps that came from somewhere: bytes flipped, files cut short, records and rows edited.

Damage is named; what is not damage is read; what is edited so that every digest is right again is refused or read.
"""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from fuzzing import cases, command, folder, mutated, nasty, numbers
from hypothesis import event, given
from hypothesis import strategies as st

from sim.results.folder import is_valid
from sim.results.sweep import content_digest
from sim.results.sweep_store import NAME
from sim.scenario.files import load
from sim.study.run import compare, run
from sim.study.sweep.runner import sweep

TINY = {"population": 2000, "replicates": 2, "years": 2, "workers": 1}
ASKS = [
    ("effect", "{}", "share:usa", "hhi"),
    ("effect", "{}", "drain,home=ind", "--json"),
    ("plot", "{}"),
    ("plot", "{}", "shares", "--format", "svg"),
    ("plot", "{}", "network", "--format", "graphml"),
    ("verify", "{}", "--workers", "1"),
]
SWEPT = [
    ("status", "{}"),
    ("status", "{}", "--json"),
    ("plot", "{}"),
    ("discover", "{}", "--when", "above 0"),
    ("plot", "{}", "tornado"),
]


@pytest.fixture(scope="module")
def runs(base):
    """The folders of a run and of a comparison."""
    one = run(load("h1b_fee"), **TINY).save(base / "runs")
    two = compare(["h1b_fee", "eu_fast_track"], **TINY).save(base / "runs")
    return [one, two]


@pytest.fixture(scope="module")
def store(base):
    """The folder of a finished sweep."""
    found = sweep(
        "h1b_fee",
        method="oat",
        over=("b_pay", "b_size"),
        levels=2,
        out=base / "sweeps",
        population=2000,
        years=1,
        workers=1,
    )
    found.close()
    return found.folder


def ask(arguments, where, copy):
    """One of the commands on the folder ``copy``; whether it was done."""
    code, _, said = command(
        *(part.format(copy) for part in arguments), out=where, ones=["differs in", "needs the extra"]
    )
    event("refused" if code == 2 else "done")
    return code, said


@cases(8, 400)
@given(st.data())
def test_a_damaged_run_is_refused_by_file(base, runs, data):
    with folder(base) as where:
        source = data.draw(st.sampled_from(runs))
        copy = shutil.copytree(source, where / source.name)
        path = data.draw(
            st.sampled_from(sorted(p for p in copy.iterdir() if p.suffix in (".nc", ".json", ".csv", ".toml")))
        )
        before = path.read_bytes()
        path.write_bytes(data.draw(mutated(before, 2)))
        code, said = ask(data.draw(st.sampled_from(ASKS)), where, copy)
        same = path.read_bytes() == before or (path.name == "run.json" and says_the_same(path.read_bytes(), before))
        assert is_valid(copy) == same
        assert code == 2 or same
        assert same or path.name in said


def says_the_same(content, before):
    """Return whether two JSON files differ in their spaces at most."""
    try:
        return json.loads(content) == json.loads(before)
    except (ValueError, RecursionError):
        return False


def changed(value, data):
    """A JSON value with one part of it changed, somewhere inside."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(sorted(value)))
        if data.draw(st.integers(0, 9)) == 0:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: changed(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 5)):
        k = data.draw(st.integers(0, len(value) - 1))
        return [*value[:k], changed(value[k], data), *value[k + 1 :]]
    return data.draw(st.sampled_from([None, True, [], {}, 0, -1, 1, 2, 1.5, 10**30, "2026", [1], {"a": 1}]) | nasty)


def sealed(record):
    """The record with the digest of itself made right."""
    from sim.results.folder import record_digest

    return record | {"digest": record_digest(record)}


@cases(15, 600)
@given(st.data())
def test_an_edited_record_is_refused_or_read(base, runs, data):
    with folder(base) as where:
        source = data.draw(st.sampled_from(runs))
        copy = shutil.copytree(source, where / source.name)
        record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
        for _ in range(data.draw(st.integers(1, 2))):
            record = changed(record, data)
        if isinstance(record, dict):
            record = sealed(record)
        (copy / "run.json").write_text(json.dumps(record), encoding="utf-8", errors="surrogatepass")
        for asked in (data.draw(st.sampled_from(ASKS)), ("effect", "{}", "share:usa")):
            ask(asked, where, copy)


@cases(6, 300)
@given(st.data())
def test_arrays_of_another_make_are_refused_or_read(base, runs, data):
    """The digest of result.nc is made right again: what is in the file is not trusted for that."""
    with folder(base) as where:
        copy = shutil.copytree(runs[0], where / runs[0].name)
        content = data.draw(mutated((copy / "result.nc").read_bytes(), 3))
        (copy / "result.nc").write_bytes(content)
        record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
        record["outputs"]["result.nc"] = hashlib.sha256(content).hexdigest()
        (copy / "run.json").write_text(json.dumps(sealed(record)), encoding="utf-8")
        ask(data.draw(st.sampled_from(ASKS)), where, copy)


@cases(8, 300)
@given(st.data())
def test_a_damaged_store_is_refused_and_named(base, store, data):
    with folder(base) as where:
        copy = shutil.copytree(store, where / store.name)
        before = (copy / NAME).read_bytes()
        (copy / NAME).write_bytes(data.draw(mutated(before, 2)))
        asked = data.draw(st.sampled_from(SWEPT))
        code, said = ask(asked, where, copy)
        assert code == 2 or content_digest(copy) == content_digest(store)  # a byte that no row uses
        if code == 2 and asked[:2] == ("status", "{}"):
            assert NAME in said


TABLES = ("meta", "factors", "measures", "stages", "points", "cells", "outcomes")


@cases(12, 400)
@given(st.data())
def test_an_edited_store_is_refused_or_read(base, store, data):
    with folder(base) as where:
        copy = shutil.copytree(store, where / store.name)
        with closing(sqlite3.connect(copy / NAME)) as db:
            table = data.draw(st.sampled_from(TABLES))
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            column = data.draw(st.sampled_from(columns))
            value = data.draw(
                st.sampled_from([None, b"", b"\0" * 8, -1, 0, 1, 10**15, 1.5, "[]", "{}", "null", "[9]"])
                | nasty
                | numbers
            )
            where_ = "" if data.draw(st.booleans()) else f" WHERE rowid = {data.draw(st.integers(1, 9))}"
            try:
                db.execute(f'UPDATE OR REPLACE {table} SET "{column}" = ?{where_}', (value,))
            except (sqlite3.Error, UnicodeEncodeError, OverflowError):
                return
            if data.draw(st.booleans()):
                db.execute("DROP TABLE IF EXISTS checks")  # a store from before they were kept
            db.commit()
        ask(data.draw(st.sampled_from(SWEPT)), where, copy)
