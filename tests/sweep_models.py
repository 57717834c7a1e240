"""Plain functions with known indices, and models that refuse, fail, kill their process or take their time.

Worker processes import this file: it is light, so that they start in a tenth of the time that the study takes.
"""

import math
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.errors import Refused

ISHIGAMI = dict.fromkeys(("x1", "x2", "x3"), (-math.pi, math.pi)) | {"dummy": (0, 1)}  # factors and their ranges
ISHIGAMI_FIRST = {"x1": 0.3139, "x2": 0.4424, "x3": 0.0, "dummy": 0.0}  # a = 7, b = 0.1
ISHIGAMI_TOTAL = {"x1": 0.5576, "x2": 0.4424, "x3": 0.2437, "dummy": 0.0}

G = (0, 1, 4.5, 9, 99)
SOBOL_G = {f"x{k}": (0, 1) for k in range(len(G))}

SLOPES = {"x0": 4.0, "x1": 2.0, "x2": 1.0, "x3": 0.0}
LINEAR = dict.fromkeys(SLOPES, (0, 1))


def ishigami(values):
    """Ishigami and Homma 1990."""
    x1, x2, x3 = (values[name] for name in ("x1", "x2", "x3"))
    return {"y": math.sin(x1) + 7 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)}


def sobol_g(values):
    """Saltelli and Sobol 1995."""
    return {"y": math.prod((abs(4 * values[f"x{k}"] - 2) + a) / (1 + a) for k, a in enumerate(G))}


def sobol_g_indices():
    """First-order and total indices of it, in closed form."""
    part = np.array([1 / (3 * (1 + a) ** 2) for a in G])
    whole = np.prod(1 + part) - 1
    return part / whole, part * np.prod(1 + part) / (1 + part) / whole


def linear(values):
    """A sum: the index of a factor is its squared slope over the sum of all."""
    return {"y": sum(slope * values[name] for name, slope in SLOPES.items())}


def fails_above(values):
    """Raises on a part of the space."""
    if values["x0"] > 0.9:
        raise ValueError(f"x0 of {values['x0']:.2f} is too much")
    return linear(values)


def refuses_above(values):
    """Refuses a part of the space."""
    if values["x0"] > 0.8:
        raise Refused("x0 is above 0.8")
    return linear(values)


def trivial(values):
    """As cheap as a cell can be."""
    return {"y": values["x0"], "many": np.zeros(500)}


@dataclass(frozen=True)
class Noisy:
    """A sum with noise of its own at each point: chance that the model keys by the point and the repeat."""

    sd: float
    repeat: int = 0

    def reseeded(self, k):
        """Return this model with other noise."""
        return Noisy(self.sd, k)

    def __call__(self, values):
        key = [int(2**40 * abs(v)) for v in values.values()]
        noise = np.random.default_rng([*key, self.repeat]).normal(0, self.sd)
        return {"y": linear(values)["y"] + noise}


@dataclass(frozen=True)
class Checked:
    """Refuses in ``prepare``, and hands on what it prepared."""

    most: float

    def prepare(self, values):
        """The squares of all values."""
        if values["x0"] > self.most:
            raise Refused(f"x0 is above {self.most}")
        return {name: value**2 for name, value in values.items()}

    def __call__(self, values, squares):
        return {"y": squares["x0"] + values["x1"]}


@dataclass(frozen=True)
class Killer:
    """Kills its own process at some points: every time, or the first time alone (``once``, a file that remembers)."""

    above: float
    once: str = ""

    def __call__(self, values):
        if values["x0"] > self.above and not (self.once and Path(self.once).exists()):
            if self.once:
                Path(self.once).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return linear(values)


@dataclass(frozen=True)
class Slow:
    """Takes its time, and leaves a mark in a folder whenever it is called."""

    seconds: float
    marks: str = ""

    def __call__(self, values):
        time.sleep(self.seconds)
        if self.marks:
            with (Path(self.marks) / f"{values['x0']:.12f}-{values['x1']:.12f}").open("a") as file:
                file.write("x")
        return linear(values)
