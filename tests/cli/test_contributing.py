"""Every recipe of docs/contributing.md works as it is written."""

import ast
import doctest
import importlib
import re
import shlex
import sys
import types

import numpy as np
import pytest
from paths import ROOT

from sim.results import measures
from sim.scenario import assumptions, files, levers
from sim.show import plots
from sim.study import experiments

TEXT = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8").partition("## Recipes")[2]
RECIPES = dict(re.findall(r"^\*\*An? (\w+)\*\*(.*?)(?=^\*\*|\Z)", TEXT, re.M | re.S))


def blocks(recipe, language):
    """Return the (path, table or '', code) of each block of a recipe."""
    found = re.findall(rf"```{language}\n# (\S+)(?:, at the end of (\w+))?\n(.*?)```", RECIPES[recipe], re.S)
    assert found
    return found


def changed(monkeypatch, path, table, code):
    """Load a module with a block added to it: inside a table, or at its end."""
    source = (ROOT / path).read_text(encoding="utf-8")
    lines = source.split("\n")
    if table:
        ends = [
            node.end_lineno
            for node in ast.parse(source).body
            if table in [target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)]
        ]
        lines.insert(ends[-1] - 1, code)
    else:
        lines.append(code)
    original = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    module = types.ModuleType("changed")
    module.__file__ = original.__file__
    monkeypatch.setitem(sys.modules, "changed", module)
    exec(compile("\n".join(lines), path, "exec"), vars(module))
    return module


def test_there_is_a_short_recipe_for_each_kind():
    assert list(RECIPES) == ["lever", "hub", "mechanism", "measure", "figure", "scenario", "experiment"]
    for name, text in RECIPES.items():
        assert sum(bool(line.strip("` ")) for line in text.splitlines()) < 20, name


@pytest.mark.parametrize(
    ("kinds", "most"), [(("lever", "mechanism", "measure"), 6), (("figure",), 2), (("scenario",), 1)], ids=str
)
def test_a_recipe_touches_few_files(kinds, most):
    """The recipes are applied below; here they are counted, without the tests and the generated documents."""
    text = " ".join(RECIPES[kind] for kind in kinds)
    touched = set(re.findall(r"\b(?:sim|scenarios|docs/model)(?:/\w+)*/\w+\.(?:py|toml)|docs/model\b", text))
    assert 1 <= len(touched) <= most


def test_the_lever_reaches_every_country(monkeypatch):
    new = changed(monkeypatch, *blocks("lever", "python")[0])
    added = [path for path in new.catalogue() if path not in levers.catalogue()]
    rules, s = new.baseline_rules(), types.SimpleNamespace(country=np.array([2, 0]))
    assert "country.fra.price_multiplier" in added
    assert len(added) == len(levers.baseline_rules()["tax_rate_points"])
    read = re.search(r"`(rules\[.*?\])`", RECIPES["lever"])[1]
    assert eval(read, {"rules": rules, "s": s}).tolist() == [1, 1]


def test_the_hub_is_split_off_and_complete(talentflow, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^talentflow (.+)$", RECIPES["hub"], re.M)
    assert [talentflow(*shlex.split(command))[0] for command in commands] == [0, 0]


def test_the_mechanism_is_off_at_zero(monkeypatch):
    equation, row = blocks("mechanism", "python")
    module = changed(monkeypatch, *equation)
    test = doctest.DocTestFinder().find(module.crowding, "crowding", module=False, globs=vars(module))[0]
    assert doctest.DocTestRunner().run(test).failed == 0
    declared = changed(monkeypatch, *row)
    for old, new in zip(assumptions.draw_assumptions(4, 1), declared.draw_assumptions(4, 1), strict=True):
        assert new.to_dict() == old.to_dict() | {"b_crowding": new.b_crowding}
        assert 0 <= new.b_crowding <= 2


def test_the_measure_is_a_rate_of_exits(monkeypatch, result):
    new = changed(monkeypatch, *blocks("measure", "python")[0])
    exits, stock = measures.measure(result, "exits:usa"), measures.series(result, "stock:usa").isel(time=-2)
    assert np.allclose(new.measure(result, "exit_rate:usa"), exits / stock)


def test_the_figure_is_drawn(monkeypatch, result, tmp_path):
    path, _, code = blocks("figure", "python")[0]
    module = types.ModuleType(path.removesuffix(".py").replace("/", "."))
    exec(code, vars(module))
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(plots.KINDS, "concentration", "how concentrated engineers are")
    assert plots.draw(result, "concentration", tmp_path / "figure.svg").stat().st_size > 0


@pytest.mark.parametrize("kind", ["scenario", "experiment"])
def test_the_files_are_valid(kind, tmp_path, talentflow):
    name, _, text = blocks(kind, "toml")[0]
    path = tmp_path / name.rpartition("/")[2]
    path.write_text(text, encoding="utf-8")
    if kind == "scenario":
        assert files.load(path).subject == "fra"
        assert talentflow("describe", path)[0] == 0
    else:
        study = experiments.read_study(path)
        assert study.published.unit in experiments.ESTIMANDS[study.estimand].units
