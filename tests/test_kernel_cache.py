"""The folder of compiled kernels: a package that is installed read-only, for a user without a home, still runs."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sim import kernel_cache


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """Neither the package nor a home can be written; temporary files can."""
    monkeypatch.delenv(kernel_cache.VARIABLE, raising=False)
    monkeypatch.setattr(kernel_cache.os, "access", lambda *_: False)
    monkeypatch.setattr(kernel_cache, "_can_write", lambda _: False)
    monkeypatch.setattr(kernel_cache.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setitem(sys.modules, "numba.core.config", type(sys)("numba.core.config"))
    yield tmp_path
    os.environ.pop(kernel_cache.VARIABLE, None)


def test_a_folder_of_the_users_own_is_named(nowhere):
    kernel_cache.find_place(Path("/usr/lib/sim"))
    place = Path(os.environ[kernel_cache.VARIABLE])
    assert place.parent == nowhere
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert str(place) == sys.modules["numba.core.config"].CACHE_DIR
    del os.environ[kernel_cache.VARIABLE]
    kernel_cache.find_place(Path("/usr/lib/sim"))
    assert Path(os.environ[kernel_cache.VARIABLE]) == place  # and found again


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners of files")
def test_a_folder_that_others_can_write_is_not_trusted(nowhere):
    planted = nowhere / f"talentflow-kernels-{os.getuid()}"
    planted.mkdir()
    planted.chmod(0o777)
    kernel_cache.find_place(Path("/usr/lib/sim"))
    assert Path(os.environ[kernel_cache.VARIABLE]) != planted


def test_a_users_own_choice_stands(monkeypatch):
    monkeypatch.setenv(kernel_cache.VARIABLE, "/chosen")
    kernel_cache.find_place(Path("/usr/lib/sim"))
    assert os.environ[kernel_cache.VARIABLE] == "/chosen"


def test_commands_work_without_asserts():
    done = subprocess.run(
        [sys.executable, "-OO", "-c", "from sim.cli import main; main(['describe', 'h1b_fee'])"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "special fee" in done.stdout
