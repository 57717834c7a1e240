"""The tutorial runs from top to bottom, and prints what it shows."""

import doctest
import re

import pytest
from paths import ROOT

TEXT = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```(?:\s*```text\n(.*?)```)?", TEXT, re.S)


def holds(shown, printed):
    """Compare printed text with what the page shows; dots stand for anything."""
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(shown, printed, options)


@pytest.mark.slow
def test_every_block_prints_what_the_page_shows(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    session = {}
    for code, shown in BLOCKS:
        exec(compile(code, "tutorial.md", "exec"), session)
        printed = capsys.readouterr().out
        assert not shown or holds(shown, printed), printed
    assert (tmp_path / "fee.png").exists()


def test_the_page_has_blocks_and_outputs():
    assert len(BLOCKS) >= 10
    assert sum(bool(shown) for _, shown in BLOCKS) >= 8
