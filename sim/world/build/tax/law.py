"""Read tax law from tables: bands, allowances, exchange rates and the weights of mixed jurisdictions."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
Band = tuple[float, float, float, float]  # lower, upper, rate at the lower end, rate at the upper end


@dataclass(frozen=True)
class Law:
    """The tax tables.

    ``bands`` by (jurisdiction, schedule), in local currency a year; ``items`` by (jurisdiction, item);
    ``units_per_usd`` by currency; ``currency`` and ``grades`` by jurisdiction; ``mixes`` maps a mixed
    jurisdiction to its members and weights.
    """

    bands: dict[tuple[str, str], tuple[Band, ...]]
    items: dict[tuple[str, str], float]
    units_per_usd: dict[str, float]
    currency: dict[str, str]
    mixes: dict[str, dict[str, float]]
    grades: dict[str, str]

    def place(self, jurisdiction: str) -> "Place":
        """Return the law of one jurisdiction."""
        return Place(self, jurisdiction)


@dataclass(frozen=True)
class Place:
    """The law of one jurisdiction, with short access for rules: ``here.tax("income", base)``, ``here["credit"]``."""

    law: Law
    name: str

    def tax(self, schedule: str, base: float) -> float:
        """Return the tax on ``base`` by the bands of ``schedule``; inside a band the rate may rise linearly."""
        total = 0.0
        for lower, upper, rate, end in self.law.bands[self.name, schedule]:
            width = min(base, upper) - lower
            if width > 0:
                total += rate * width
                if end != rate:
                    total += (end - rate) * width**2 / (2 * (upper - lower))
        return total

    def first_rate(self, schedule: str) -> float:
        """Return the rate of the lowest band of ``schedule``."""
        return self.law.bands[self.name, schedule][0][2]

    def bands(self, schedule: str) -> tuple[Band, ...]:
        """Return the bands of ``schedule``, lowest first."""
        return self.law.bands[self.name, schedule]

    def __getitem__(self, item: str) -> float:
        """Return an allowance, credit or other amount of ``tax_allowances.csv``."""
        return self.law.items[self.name, item]

    def other(self, jurisdiction: str) -> "Place":
        """Return the law of another jurisdiction, such as the federal level."""
        return Place(self.law, jurisdiction)


def load(folder: Path = DATA) -> Law:
    """Read the tax tables of ``folder``: brackets, allowances, exchange rates and weights."""
    bands: dict[tuple[str, str], list[Band]] = {}
    currency: dict[str, str] = {}
    grades: dict[str, str] = {}
    for row in _rows(folder / "tax_brackets.csv"):
        name, rate = row["jurisdiction"], float(row["marginal_rate"])
        upper = float(row["upper"]) if row["upper"] else math.inf
        end = float(row["rate_end"]) if row["rate_end"] else rate
        bands.setdefault((name, row["schedule"]), []).append((float(row["lower"]), upper, rate, end))
        currency[name] = row["currency"]
        grades[name] = max(grades.get(name, "A"), row["grade"])
    mixes: dict[str, dict[str, float]] = {}
    for row in _rows(folder / "tax_weights.csv"):
        mixes.setdefault(row["proxy"], {})[row["member"]] = float(row["weight"])
    return Law(
        bands={key: tuple(value) for key, value in bands.items()},
        items={(r["jurisdiction"], r["item"]): float(r["value"]) for r in _rows(folder / "tax_allowances.csv")},
        units_per_usd={row["currency"]: float(row["units_per_usd"]) for row in _rows(folder / "tax_fx.csv")},
        currency=currency,
        mixes=mixes,
        grades=grades | dict.fromkeys(mixes, "D"),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file, as text."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
