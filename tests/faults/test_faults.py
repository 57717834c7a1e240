"""A handful of the faults in every test run; all of them with ``python tests/faults`` (docs/robustness.md)."""

import random
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from faults import FAULTS, Skip

FEW = {name: (fault, few) for name, (fault, _, few) in FAULTS.items() if few}


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
def test_nothing_is_lost(tmp_path, name):
    fault, times = FEW[name]
    try:
        assert fault(tmp_path, times, random.Random(name)) == []
    except Skip as why:
        pytest.skip(str(why))


def test_the_page_tells_of_every_fault():
    page = (Path(__file__).parents[2] / "docs" / "robustness.md").read_text(encoding="utf-8")
    assert [name for name in FAULTS if f"| {name} |" not in page] == []
