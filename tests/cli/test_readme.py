"""The README's own examples run, and its scenario loads."""

import re
import textwrap

import pytest
from paths import ROOT
from PIL import Image

from sim.scenario.files import loads
from sim.show import pictures

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    """The first code block of a language."""
    return re.search(rf"```{language}\n(.*?)```", TEXT, re.S).group(1)


def test_the_example_scenario_loads():
    scenario = loads(block("toml"), "my_fee")
    assert [policy.amount for policy in scenario.policies] == [100_000]
    assert len(block("toml").strip().splitlines()) <= 10


def test_the_page_is_three_screens_long():
    assert len(TEXT.splitlines()) <= 170


def test_the_number_of_scenarios_is_true():
    (number,) = re.findall(r"ships (\d+) scenarios", TEXT)
    assert int(number) == len(list((ROOT / "scenarios").glob("*.toml")))


def test_pictures_and_answer_show_the_same_numbers():
    answer = " ".join(TEXT[TEXT.index(pictures.BEGIN) : TEXT.index(pictures.END)].split())
    for kind in pictures.KINDS:
        with Image.open(ROOT / "docs" / f"{pictures.SCENARIO}_{kind}.png") as picture:
            assert picture.info["Description"] in answer, kind


def test_the_python_example_prints_shares_of_both_arms(capsys):
    exec(compile(textwrap.dedent(block("python")), "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "baseline" in printed
    assert "scenario" in printed


@pytest.mark.parametrize("path", re.findall(r"\]\(([\w/.]+)\)", TEXT))
def test_every_link_leads_somewhere(path):
    assert (ROOT / path).exists()
