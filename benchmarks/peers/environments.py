"""One virtual environment a framework, from pinned versions: ``python -m benchmarks.peers.environments [NAME ...]``.

They lie in ``$RM1_ENVIRONMENTS``, by default in ``benchmarks/.venvs``; together they take about 4 GB. The product never
depends on any of them.
"""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(os.environ.get("RM1_ENVIRONMENTS", Path(__file__).parents[1] / ".venvs"))
NUMPY, SCIPY, NUMBA, POLARS = "numpy==2.4.6", "scipy==1.17.1", "numba==0.68.1", "polars==2.1.0"
PINNED = {
    "numpy": (NUMPY, SCIPY),
    "numba": (NUMBA, NUMPY, SCIPY),
    "mesa": ("mesa[network]==3.3.1", SCIPY),  # the newest that installs on Python 3.11
    "agentpy": ("agentpy==0.1.5", NUMPY, SCIPY),
    # it pins numpy<2 and leaves pyarrow open, of which the newest needs numpy 2
    "mesa_frames": ("--pre", "mesa-frames==0.1.0a0", "pyarrow<18", POLARS, "scipy"),
    "ambr": ("ambr[perf]==0.5.2", POLARS),
    "starsim": ("starsim==3.7.2",),
    "laser": ("laser-core==1.0.5", NUMBA, SCIPY),
}


def python_of(name):
    """The interpreter of an environment; '' is the one that runs talentflow."""
    return FOLDER / name / "bin" / "python" if name else Path(sys.executable)


def make(name):
    """Make one environment, or bring it up to the pinned versions."""
    python = python_of(name)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", FOLDER / name], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-input", *PINNED[name]], check=True)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PINNED:
        print(f"{chosen}: {' '.join(PINNED[chosen])}", flush=True)
        make(chosen)
