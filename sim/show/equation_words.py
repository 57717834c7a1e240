"""The equations as Markdown: formula, arguments and source out of the docstrings that define them."""

import inspect
import re

from sim.model import equations, teams, visas

TITLES = {
    "E1": "Net real pay",
    "E2": "Utility of a hub",
    "E3": "Nested logit",
    "E4": "Considering a move",
    "E5": "Visa offices",
    "E6": "Status and return",
    "E7": "Pay",
    "E8": "Local prices",
    "E9": "Supply",
    "E10": "Careers and jobs",
    "E11": "Remote work",
    "E12": "Teams",
}
DEFINITIONS = (equations,)
ELSEWHERE = (visas.return_rates, teams)  # an equation each that is one line inside its mechanism
LABEL = re.compile(r"\((E\d+)")


def symbols():
    """The symbols of the equations: rows of symbol, meaning and unit, as Markdown."""
    tables = [re.split(r"^=[= ]+\n", room.__doc__ or "", flags=re.M)[2] for room in DEFINITIONS]
    lines = (line for table in tables for line in table.splitlines())
    return [[inline(cell) for cell in re.split(r"\s{2,}", line)] for line in lines]


def by_label():
    """Label -> the functions and modules that define it, in the order of the code: dict of str -> list."""
    found = {label: [] for label in TITLES}
    for thing in [function for room in DEFINITIONS for function in _public(room)] + list(ELSEWHERE):
        head = (inspect.getdoc(thing) or "").partition("\n\n")[0]
        found[LABEL.findall(head)[0]].append(thing)
    return found


def _public(room):
    functions = inspect.getmembers(room, inspect.isfunction)
    mine = [f for name, f in functions if f.__module__ == room.__name__ and not name.startswith("_")]
    return sorted(mine, key=lambda f: f.__code__.co_firstlineno)


def markdown():
    """All equations under their labels: str."""
    return "\n\n".join(
        "\n\n".join([f"## {label} {TITLES[label]}", *map(_entry, things)]) for label, things in by_label().items()
    )


def _entry(thing):
    name = thing.__name__
    if inspect.isfunction(thing):
        name = f"{thing.__module__.removeprefix('sim.model.')}.{name}"
    return f"### `{name.removeprefix('sim.model.')}`\n\n{from_docstring(inspect.getdoc(thing))}"


def from_docstring(text):
    """A docstring as Markdown, without its examples; mathematics as LaTeX that needs no escapes.

    >>> print(from_docstring("Pay (E7): :math:`w`, as ``a``.\\n\\n.. math:: w = 1\\n\\n>>> 1\\n1"))
    Pay (E7): $`w`$, as `a`.
    <BLANKLINE>
    ```math
    w = 1
    ```
    """
    text = inline(re.sub(r"^>>>.*?(\n\n|\Z)", "", text, flags=re.S | re.M).strip())
    text = re.sub(r"^\.\. math:: (.*?)(?=\n\n|\Z)", _display, text, flags=re.S | re.M)
    return re.sub(r"^(Parameters|Returns)\n-+\n(.*?)(?=\n\n|\Z)", _listed, text, flags=re.S | re.M)


def inline(text):
    """Inline mathematics and code of a docstring as Markdown."""
    text = re.sub(r":math:`([^`]*)`", lambda found: f"$`{' '.join(found[1].split())}`$", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


def _display(found):
    lines = (line.strip() for line in found[1].splitlines())
    return "\n".join(["```math", *lines, "```"])


def _listed(found):
    return f"*{found[1]}*\n\n" + re.sub(r"^(?=\S)", "- ", found[2], flags=re.M)
