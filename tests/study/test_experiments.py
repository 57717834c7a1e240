"""Published studies: files and table agree, bad files are refused, and statistics answer as they must."""

import json
import re

import numpy as np
import pytest
from paths import ROOT

from sim.errors import TalentflowError
from sim.scenario.files import studies
from sim.show.studies import family_scores
from sim.study.experiments import (
    ESTIMANDS,
    Bench,
    Case,
    conditional_logit,
    evidence,
    read_studies,
    read_study,
    run_studies,
    score,
)
from sim.study.options import Options

# the example of the page
STUDY = re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8"), re.DOTALL)[0]


@pytest.fixture(scope="module")
def bench():
    return Bench(Options(population=5_000, replicates=2, years=11).checked())


@pytest.fixture
def write(tmp_path):
    def write(text=STUDY, name="mine.toml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def figure(bench, study):
    return ESTIMANDS[study.estimand].measure(Case(study, bench))


def test_every_response_has_a_short_file_that_agrees():
    held, rows = read_studies(), {row["id"]: row for row in evidence()}
    assert {row["id"] for row in rows.values() if row["role"] == "response"} <= set(held)
    for name, study in held.items():
        row, published = rows[name], study.published
        assert len(studies()[f"experiments/{name}"].read_text("utf-8").splitlines()) < 20
        assert (study.role, study.family, study.grade) == (row["role"], row["family"], row["grade"])
        assert study.transport == float(row["transport"])
        if row["estimate"]:
            limits = [float(row[key]) for key in ("estimate", "low", "high")]
            assert [published.value, published.low, published.high] == limits
        assert bool(study.not_expressible) != bool(study.estimand)


def test_z_counts_range_and_transport(write):
    study = read_study(write())
    s, d = 1 / 3.29, 0.2 * 1.5
    assert score(study, 2.5) == (pytest.approx(1 / np.hypot(s, d)), pytest.approx(1 / s))
    assert score(study, None) == (None, None)


def test_a_study_from_outside_is_run(write, talentflow):
    """The recipe of docs/experiments.md: a file, and the command."""
    path = write()
    code, out, _ = talentflow("experiments", path, "--population", "5000", "--quiet")
    assert code == 0
    code, told, _ = talentflow("experiments", path.parent, "--population", "5000", "--json")
    (row,) = json.loads(told)
    assert out.split()[0] == row["id"] == "mine"
    assert 0.3 < row["simulated"] < 4
    assert row["error"] == 0
    assert row["z"] == pytest.approx(score(read_study(path), row["simulated"])[0])


def test_one_study_fits_a_screen(write, talentflow):
    note = 'note = "' + "many words " * 100 + '"\n[[policy]]'
    code, out, _ = talentflow("experiments", write(STUDY.replace("[[policy]]", note, 1)), "--population", "5000")
    assert code == 0
    assert len(out.splitlines()) <= 30
    assert max(map(len, out.splitlines())) <= 80


def test_the_list_says_what_cannot_be_expressed(talentflow):
    code, out, _ = talentflow("experiments", "--list")
    assert code == 0
    assert "Not expressible:" in out
    assert max(map(len, out.splitlines())) <= 80
    # every study with its whole title, most of them on one line with what was found
    flat = " ".join(out.split())
    for name, study in read_studies().items():
        assert f"{name} {study.title[:30]}" in flat
        assert all(word in flat for word in study.title.split())
    lines = out.splitlines()
    assert len(lines) <= 45
    assert "T08" in next(line for line in lines if line.endswith("1.75 elasticity"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"inflow"', '"inflo"', ["line 3", "'inflo'", "nearest: inflow"]),
        ("transport = 0.8", "transport = 1.8", ["line 6", "1.8", "[0, 1]"]),
        ("high = 2.0", "high = 1.2", ["line 5", "1.5", "[1, 1.2]"]),
        ('place = "deu"', 'place = "dey"', ["line 4", "dey", "nearest"]),
        ('place = "deu"', 'place = "DEU"', ["line 4", "DEU", "nearest: deu"]),
        ('"foreign"', '"foreign", tenure = 3', ["line 4", "two numbers of years since arrival, such as [0, 5]"]),
        ("family", "famly", ["line 2", "famly", "nearest: family"]),
        ('people = "foreign"', 'peple = "foreign"', ["line 4", "peple", "nearest: people"]),
        ("newcomer_relief", "newcomer_releif", ["line 10", "nearest", "newcomer_relief"]),
        ("value = 0.5", "value = 5", ["line 11", "5", "[0, 1]"]),
        ('unit = "elasticity"', 'unit = "pp"', ["line 5", "pp", "elasticity"]),
        ('source = "made up for a test"\n', "", ["source is missing"]),
        (STUDY, "", ["empty"]),
    ],
)
def test_a_bad_file_is_refused_in_one_line(write, talentflow, old, new, said):
    path = write(STUDY.replace(old, new, 1))
    code, out, err = talentflow("experiments", path, "--population", "5000")
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert all(word in err for word in ["mine.toml", *said]), err


def test_unknown_names_and_empty_folders_are_refused(tmp_path):
    with pytest.raises(TalentflowError, match="nearest: T08"):
        read_studies("T8")
    with pytest.raises(TalentflowError, match="talentflow experiments --list"):
        read_studies("france_talent")
    with pytest.raises(TalentflowError, match="holds no study"):
        read_studies(tmp_path)


@pytest.mark.parametrize(
    ("estimand", "unit", "none"),
    [
        ("inflow", "ratio", 1.0),
        ("returns", "percent", 0.0),
        ("exits", "ratio", 1.0),
        ("stay", "pp", 0.0),
        ("enrolment", "ratio", 1.0),
        ("applications", "percent", 0.0),
    ],
)
def test_the_same_rules_have_no_effect_at_all(bench, write, estimand, unit, none):
    text = STUDY.partition("[[policy]]")[0].replace('"inflow"', f'"{estimand}"').replace('"elasticity"', f'"{unit}"')
    text = text.replace('["expert"]', '["practitioner"]')
    rule = '[[{}]]\nlever = "country.deu.tax.newcomer_relief"\nvalue = 0.4\n'
    study = read_study(write(text + rule.format("before") + rule.format("policy"), f"same_{estimand}.toml"))
    assert figure(bench, study)[0] == none


@pytest.mark.parametrize(
    "measure",
    ["arrivals:deu,home=ind", "stock:deu,tier=expert", "stock:deu,tier=entry,home=deu", "hhi", "returns:deu"],
)
def test_any_measure_may_be_asked_for(bench, write, measure):
    """Recorded or counted, flow or stock: under equal rules nothing changes."""
    text = STUDY.partition("[[policy]]")[0].replace('"inflow"', f'"measure"\nmeasure = "{measure}"')
    rule = '[[{}]]\nlever = "country.deu.tax.newcomer_relief"\nvalue = 0.4\n'
    text = text.replace('"elasticity"', '"percent"') + rule.format("before") + rule.format("policy")
    assert figure(bench, read_study(write(text, "measure.toml"))) == (0, 0)


def test_a_logit_finds_the_coefficients_of_its_choices():
    """Expected counts of a logit are met exactly by the coefficients that made them."""
    generator = np.random.default_rng(0)
    x, b = generator.normal(size=(3, 40, 5)), np.array([0.5, -1.0, 2.0])
    p = np.exp(np.tensordot(b, x, 1))
    counts = 1000 * p / p.sum(axis=1, keepdims=True)
    assert conditional_logit(x, counts) == pytest.approx(b, abs=1e-6)


def test_foreigners_answer_a_tax_more_than_nationals(bench):
    studies = read_studies()
    foreign, national = (figure(bench, studies[name])[0] for name in ("T03", "T04"))
    assert foreign > max(0.3, national)  # of 5,000 engineers too few nationals leave to sign their coefficient


def test_studies_of_one_shock_count_once():
    rows = [{"family": f, "z": z} for f, z in (("a", 3.0), ("a", 4.0), ("b", -1.0), ("c", None))]
    assert family_scores(rows) == pytest.approx({"a": 12.5**0.5, "b": 1.0})


def test_a_base_rate_has_no_z():
    (row,) = run_studies(read_studies("B01"), population=5_000)
    assert (row["z"], row["z0"]) == (None, None)
    assert 1.0 < row["simulated"] < 5.0
