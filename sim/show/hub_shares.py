"""Trace hub shares to their evidence in the shipped tables: fitted constants, and assumptions on boom and growth."""

from sim.results.effects import effect
from sim.results.facts import leading_row
from sim.results.narrative import paragraph
from sim.results.summary import shown_hubs
from sim.show.plots.style import signed
from sim.world.tables import read


def moves() -> dict[str, tuple[float, dict[str, float]]]:
    """Return hub -> (share at the centre in per cent, {assumption -> points from the low to the high end of its
    range}).
    """
    by_hub: dict[str, tuple[float, dict[str, float]]] = {}
    for row in read("long_run"):
        moved = by_hub.setdefault(row["hub"], (float(row["share"]), {}))[1]
        moved[row["assumption"]] = float(row["share_high"]) - float(row["share_low"])
    return by_hub


def year() -> int:
    """Return the January of the shares."""
    return int(read("long_run")[0]["year"])


def ends(name) -> str:
    """Format an assumption and its range, as the table has it: ``boom_weight 0 to 1``."""
    row = next(row for row in read("long_run") if row["assumption"] == name)
    return f"{name} {row['low']} to {row['high']}"


def table_of(hubs=None) -> tuple[list[str], list[list[str]]]:
    """Tabulate by hub the share at the centre and the points that each assumption moves it: headings and rows of texts.

    Parameters
    ----------
    hubs : list of hub labels; all if None
    """
    by_hub, names = moves(), {row["hub"]: row["name"] for row in read("hubs")}
    assumptions = list(next(iter(by_hub.values()))[1])
    head = ["hub", f"share {year()}, %", *(f"{ends(name)}, pp" for name in assumptions)]
    return head, [
        [names[hub], f"{by_hub[hub][0]:.2f}", *(signed(by_hub[hub][1][name], 2) for name in assumptions)]
        for hub in (by_hub if hubs is None else hubs)
        if hub in by_hub
    ]


def hub_share_sentences(hubs) -> list[str]:
    """Describe in one sentence a hub how far the four assumptions move its share; hubs outside the table are skipped.

    Nothing for a hub that is not in the table.
    """
    by_hub, names = moves(), {row["hub"]: row["name"] for row in read("hubs")}
    # the share at the centre, and how far each assumption moves it
    described = (
        {
            "name": names[hub],
            "year": year(),
            "share": by_hub[hub][0],
            "moves": [(ends(name), moved) for name, moved in by_hub[hub][1].items()],
        }
        for hub in hubs
        if hub in by_hub
    )
    return [paragraph("evidence", "hub_share", row) for row in described]


def reading() -> str:
    """Explain how to read the table of hub shares."""
    return paragraph("evidence", "hub_share_reading")


def quoted(result, most) -> list[str]:
    """Return the hubs to quote: the one that changes most in each answer's place, then the largest shown."""
    # the hub that changes most inside the place that each answer leads with
    led = [leading_hub(result.versus(arm)) for arm in result.arms]
    return list(dict.fromkeys([hub for hub in led if hub] + shown_hubs(result)))[:most]


def leading_hub(result) -> str | None:
    """Return the hub whose share changes most inside the place that the answer leads with; None if no pair differs."""
    lead = leading_row(result)
    if lead is None:
        return None
    change = effect(result, "share").mean("replicate").isel(hub=lead["members"])
    return str(abs(change).idxmax("hub").item())


def pulls_table() -> tuple[list[str], list[list[str]]]:
    """Tabulate the fitted part of each hub's attraction: headings and rows of texts, the most fitted first."""
    names = {row["hub"]: row["name"] for row in read("hubs")}
    rows = sorted(read("hub_pulls"), key=lambda row: -float(row["fitted_share"]))
    head = ["hub", "named factors", "permanent part", "boom part", "fitted, %"]
    return head, [
        [
            names[row["hub"]],
            *(signed(float(row[part]), 2) for part in ("named", "permanent", "boom")),
            f"{100 * float(row['fitted_share']):.0f}",
        ]
        for row in rows
    ]
