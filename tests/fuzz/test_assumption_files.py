"""Files of assumptions: shipped ones mutated, and new ones from the declarations; every accepted one is run."""

from functools import partial
from zlib import crc32

from fuzzing import TINY, cases, command, folder, mutated, nasty, numbers, refused
from hypothesis import event, given
from hypothesis import strategies as st

from sim.errors import AssumptionError, TalentflowError
from sim.scenario.assumptions import ASSUMPTIONS, draw_assumptions, load_assumptions
from sim.scenario.files import load, shipped_assumptions
from sim.study.run import run

SHIPPED = [
    *(path.read_bytes() for path in shipped_assumptions().values()),
    b"[assumptions]\nb_pay = 1.5\nb_compute = { central = 0.2, low = 0.0, high = 0.5 }\n",
]


def held(content, base):
    """A file with this content is refused in one line; or draws stay in bounds and a run takes it, or says why not."""
    with folder(base) as where:
        path = where / "belief.toml"
        path.write_bytes(content)
        declared = refused(AssumptionError, load_assumptions, path, out=where)
        if declared is None:
            event("refused when read")
        else:
            for drawn in draw_assumptions(3, 0, 0, declared):
                for name, row in declared.items():
                    assert row.bounds[0] <= getattr(drawn, name) <= row.bounds[1]
            options = {"population": 2000, "replicates": 1, "years": 1, "workers": 1, "assumptions": path}
            done = refused(TalentflowError, partial(run, load("h1b_fee"), **options), out=where)
            event("run" if done else "no constants meet the first year")
        if crc32(content) % 8 == 0:
            code, _, _ = command(
                "run", "h1b_fee", *TINY, "--assumptions", path, "--out", where / "out", "--quiet", out=where
            )
            assert (code == 0) == (where / "out").exists()


@cases(8, 400)
@given(mutated(SHIPPED))
def test_a_mutated_file_is_refused_in_one_line_or_runs(base, content):
    held(content, base)


@st.composite
def files(draw):
    """Assumptions held or ranged, mostly within their bounds."""
    lines = [draw(st.sampled_from(["[assumptions]"] * 9 + ["", "[assumption]", "[[policy]]", "[assumptions.b_pay]"]))]
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(list(ASSUMPTIONS)) if draw(st.integers(0, 7)) else nasty)
        row = ASSUMPTIONS.get(name)
        right = [repr(x) for x in (row.low, row.central, row.high, *row.bounds)] if row else ["1"]
        value = st.sampled_from(right) if draw(st.integers(0, 5)) else numbers
        if draw(st.booleans()):
            lines.append(f"{name} = {draw(value)}")
        else:
            parts = [f"{key} = {draw(value)}" for key in ("central", "low", "high", "mid")[: draw(st.integers(0, 4))]]
            lines.append(f"{name} = {{ {', '.join(parts)} }}")
    return "\n".join(lines).encode("utf-8", "surrogatepass")


@cases(15, 800)
@given(files())
def test_a_generated_file_is_refused_or_runs(base, content):
    held(content, base)
