"""The report: one file that needs nothing else, in which a scenario's words are never markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from fake_result import fake_result, reports
from test_answer import compared

from sim.results.cells import hub_table
from sim.results.facts import facts
from sim.results.narrative import paragraphs, sentences
from sim.results.result import Result
from sim.scenario.files import loads
from sim.show.report import write_report
from sim.show.report.brief import brief_contents, write_brief

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
EVIL = '<script>alert("x")</script> | *b* `c` <img src=x onerror=y>'


class Page(HTMLParser):
    """A page as a screen reader sees it: elements with their attributes, and the visible text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self._hidden = [], "", False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._hidden = tag == "style"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        self.text += "" if self._hidden else data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def page(result):
    return Page(reports(result, effects=SVG)[0])


@pytest.fixture(scope="module")
def small():
    return fake_result(2, 2)


def words(text):
    """Text without the difference between kinds of spaces, minus signs and arrows."""
    text = text.replace("\u2212", "-").replace("\u2192", "->")
    return " ".join(text.split())


def test_it_needs_nothing_else(page):
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.elements}
    addresses = [a[key] for _, a in page.elements for key in ("src", "href", "action", "srcset") if key in a]
    assert addresses
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not [key for _, attributes in page.elements for key in attributes if key.startswith("on")]
    html = reports(fake_result(1, 1))[0]
    assert not re.search(r"@import|url\(", html)


def test_it_answers_with_the_numbers_of_the_table(result, page):
    text = words(page.text)
    assert result.record["question"] in text
    told = sentences(facts(result))
    for name in ("headline", "others", "why", "trust"):
        assert words(told[name]) in text, name
    for row in hub_table(result)[1]:
        for cell in row:
            assert cell in text


def test_the_report_says_how_to_repeat_it(result, page):
    text = words(page.text)
    for part in (
        "no causal evidence",
        "grade D",
        "held back",
        "Law:",
        "Presidential Proclamation 10973",
        "talentflow verify .",
        "talentflow run scenario.toml --baseline baseline.toml --population 100000 --replicates 20 --years 10 "
        "--start 2026 --seed 0 --assumptions assumptions.toml",
        "b_pay = 1.5",
        "digest of the code",
        "AI talent index 2026",
        result.record["notices"][0],
    ):
        assert part in text, part
    assert text.index("b_compute") < text.index("b_pay_sd")  # the caution about compute first
    for row in result.record["assumptions"]:
        assert words(row["meaning"]) in text
        assert words(row["source"]) in text
    assert "certain" not in text


def test_tables_have_headers_and_figures_have_words(page):
    assert len(page.all("caption")) == len(page.all("table")) >= 4
    assert {th.get("scope") for th in page.all("th")} == {"col", "row"}
    (image,) = page.all("img")
    assert "effect on every country" in image["alt"]
    assert image["src"].startswith("data:image/svg+xml;base64,")
    assert page.all("html") == [{"lang": "en"}]


def test_no_number_is_written_with_an_exponent(page):
    # where the reader looks: all but the scenario files and the provenance of the appendix
    shown = page.text[: page.text.index("how to make it again")]
    assert re.findall(r"\de[+-]\d+", shown) == []


