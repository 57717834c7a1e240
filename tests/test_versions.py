"""The lowest versions that are said to work are those that were tested."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from paths import ROOT

LOWEST = ROOT / ".ci" / "lowest.txt"
# no code of the package meets them
TOOLS = {"ruff", "mypy", "coverage", "playwright", "axe-playwright-python", "pyyaml", "ipykernel"}
ALONG = {"pyparsing"}  # comes with matplotlib, which warns of itself beside newer ones

pytestmark = pytest.mark.skipif(not LOWEST.exists(), reason="an unpacked sdist does not hold .ci")


def pins(path):
    """Name -> version of a file of constraints."""
    rows = (Requirement(line) for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {row.name.lower().replace("_", "-"): Version(str(row.specifier).removeprefix("==")) for row in rows}


def requirements():
    """Every dependency, extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(row for extra in project["optional-dependencies"].values() for row in extra)]
    return list(map(Requirement, asked))


def bounds():
    """Name -> lowest version of every dependency."""
    lowest = {row.name.lower(): [each for each in row.specifier if each.operator == ">="] for row in requirements()}
    return {name: Version(found.version) for name, (found,) in lowest.items()}


def test_lower_bounds_are_the_lowest_versions_tested():
    lowest = {name: pin for name, pin in pins(LOWEST).items() if name not in ALONG}
    assert {name: bound for name, bound in bounds().items() if name not in TOOLS} == lowest


def test_the_versions_held_meet_every_bound():
    held = pins(ROOT / "constraints.txt")
    assert [str(row) for row in requirements() if held[row.name.lower()] not in row.specifier] == []
