"""Fixtures that several test files share."""

import os

# Test processes share the cores: threads of the linear algebra would spin while they wait for one another, which made
# a backcast take up to six times the processor time on busy cores. The variable is read when numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Commands that tests start import the installed package, as the tests do: not the folder that they are started in, the
# checkout, whose kernels they would compile once more.
os.environ["PYTHONSAFEPATH"] = "1"

import pytest
from fake_result import fake_result

from sim import cli


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Built worlds are kept for the session, in a folder of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALENTFLOW_CACHE", str(tmp_path_factory.mktemp("worlds")))
        yield


@pytest.fixture(scope="session")
def result():
    """Twenty pairs of ten years in which a fee keeps engineers out of US hubs; nobody may change it."""
    return fake_result()


@pytest.fixture(scope="session")
def equal_arms():
    """A scenario that changes nothing."""
    return fake_result(replicates=4, years=3, strength=0.0)


@pytest.fixture
def talentflow(capsys):
    """Run a command; returns exit code, output and error output."""

    def talentflow(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main([str(argument) for argument in arguments])
        return (left.value.code or 0, *capsys.readouterr())

    return talentflow