def test_headings_are_in_order(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("field", ["title", "question", "sentences", "notices", "warnings", "legal", "scenario"])
def test_a_scenarios_words_are_never_markup(small, field):
    own = EVIL if isinstance(small.record[field], str) else [EVIL]
    evil = replace(small, record=small.record | {field: own})
    html, summary = reports(evil)
    page = Page(html)
    assert EVIL in page.text
    assert not page.all("script")
    assert not page.all("img")
    assert "<script" not in summary
    assert "<img" not in summary


def test_an_empty_scenario_says_exactly_zero(equal_arms):
    html, summary = reports(equal_arms)
    page = Page(html)
    assert "every effect is exactly zero" in page.text
    assert "The routes that it touches" not in page.text
    assert "every effect is exactly zero" in summary


def test_a_single_pair_and_an_older_run_have_a_report(small):
    assert "A single pair settles" in reports(fake_result(1, 1))[0]
    older = Result(small.data.drop_vars(["net_pay", "stock_by_sector"]), small.record)
    assert "talent index" not in reports(older)[0]


def test_warnings_stand_with_the_answer(small):
    warned = replace(small, record=small.record | {"warnings": ["the levers reach nobody"]})
    text = Page(reports(warned)[0]).text
    assert text.index("the levers reach nobody") < text.index("How far to trust it")


def test_a_comparison_has_a_table_and_sections():
    several = compared(h1b_fee=1.0, half_the_fee=0.5)
    page = Page(reports(several)[0])
    # compared; countries, causes, hubs, public money and routes of each; long run; assumptions
    assert len(page.all("caption")) == 1 + 2 * 5 + 2
    text = words(page.text)
    assert "h1b_fee: effect in pp (90 % of pairs)" in text
    assert "talentflow compare h1b_fee.toml half_the_fee.toml --baseline baseline.toml" in text
    assert text.index("half_the_fee: effect in pp") < text.index("What the scenario changes")


def test_the_page_of_markdown_is_a_page(result):
    text = reports(result)[1]
    lines = text.splitlines()
    assert lines[0] == f"# {result.record['title']}"
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(brief_contents(result)["answers"][0]["rows"])
    assert len({line.count("|") for line in table}) == 1
    for part in (result.record["question"], paragraphs(result)[0].split(". ")[0], "    talentflow run scenario.toml"):
        assert part in text
    assert len(lines) < 60
    assert "\n\n\n" not in text


def test_it_is_written_with_the_figures_that_lie_there(small, tmp_path):
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "shares.svg").write_text(SVG)
    (tmp_path / "figures" / "effects.png").write_bytes(b"\x89PNG")
    (tmp_path / "figures" / "flows.graphml").write_text("")
    report = write_report(small, tmp_path)
    images = Page(report.read_text(encoding="utf-8")).all("img")
    assert [image["src"].partition(";")[0] for image in images] == ["data:image/png", "data:image/svg+xml"]
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"figures", "report.html", "summary.md", "scenario.toml", "baseline.toml", "assumptions.toml"}


def test_without_figures_there_is_a_report_too(equal_arms, tmp_path):
    assert not Page(write_report(equal_arms, tmp_path).read_text(encoding="utf-8")).all("img")


def test_what_it_prints_of_a_scenario_can_be_run_again(small):
    html = reports(small)[0]
    printed = [pre for pre in re.findall(r"<pre[^>]*><code>(.*?)</code>", html, re.S) if "title =" in pre]
    assert [loads(pre.replace("&#34;", '"').replace("&#39;", "'"), "again").title for pre in printed] == [
        "US $100,000 H-1B fee",
        "Baseline",
    ]


# --- the brief ------------------------------------------------------------------------------------


def test_the_brief_says_what_the_answer_says(result, tmp_path):
    text = words(Page(write_brief(result, tmp_path).read_text(encoding="utf-8")).text)
    told = sentences(facts(result))
    for name in ("title", "headline", "others", "why", "trust"):
        assert words(told[name]) in text, name
    assert "Presidential Proclamation 10973" in text
    assert "talentflow run h1b_fee --population 100000" in text


def test_the_number_of_the_brief_is_coloured_by_sign(small, tmp_path):
    for strength, kind in ((1.0, "loss"), (-1.0, "")):
        page = write_brief(fake_result(strength=strength), tmp_path).read_text(encoding="utf-8")
        assert f'<p class="big{kind and " " + kind}">' in page


def test_the_brief_is_one_printed_page(result, small, equal_arms, tmp_path):
    weasyprint = pytest.importorskip("weasyprint")
    for number, each in enumerate((result, small, equal_arms)):
        page = write_brief(each, tmp_path).read_text(encoding="utf-8")
        for paper in ("A4", "letter"):
            sized = page.replace("size: auto", f"size: {paper}")
            assert len(weasyprint.HTML(string=sized).render().pages) == 1, (number, paper)
    assert write_brief(result, tmp_path, "pdf").read_bytes()[:4] == b"%PDF"


def test_a_brief_is_escaped_and_needs_nothing_else(small, tmp_path):
    evil = replace(small, record=small.record | {"title": EVIL, "question": EVIL, "sentences": [EVIL]})
    page = Page(write_brief(evil, tmp_path).read_text(encoding="utf-8"))
    assert EVIL in page.text
    assert not page.all("script")
    assert not page.all("img")
