"""Command lines from a grammar of commands, options and words, good and bad.

Everything is checked as in earnest; what is accepted stops where the first pair would be run, but for ``run`` of a tiny
world, one accepted line in ten.
"""

from contextlib import contextmanager, nullcontext

import pytest
from fuzzing import TINY, cases, command, folder, nasty
from hypothesis import event, given
from hypothesis import strategies as st

from sim.errors import TalentflowError
from sim.scenario.files import load
from sim.show.plots import KINDS
from sim.study.run import run


class CheckedError(TalentflowError):
    """Everything was understood: now it would run."""


def stop(*_, **__):
    raise CheckedError("it would run")


@pytest.fixture(scope="module")
def saved(base):
    """The folder of a run."""
    return run(load("h1b_fee"), population=2000, replicates=2, years=2, workers=1).save(base / "saved")


@contextmanager
def stopped():
    """Inside the block no pair is run, no process started, no page opened."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("sim.study.replicate.mapper", "sim.parallel.processes"):
            patch.setattr(name, lambda *_: nullcontext())
        for name in (
            "sim.study.parameter_sample.ParameterSample.first",
            "sim.study.sweep.runner.clip",
            "sim.study.backcast._fit",
            "sim.show.page.server.serve",
        ):
            patch.setattr(name, stop)
        yield


inside = nasty.filter(
    lambda words: not words.startswith(("/", "~")) and ".." not in words
)  # a path below the case's folder
WORDS = {
    "scenario": [
        "h1b_fee",
        "baseline",
        "current_law",
        "h1b_fee+eu_fast_track",
        "h1b_fee+h1b_fee",
        "mine.toml",
        "validate/h1b_approval",
    ],
    "measure": [
        "share:usa",
        "hhi",
        "share:usa,tier=expert@2027",
        "drain,home=ind",
        "net_rate:paris",
        "backlog,route=usa.h1b",
        "share:usa,tier=chief",
        "share:usa@1900",
        "mix:usa,tier=expert",
        "share:usa,tier=expert,tier=entry",
    ],
    "number": ["0", "1", "2", "-1", "2000", "2_000", "full", "1e3", "nan", "1" * 40, "2026", "0.5"],
    "lever": ["country.usa.route.h1b.cap", "country.*.tax.rate_points", "hub.paris.openings", "country.usa.nothing"],
    "set": [
        "country.usa.route.h1b.cap=72250",
        "hub.paris.openings=nan",
        "a=b=c",
        "=",
        "country.usa.route.h1b.cap=none",
        "country.usa.route.h1b.selection=lottery",
        "country.usa.route.h1b.cap=[1]",
        "a.b=" + "1" * 5000,
        "A" * 400 + "=1",
    ],
    "when": ["below 0", "above 0.5pp", "above nan", "beyond 1", "above 1 person", "above 1e999pp"],
    "span": ["0.5:5", "5:0.5", "nan:1", "1", ":", "0:inf", "2026:2027", "2027", "2030:2026", "x:y"],
    "effect": ["0", "-1pp", "0.05pp", "nan", "inf pp", "-1 persons", "1e999pp", "5%"],
    "over": [
        "b_pay",
        "b_*",
        "behaviour",
        "policy",
        "data",
        "b_pay=0:1",
        "b_pay=1:0",
        "b_pay=nan:1",
        "country.usa.route.h1b.cap=1:5",
        "nothing",
        "*",
    ],
    "table": ["hubs", "stock", "hubz", "../hubs"],
    "kind": [*KINDS, "shares", "tornado"],
    "place": ["18.5,73.9", "91,0", "nan,nan", "1", "1,2,3"],
    "hub": ["rest_of_india", "paris", "pariss"],
    "name": ["mine", "a b", "../up", "CON", "x" * 300],
    "flag": ["--json", "--quiet", "--force", "--interaction", "--check", "--nonsense", "--version", "--help", "-q"],
    "choice": [
        "all",
        "chance",
        "memo",
        "slide",
        "png",
        "svg",
        "graphml",
        "residence",
        "employer",
        "guided",
        "oat",
        "sobol",
        "morris",
        "pawn",
        "lhs",
        "grid",
        "policies",
        "origins",
        "screening",
    ],
    "path": ["out", "mine.toml", "saved", "no/where", "occupied", "occupied/x", "mine"],
    "years": ["2013-2015", "2015-2013", "2013", "1-9999", "x", "2013-"],
}
RUN = {
    "--population": "number",
    "--replicates": "number",
    "--years": "number",
    "--start": "number",
    "--seed": "number",
    "--uncertainty": "choice",
    "--assumptions": "path",
    "--baseline": "scenario",
    "--workers": "number",
    "--world": "path",
}
COMMANDS = {
    "run": (
        ["scenario"],
        RUN
        | {
            "--set": "set",
            "--measure": "measure",
            "--precision": "effect",
            "--fork": "number",
            "--most-replicates": "number",
        },
    ),
    "compare": (["scenario", "scenario"], RUN | {"--measure": "measure", "--precision": "effect", "--fork": "number"}),
    "index": (["scenario"], RUN | {"--year": "number"}),
    "breakeven": (
        ["scenario"],
        RUN
        | {"--lever": "lever", "--offset": "lever", "--measure": "measure", "--target": "effect", "--within": "span"}
        | {"--cost": "hub", "--rival": "set"},
    ),
    "assurance": (["path"], {"--format": "choice"}),
    "why": (["scenario"], RUN | {"--measure": "measure", "--by": "choice"}),
    "sweep": (
        ["scenario"],
        RUN
        | {
            "--method": "choice",
            "--over": "over",
            "--measure": "measure",
            "--n": "number",
            "--levels": "number",
            "--extend": "number",
        },
    ),
    "validate": (
        [],
        {
            "--draws": "number",
            "--population": "number",
            "--only": "name",
            "--seed": "number",
            "--workers": "number",
            "--uncertainty": "choice",
            "--assumptions": "path",
        },
    ),
    "backcast": (
        [],
        {
            "--flows": "path",
            "--fit-until": "number",
            "--score": "years",
            "--population": "number",
            "--replicates": "number",
            "--seed": "number",
        },
    ),
    "compile": ([], {}),
    "explore": (
        [],
        {
            "--port": "number",
            "--host": "name",
            "--workers": "number",
            "--population": "number",
            "--replicates": "number",
        },
    ),
    "effect": (["path", "measure"], {}),
    "plot": (
        ["path", "kind"],
        {
            "--hubs": "hub",
            "--years": "span",
            "--style": "choice",
            "--format": "choice",
            "--scenario": "scenario",
            "--basis": "choice",
            "--measure": "measure",
        },
    ),
    "verify": (["path"], {"--workers": "number"}),
    "status": (["path"], {"--measure": "measure"}),
    "discover": (["path"], {"--when": "when", "--measure": "measure", "--stage": "choice"}),
    "describe": (["scenario"], {"--world": "path"}),
    "diff": (["scenario", "scenario"], {}),
    "list": ([], {}),
    "schema": ([], {}),
    "levers": (["lever"], {}),
    "world": (["table"], {"--world": "path"}),
    "split": (["hub", "name"], {"--persons": "number", "--at": "place", "--into": "path", "--label": "name"}),
    "new": (["name"], {}),
}
HAS_OUT = {"run", "compare", "index", "breakeven", "why", "sweep", "validate", "backcast"}


@st.composite
def lines(draw, verbs=tuple(COMMANDS)):
    """A command with its arguments and some options; a word in eight is nasty."""

    def word(kind):
        odd = inside if kind in ("path", "name") else nasty
        return draw(st.sampled_from(WORDS[kind]) if draw(st.integers(0, 7)) else odd)

    verb = draw(st.sampled_from(verbs))
    arguments, options = COMMANDS[verb]
    line = [verb, *(word(kind) for kind in arguments)]
    if draw(st.integers(0, 15)) == 0:
        line = line[: draw(st.integers(0, len(line)))]
    for option in draw(st.lists(st.sampled_from(list(options)), max_size=4)) if options else []:
        line += [option, word(options[option])]
    if draw(st.integers(0, 3)) == 0:
        line.append(word("flag"))
    if verb in HAS_OUT and draw(st.booleans()):
        line += ["--out", word("path")]
    return [part.replace("\0", "") for part in line]  # no system passes a NUL on a command line


@cases(60, 1600)
@given(lines())
def test_a_line_is_done_or_refused_in_one_line(base, saved, line):
    with folder(base) as where, stopped(), pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        (where / "occupied").write_text("a file where a folder is asked for")
        (where / "mine.toml").write_text("[assumptions]\nb_pay = 1.5\n" if len(line) % 2 else 'title = "t"\n')
        (where / "saved").symlink_to(saved)
        ones = (
            "differs in",
            "File name too long",
            "No such file",
            "Not a directory",
            "problem",
            "Is a directory",
            "needs the extra",
        )
        code, _, said = command(*line, out=base, ones=ones)
        event("would run" if "it would run" in said else "refused" if code else "done")


@cases(4, 200)
@given(lines(("run",)).filter(lambda line: line[:1] == ["run"]))
def test_a_run_of_a_tiny_world_ends_or_is_refused(base, line):
    with folder(base) as where, pytest.MonkeyPatch.context() as patch:
        patch.chdir(where)
        sizes = [*TINY, "--precision", "5pp", "--most-replicates", "2"]
        code, _, _ = command(*line, *sizes, "--out", "out", out=where)
        event("refused" if code else "run")
