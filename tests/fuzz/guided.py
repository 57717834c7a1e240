"""Coverage-guided fuzzing of the readers with atheris, where it installs: ``python tests/fuzz/guided.py -runs=10000``.

The first byte chooses the reader, the rest is the file. What is refused with talentflow's own error is well; anything
else stops atheris, which prints the input.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sim.scenario", "sim.world.flows", "sim.world.checks", "sim.custom_world"]):
    from sim import custom_world
    from sim.errors import TalentflowError
    from sim.scenario.assumptions import load_assumptions
    from sim.scenario.files import available, load
    from sim.world import tables
    from sim.world.flows import read_flows

HERE = Path(tempfile.mkdtemp())
NAMES = sorted(path.stem for path in custom_world.SHIPPED.glob("*.csv"))


def world(path):
    """A table of one's own: which one, the second byte says."""
    content = path.read_bytes()
    mine = HERE / "mine"
    mine.mkdir(exist_ok=True)
    table = mine / f"{NAMES[content[0] % len(NAMES)] if content else NAMES[0]}.csv"
    table.write_bytes(content[1:])
    try:
        with custom_world.using(mine):
            tables.check()
    finally:
        table.unlink()


READERS = (load, load_assumptions, read_flows, world)


def one_input(data):
    """Give the input to its reader."""
    path = HERE / "input.toml"
    path.write_bytes(data[1:])
    try:
        READERS[data[0] % len(READERS) if data else 0](path)
    except TalentflowError:
        return


if __name__ == "__main__":
    seeds = HERE / "seeds"
    seeds.mkdir()
    for k, path in enumerate(available().values()):
        (seeds / str(k)).write_bytes(b"\0" + path.read_bytes())
    (seeds / "assumptions").write_bytes(b"\1[assumptions]\nb_pay = { central = 0.9, low = 0.5, high = 1.2 }\n")
    (seeds / "flows").write_bytes(b"\2year,orig,dest,n\n2010,USA,GBR,5\n2011,GBR,USA,7.5\n")
    for k, name in enumerate(NAMES):
        content = (custom_world.SHIPPED / f"{name}.csv").read_bytes()
        if len(content) < 20_000:
            (seeds / name).write_bytes(b"\3" + bytes([k]) + content)
    atheris.Setup([*sys.argv, "-max_len=20000", "-timeout=10", "-rss_limit_mb=4096", str(seeds)], one_input)
    atheris.Fuzz()
