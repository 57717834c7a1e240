"""A starter file for a scenario of one's own: it loads as it stands, and its comments say what may be changed."""

import re
from pathlib import Path

from sim.errors import UsageError

TEXT = """\
# A scenario: what changes, from when, and where that is written down. It runs as it stands.
# List what a policy may change with: talentflow levers h1b
title    = "{name}"
question = "Who gains and who loses if the H-1B cap rises to 100,000 places a year?"
# subject = "usa"         # the place that the answer leads with; left out: the country of the first lever

# One [[policy]] for each thing that changes; add as many as you like.
[[policy]]
lever  = "country.usa.route.h1b.cap"
value  = 100_000          # sets the lever: a number, true or false, or a word in quotes; a cap may be "none"
# multiply = 1.2          # or multiplies it; write exactly one of value, multiply and add
# add = 15_000            # or adds to it; values are set first, then multiplied, then added to
from   = 2027-01-01       # first day, year-month-day; it acts from the first whole month; left out: since ever
# until = 2029-01-01      # first day on which it no longer holds; left out: for good
# ramp_years = 2          # phased in month by month over so many years
source = "assumption (grade D)"   # where it is written down; A measured, B derived, C industry, D assumed

# A star reaches every place, braces some. Take the # away to add a tax of two percentage points in two countries:
# [[policy]]
# lever  = "country.{{fra,deu}}.tax.rate_points"
# add    = 2
# from   = 2027-01-01
# source = "assumption (grade D)"
"""


def starter(name: str) -> str:
    """Return the text of a commented scenario file; raise UsageError for a name that no file should have."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise UsageError(f"scenario name {name!r}", "only letters, digits, _ and - may stand in it")
    return TEXT.format(name=name)


def write_starter(name: str, folder: Path) -> Path:
    """Write ``name.toml`` into ``folder`` and return its path; raise UsageError if there is one already."""
    text, path = starter(name), folder / f"{name}.toml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(path, "there is such a file already") from None
    return path
