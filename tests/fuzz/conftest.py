"""Fuzz tests: a few hundred cases in every test run, 10,000 with ``--hypothesis-profile=long`` (docs/robustness.md)."""

import fuzzing
import pytest


@pytest.fixture(scope="session", autouse=True)
def _warm(tmp_path_factory):
    """Whatever is compiled, imported or built once is there before a case is timed."""
    from sim.scenario.files import load
    from sim.study.run import run

    out = tmp_path_factory.mktemp("warm")
    run(load("h1b_fee"), population=2000, replicates=1, years=2, workers=1).save(out)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """The only folder that a case may write to; the working folder meanwhile."""
    where = tmp_path_factory.mktemp("fuzz")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        # pictures take most of a run's time and are drawn from the arrays alone: only the words are written
        patch.setattr("sim.show.plots.draw_figures", lambda result, folder, beside: ([], beside(result)))
        yield where


assert fuzzing
