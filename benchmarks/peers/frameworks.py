"""The frameworks that are compared: script, environment, variant and largest size of each."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environments import python_of

ROOT = Path(__file__).parents[2]
SMALL, MIDDLE, FULL, LARGE = 10_000, 100_000, 1_900_000, 10_000_000
OURS, LIMIT = "talentflow", "numba:gather"  # labels: ourselves, and the kernel near the machine's limit


@dataclass(frozen=True)
class Entry:
    """One framework, written in one way."""

    label: str  # script, and variant where it has several
    environment: str  # "" is talentflow's own
    largest: int = LARGE

    def row(self, *options):
        """Run its script; the line of JSON that it prints, as a dict."""
        return json.loads(self.start(*options).stdout.splitlines()[-1]) | {"label": self.label}

    def start(self, *options):
        """Run its script in its environment until it ends.

        Raises
        ------
        subprocess.CalledProcessError
        """
        script, _, variant = self.label.partition(":")
        command = [python_of(self.environment), "-m", f"benchmarks.peers.fw_{script}", *map(str, options)]
        if variant:
            command += ["--variant", variant]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)


ENTRIES = (
    Entry("talentflow", ""),
    Entry("numba:gather", "numba"),
    Entry("numba:table", "numba"),
    Entry("numba:exp", "numba"),
    Entry("laser", "laser"),
    Entry("numpy:tuned", "numpy"),
    Entry("numpy:default", "numpy"),
    Entry("starsim", "starsim"),
    Entry("ambr", "ambr"),
    Entry("mesa_frames:default", "mesa_frames"),
    Entry("mesa_frames:wide", "mesa_frames", FULL),
    Entry("mesa:tuned", "mesa", FULL),
    Entry("mesa:default", "mesa", FULL),
    Entry("agentpy", "agentpy", FULL),
)
