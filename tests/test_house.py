"""Rules that all code keeps, checked by reading it: order of imports, purity, sizes, documentation, public names."""

import ast
import doctest
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import networkx as nx
import pytest

import sim
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.levers import catalogue

ROOT = Path(sim.__file__).parent
FLOORS = ["scenario", "world", "model", "results", "study", "show", "cli"]  # a folder imports from those before it
NOT_NEEDED = {("results", "world"), ("results", "model")}
LONGEST_FUNCTION = 100  # lines, after the docstring
LONGEST_NAME = 50  # letters of a test
FILES = sorted(path for path in ROOT.rglob("*.py") if "scenarios" not in path.relative_to(ROOT).parts)
NAMES = [".".join(("sim", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__") for path in FILES]
MODULES = dict(zip(NAMES, FILES, strict=True))
TESTS = sorted(Path(__file__).parent.rglob("*.py"))

KERNELS = sorted(name.rpartition(".")[2] for name in NAMES if name.startswith("sim.model.kernels."))

every_module = pytest.mark.parametrize("name", MODULES)


def tree(name):
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def imported(name):
    """Absolute names of the modules that a module imports, inside functions too."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield whole if whole in MODULES else base


def floor(name):
    """The folder that a module lies in, or '' for sim itself."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else ""


def functions(name):
    """Every function and method, with the classes that it stands in."""

    def inside(node, classes):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield child, classes
            elif isinstance(child, ast.ClassDef):
                yield from inside(child, [*classes, child.name])

    return list(inside(tree(name), []))


@every_module
def test_a_folder_imports_only_from_those_below_it(name):
    here = floor(name)
    for other in imported(name):
        if not other.startswith("sim"):
            continue
        there = floor(other)
        if here and there:
            assert FLOORS.index(there) <= FLOORS.index(here), f"{name} imports {other}"
            assert (here, there) not in NOT_NEEDED, f"{name} imports {other}"
        if not here:
            assert not there, f"{name} lies on the ground and imports {other}"


def test_nothing_imports_in_a_circle():
    graph = nx.DiGraph((name, other) for name in MODULES for other in imported(name) if other in MODULES)
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("room", ["equations", *(f"kernels.{name}" for name in KERNELS)])
def test_equations_and_kernels_are_pure(room):
    name = f"sim.model.{room}"
    allowed = {"math", "typing", "numpy", "numba", "scipy", "sim.model.rng", "sim.model.equations"}
    allowed |= {f"sim.model.kernels.{name}" for name in KERNELS} | {
        "sim.compiled",
        "sim.world.categories",
        "sim.world.engineers",
        "sim.world.ties",
    }
    if room == "kernels.choice":
        allowed.add("pathlib")  # is_compiled looks whether numba's cache is there
        allowed.add("llvmlite")  # numba's own compiler: prefetch asks the memory ahead
    used = {other if other.startswith("sim") else other.split(".")[0] for other in imported(name)}
    assert used <= allowed
    code = list(ast.walk(tree(name)))
    assert not {node.attr for node in code if isinstance(node, ast.Attribute)} & {
        "random",
        "load",
        "save",
        "tofile",
    }
    assert not {node.id for node in code if isinstance(node, ast.Name)} & {
        "open",
        "print",
        "input",
        "exec",
        "eval",
    }
    assert not any(isinstance(node, ast.Global | ast.Nonlocal) for node in code)


def test_equations_draw_nothing():
    assert "sim.model.rng" not in set(imported("sim.model.equations"))


def test_the_model_stays_small():
    """At most 20 files of code on at most eight floors, a floor being the longest way down by imports."""
    rooms = [name for name in MODULES if name.startswith("sim.model.") and tree(name).body]
    graph = nx.DiGraph((name, other) for name in rooms for other in imported(name) if other in rooms)
    assert len(rooms) <= 20
    assert nx.dag_longest_path_length(graph) + 1 <= 8


def declared():
    """Attributes that the class Simulation declares."""
    (state,) = [node for node in tree("sim.model.state").body if getattr(node, "name", "") == "Simulation"]
    return {node.target.id for node in state.body if isinstance(node, ast.AnnAssign)}


def assigned(name, owners):
    """Attributes of ``owners`` that a module assigns, whole or in part."""
    for node in ast.walk(tree(name)):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            continue
        for target in [part for each in targets for part in getattr(each, "elts", [each])]:
            while isinstance(target, ast.Attribute | ast.Subscript):
                below = target.value
                if isinstance(target, ast.Attribute) and isinstance(below, ast.Name) and below.id in owners:
                    yield target.attr
                target = below


def writes(name):
    """The tuple WRITES of a module."""
    found = [
        ast.literal_eval(node.value)
        for node in tree(name).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "WRITES"
    ]
    return set(found[0]) if found else set()


def test_a_simulation_declares_all_that_it_holds():
    at_home = set(assigned("sim.model.state", {"self", "twin"}))
    everywhere = set.union(
        at_home, *(set(assigned(name, {"sim"})) for name in MODULES if name.startswith("sim.model."))
    )
    assert at_home <= declared()
    assert everywhere == declared()


@pytest.mark.parametrize(
    "name", [name for name in MODULES if name.startswith("sim.model.") and name != "sim.model.state"]
)
def test_processes_write_what_they_declare(name):
    assert writes(name) <= declared()
    assert set(assigned(name, {"sim"})) <= writes(name)


@every_module
def test_functions_stay_readable(name):
    for function, _ in functions(name):
        body = function.body[1:] if ast.get_docstring(function) else function.body
        lines = function.end_lineno - body[0].lineno + 1 if body else 0
        assert lines <= LONGEST_FUNCTION, f"{name}.{function.name}: {lines} lines"


@every_module
def test_modules_and_functions_have_docstrings(name):
    assert ast.get_docstring(tree(name)) or not tree(name).body, f"{name} has no docstring"
    for function, classes in functions(name):
        hidden = any(part.startswith("_") for part in [*classes, function.name])
        assert hidden or ast.get_docstring(function), f"{name}.{function.name} has no docstring"


def test_names_of_tests_and_docstrings_are_plain():
    code = "\n".join(path.read_text(encoding="utf-8") for path in [*FILES, *TESTS])
    assert re.findall(r'^ *r?"""(?:The same|What|Who|Whether|How|Where)\b.*', code, re.MULTILINE) == []
    assert [name for name in re.findall(r"^def (test_\w+)", code, re.MULTILINE) if len(name) > LONGEST_NAME] == []


@every_module
def test_only_the_command_line_prints(name):
    calls = [
        node.func.id for node in ast.walk(tree(name)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert "print" not in calls or name == "sim.show.terminal" or name.startswith("sim.world.build")


@every_module
def test_examples_in_docstrings_hold(name, result):
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(import_module(name), extraglobs={"result": result}, optionflags=options).failed == 0


def test_every_lever_is_documented():
    for path, lever in catalogue().items():
        assert lever.meaning, path
        assert lever.reaches, path
        assert lever.low <= lever.high, path
        # a present value that is a figure has source and grade; a multiplier of 1 or an addend of 0 is none
        assert (lever.source and lever.grade in set("ABCD")) or lever.present in (0, 1), path
        assert lever.unit or lever.kind in ("flag", "choice"), path


def test_every_assumption_is_documented():
    for name, row in ASSUMPTIONS.items():
        assert row.meaning, name
        assert row.unit, name
        assert row.source, name
        assert row.grade in set("ABCD"), name
        assert row.low <= row.central <= row.high, name


def fresh(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sim.__all__)
def test_a_public_name_is_there_in_a_fresh_process(name):
    done = fresh(f"from sim import {name}; import sim; assert {name} is sim.{name}")
    assert done.returncode == 0, done.stderr


def test_run_is_the_function_after_any_import():
    everything = "; ".join(f"import {name}" for name in NAMES)
    done = fresh(f"{everything}; from sim import load, run; assert callable(run) and callable(load)")
    assert done.returncode == 0, done.stderr


def test_importing_the_package_is_light():
    done = fresh("import sim, sys; print(*({'numpy', 'numba', 'xarray', 'matplotlib'} & set(sys.modules)))")
    assert done.stdout.strip() == ""
