"""Scenario files: shipped ones mutated, and new ones from a grammar of levers; every accepted one is run."""

from functools import partial
from zlib import crc32

from fuzzing import TINY, cases, command, dates, folder, mutated, nasty, numbers, refused
from hypothesis import event, given
from hypothesis import strategies as st

from sim.errors import ScenarioError, TalentflowError
from sim.scenario.describe import resolved_toml
from sim.scenario.files import available, experiments, load, loads
from sim.scenario.levers import catalogue
from sim.study.run import run

SHIPPED = [path.read_bytes() for path in (*available().values(), *experiments().values())]
KEYS = [
    "title",
    "question",
    "legal",
    "policy",
    "lever",
    "value",
    "multiply",
    "add",
    "from",
    "until",
    "ramp_years",
    "source",
    "assumptions",
    "valeu",
    "Title",
    "",
    "a b",
]


def held(content, base):
    """A file with this content is refused in one line; or it loads, can be written down and read again, and runs."""
    with folder(base) as where:
        path = where / "mine.toml"
        path.write_bytes(content)
        scenario = refused(ScenarioError, load, path, out=where)
        assert (command("describe", path, out=where)[0] == 0) == (scenario is not None)
        if scenario is None:
            event("refused when read")
            return
        assert loads(resolved_toml(scenario), "mine").policies == scenario.policies
        done = refused(
            TalentflowError, partial(run, scenario, population=2000, replicates=1, years=2, workers=1), out=where
        )
        event("run" if done else "refused by the years")
        if crc32(content) % 8 == 0:  # saving takes ten times as long as running
            code, _, _ = command("run", path, *TINY, "--out", where / "out", "--quiet", out=where)
            assert (code == 0) == (where / "out").exists()


@cases(15, 1000)
@given(mutated(SHIPPED))
def test_a_mutated_file_is_refused_in_one_line_or_runs(base, content):
    held(content, base)


@st.composite
def paths(draw):
    """A lever's path: as it is, with wildcards or alternatives, or spoilt."""
    path = draw(st.sampled_from(list(catalogue())))
    parts = path.split(".")
    kind = draw(st.sampled_from((*["plain"] * 8, "star", "braces", "spoilt", "nasty")))
    if kind == "star":
        parts[draw(st.integers(0, len(parts) - 1))] = "*"
    elif kind == "braces":
        parts[1] = "{" + parts[1] + "," + draw(st.sampled_from(["usa", "paris", "expert", "nowhere", ""])) + "}"
    elif kind == "spoilt":
        parts[draw(st.integers(0, len(parts) - 1))] = draw(nasty)
    return draw(nasty) if kind == "nasty" else ".".join(parts)


def right_values(lever):
    """Values that the lever takes, at its ends too."""
    if lever.kind == "flag":
        return ["true", "false"]
    if lever.kind == "choice":
        return [f'"{choice}"' for choice in lever.choices]
    whole = [
        repr(int(x)) for x in (lever.low, lever.high, (lever.low + lever.high) / 2, min(lever.low + 1, lever.high))
    ]
    parts = [] if lever.kind == "integer" else [repr(lever.high / 3)]
    return whole + parts + (['"none"'] if lever.may_be_none else [])


def text(words):
    """TOML of a string, wrongly quoted now and then."""
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"' if len(words) % 7 else words


@st.composite
def files(draw):
    """A scenario file from a grammar of levers, values and dates."""
    lines = [f"title = {text(draw(nasty) if draw(st.integers(0, 9)) == 0 else 'A title')}"]
    if draw(st.integers(0, 5)) == 0:
        lines.append(f"question = {text(draw(nasty))}")
    for _ in range(draw(st.integers(0, 3))):
        path = draw(paths())
        lever = catalogue().get(path)
        within = right_values(lever) if lever else ["1"]
        lines += ["[[policy]]", f"lever = {text(path)}"]
        operation = draw(st.sampled_from(("value", "value", "value", "multiply", "add")))
        lines.append(f"{operation} = {draw(st.sampled_from(within) if draw(st.integers(0, 5)) else numbers)}")
        for key, values in (("from", dates), ("until", dates), ("ramp_years", numbers), ("source", nasty.map(text))):
            if draw(st.integers(0, 7)) == 0:
                lines.append(f"{key} = {draw(values)}")
        if draw(st.integers(0, 15)) == 0:
            lines.append(f"{draw(st.sampled_from(KEYS))} = {draw(numbers)}")
    return draw(st.sampled_from(("\n", "\n", "\n", "\r\n", "\r"))).join(lines).encode("utf-8", "surrogatepass")


@cases(30, 2000)
@given(files())
def test_a_generated_file_is_refused_or_runs(base, content):
    held(content, base)
