"""Case studies: every scenario is read, its measures exist, and the folder runs at small size."""

import pytest
from paths import ROOT

from sim.results.measures import measure
from sim.results.result import Result
from sim.scenario.files import load
from sim.show.cases import cases, headline, page
from sim.study.options import Options
from sim.study.recorder import ones
from sim.study.replicate import experiment

CASES = cases(ROOT / "docs" / "cases")


@pytest.fixture(scope="module")
def lab():
    with experiment(Options(population=2_000, replicates=2, years=2, workers=1).checked()) as lab:
        yield lab


def test_there_are_ten_cases():
    assert len(CASES) == 10


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_sources_and_measures_that_exist(path):
    scenario = load(path)
    trial = Result(ones(["baseline", "scenario"], 2026, 2), {})
    assert scenario.subject
    assert scenario.published
    for row in scenario.published:
        assert row.source
        if row.measure:
            assert measure(trial, row.measure).dims == ("arm", "replicate")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_runs_at_small_size(path, lab):
    text = page(path, lab)
    title, answer = headline(text)
    assert title == load(path).title
    assert answer
    assert "What others have published" in text
    assert len(text.splitlines()) < 40
