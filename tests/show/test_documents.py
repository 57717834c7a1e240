"""Test the documents against the code: generated parts, links, references, quoted figures, the citation."""

import csv
import inspect
import re
import tomllib

import pytest
import yaml
from paths import ROOT

from sim.scenario.assumptions import ASSUMPTIONS
from sim.show import documents
from sim.world.engineers import Engineers
from sim.world.tables import DATA

PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "CHANGELOG.md"]
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PAGES}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]*)(?:#([^)\s]+))?\)")

every_page = pytest.mark.parametrize("page", TEXTS)


@every_page
def test_generated_parts_are_fresh(page):
    stale = [part[2] for part in documents.PART.finditer(TEXTS[page]) if documents.filled(part[0]) != part[0]]
    assert not stale, f"{page}: run python -m sim.show.documents"


def test_every_part_stands_somewhere():
    used = {part[2] for text in TEXTS.values() for part in documents.PART.finditer(text)}
    assert used == set(documents.PARTS)


def test_only_stale_parts_are_rewritten(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- generated: scales -->\n| hubs | 38 |\n<!-- end -->\nAfter.\n", encoding="utf-8")
    assert documents.write(tmp_path) == [page]
    text = page.read_text(encoding="utf-8")
    assert "| hubs | 39 |" in text
    assert "38" not in text
    assert text.startswith("Before.\n<!-- generated: scales -->\n")
    assert text.endswith("<!-- end -->\nAfter.\n")
    assert documents.write(tmp_path) == []


def test_every_declaration_has_its_row():
    assert all(f"| `{name}` |" in documents.state() for name in Engineers._fields)
    for name, row in ASSUMPTIONS.items():
        (line,) = [line for line in documents.assumptions().splitlines() if line.startswith(f"| `{name}` |")]
        assert f"| {row.central:g} |" in line
        assert line.endswith(f" {row.source.replace('|', chr(92) + '|')} |")
    assert documents.levers().count("\n") == len(documents.FAMILIES) + 1
    assert documents.variables().count("\n") == len(documents.VARIABLES) + 1


@pytest.mark.parametrize("room", documents.DEFINITIONS, ids=lambda room: room.__name__)
def test_every_public_equation_is_in_the_document(room):
    names = [name for name, f in inspect.getmembers(room, inspect.isfunction) if f.__module__ == room.__name__]
    text = TEXTS["docs/equations.md"]
    missing = [name for name in names if f"### `{room.__name__.removeprefix('sim.model.')}.{name}`" not in text]
    assert not missing


def test_every_label_has_a_formula_and_a_source():
    sections = re.split(r"^## ", TEXTS["docs/equations.md"], flags=re.M)[1:]
    assert [section.split()[0] for section in sections] == [f"E{k}" for k in range(1, 13)]
    for section in sections:
        assert "$`" in section or "```math" in section, section.split()[0]
        assert re.search(r"\b[Ss]ources?\b|\bgrade [A-D]\b", section), section.split()[0]
        assert ">>>" not in section
        assert ":math:" not in section


def test_mathematics_and_code_come_out_of_a_docstring():
    text = "A :math:`a\n_b` of ``c``.\n\n.. math:: x = 1,\n          y = 2\n\nParameters\n----------\nc : hub\n    more"
    assert documents.from_docstring(text) == (
        "A $`a _b`$ of `c`.\n\n```math\nx = 1,\ny = 2\n```\n\n*Parameters*\n\n- c : hub\n    more"
    )


def anchors(text):
    """Return the anchors of the headings of a page by the rules of GitHub."""
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@every_page
def test_every_link_leads_somewhere(page):
    for target, anchor in LINK.findall(TEXTS[page]):
        if target.startswith(("http://", "https://")):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), f"{page}: {target}"
        assert not anchor or anchor in anchors(path.read_text(encoding="utf-8")), f"{page}: {target}#{anchor}"


@every_page
def test_every_market_fact_that_is_cited_is_shipped(page):
    with (DATA / "sources" / "market_facts.csv").open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    assert set(re.findall(r"\bm\d\d\b", TEXTS[page])) <= known


CARD = re.findall(r"^\| (.+?) \| (.+?) \| \[\w+\]\((\S+?)\) \|$", TEXTS["docs/model_card.md"], re.M)


def test_the_model_card_has_figures():
    assert len(CARD) == TEXTS["docs/model_card.md"].count(") |\n")


@pytest.mark.parametrize(("what", "figures", "page"), CARD)
def test_figures_of_the_model_card_are_on_its_page(what, figures, page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for figure in re.findall(r"\d+(?:\.\d+)?", figures):
        assert re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.]*\d)", text), f"{what}: {figure}"


def test_the_citation_is_that_of_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys()  # what the format asks for
    assert cited["cff-version"] == "1.2.0"
    assert (cited["title"], cited["version"]) == (project["name"], project["version"])
    assert (cited["license"], cited["type"]) == (project["license"], "software")
    assert cited["keywords"] == project["keywords"]
    assert all(author.keys() & {"name", "family-names"} for author in cited["authors"])


def test_the_change_log_has_the_present_version_first():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert re.search(r"^## (\S+)", TEXTS["CHANGELOG.md"], re.M)[1] == version
