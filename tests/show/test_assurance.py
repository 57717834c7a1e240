"""The assurance pack: whole, bound to its run, and honest about what it has not checked."""

import shutil

import numpy as np
import pytest
from docx import Document
from fake_result import fake_comparison, fake_result

from sim.errors import ResultError, UsageError
from sim.results.record import digest
from sim.show.assurance import ROLES, assumptions_log, checks, contents, write_assurance


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    result = fake_result(replicates=12, years=3)
    return result, result.save(tmp_path_factory.mktemp("run"), illustrate=None)


def test_both_files_bear_the_digest(saved):
    result, folder = saved
    html, docx = write_assurance(folder)
    assert digest(result.record) in html.read_text(encoding="utf-8")
    document = Document(docx)
    assert digest(result.record) in document.sections[0].footer.paragraphs[0].text
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert [text.partition(".")[0] for text in headings] == [str(k) for k in range(1, 10)]


def test_every_assumption_is_in_the_log_once(saved):
    result, _ = saved
    names = [row[0] for row in assumptions_log(result)[1]]
    assert sorted(names) == sorted(row["name"] for row in result.record["assumptions"])


def test_impact_is_rank_correlation(saved):
    result, _ = saved
    stock = result.data.stock.sel(hub=result.data.hub_country == "usa").sum(("hub", "tier")).isel(time=-1)
    effect = (stock.sel(arm="scenario") - stock.sel(arm="baseline")).values
    told = type(result)(result.data, result.record | {"draws": {"b_compute": effect.tolist()}})
    rows = {row[0]: row for row in assumptions_log(told)[1]}
    assert rows["b_compute"][-2:] == ["high", "+1.00"]
    assert rows["b_pay"][-1] == "+0.00"


def test_an_unbalanced_ledger_fails_its_check(saved):
    result, _ = saved
    assert all("FAILED" not in outcome for _, outcome in checks(result)[1])
    wrong = type(result)(result.data.assign(exits=result.data.exits + 100), result.record)
    assert any("FAILED" in outcome for _, outcome in checks(wrong)[1])


def test_sign_off_is_left_empty(saved):
    heading, _, (_, rows) = contents(saved[0])["sections"][-1]
    assert heading.endswith("Sign-off")
    assert [row[0] for row in rows] == list(ROLES)
    assert not np.char.str_len([row[1:] for row in rows]).any()


def test_a_changed_folder_gets_no_pack(saved, tmp_path):
    copy = shutil.copytree(saved[1], tmp_path / "copy")
    (copy / "effects.csv").write_text("edited", encoding="utf-8")
    with pytest.raises(ResultError, match="differs from its digest"):
        write_assurance(copy)


def test_a_comparison_is_refused(tmp_path):
    folder = fake_comparison(["a", "b"], replicates=2, years=2).save(tmp_path, illustrate=None)
    with pytest.raises(UsageError, match="run one alone"):
        write_assurance(folder)
