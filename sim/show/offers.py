"""Offers by level: base, bonus, liquid and illiquid equity, sign-on and relocation, beside the published packages.

The two pay universes of the market stand apart: frontier labs, and all other sectors of the hub. Nothing is run: the
offers are those of the pay tables, by the equation of a sector's pay (E1).
"""

import re
from typing import Any

import numpy as np
from rich.console import Group
from rich.text import Text

from sim.custom_world import rows
from sim.results.narrative import paragraph
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.levers import baseline_rules
from sim.show.answer import heading, line, table
from sim.world.categories import ROLES, SECTORS, TIERS
from sim.world.market_facts import facts
from sim.world.setting import load_setting

PARTS = ("base", "bonus", "liquid", "illiquid", "sign_on", "relocation")
SHORT = {"frontier labs": "labs", "other sectors": "others"}
LABS = SECTORS.index("frontier_lab")
PUBLISHED = ("offer", "package")  # topics of the statements that print what a senior engineer is offered
PREMIA = {"the scarcest speciality": "m50", "AI skills in a posting": "m78"}  # skill -> statement on its pay premium
NOW, THEN = 2026, 2023


def packages() -> dict[str, list[dict[str, str]]]:
    """Return the published packages that name base pay: place -> rows of ``market_facts.csv``, in its order."""
    out: dict[str, list[dict[str, str]]] = {}
    for fact in facts().values():
        if fact["topic"] in PUBLISHED and "base" in fact["value"]:
            out.setdefault(fact["place"], []).append(fact)
    return out


def hub_of(place) -> str | None:
    """Return the hub whose name begins with a ``place`` of the statements; None in a world without it."""
    return next((row["hub"] for row in rows("hubs") if row["name"].startswith(place)), None)


def offers_table() -> list[dict[str, Any]]:
    """Return offers of the start and published ones, the places of the published packages in turn.

    Returns
    -------
    list of dict: place; year; offer ("frontier labs", "other sectors", or "printed"); level (a tier, or "senior");
    base, bonus, liquid, illiquid, sign_on, relocation (kUSD, a year but for the last two, which are paid once; None
    where not known); equity (% of pay), grade, source. The model's base of 2023 is that of now at the growth since.
    """
    out: list[dict[str, Any]] = []
    for place, published in packages().items():
        hub = hub_of(place)
        if hub is None:  # of a world of one's own
            continue
        for employer, sectors in (
            ("frontier labs", [LABS]),
            ("other sectors", [k for k in range(len(SECTORS)) if k != LABS]),
        ):
            out += [_offer(hub, place, employer, sectors, tier) for tier in range(len(TIERS))]
        earlier = np.exp(-ASSUMPTIONS["pay_growth"].central * (NOW - THEN))
        out += [
            row | dict.fromkeys((*PARTS[1:], "equity")) | {"year": THEN, "base": row["base"] * earlier}
            for row in out
            if row["place"] == place and row["level"] == "practitioner" and row["year"] == NOW
        ]
        out += [_printed(fact, place) for fact in published]
    return out


def _offer(hub, place, employer, sectors, tier) -> dict[str, Any]:
    """Return the mean offer of ``sectors`` in a hub to a tier, kUSD, weighted by their engineers."""
    s, d = load_setting(), load_setting().hubs.index(hub)
    # pay and equity of each sector as in equation E1, before engineers discount equity
    relative = s.sector_pay / (s.sector_share[d] * s.sector_pay).sum()
    base, bonus, liquid, illiquid = s.pay[d, tier]
    total = relative * s.pay[d, tier].sum()
    equity = np.clip((liquid + illiquid) / s.pay[d, tier].sum() + s.sector_equity, 0.0, 1.0)
    parts = {
        "base": total * (1 - equity) * base / (base + bonus),
        "bonus": total * (1 - equity) * bonus / (base + bonus),
        "liquid": total * equity * (1 - s.sector_illiquid),
        "illiquid": total * equity * s.sector_illiquid,
    }
    weight = s.sector_share[d, sectors]
    row: dict[str, Any] = {"place": place, "year": NOW, "offer": employer, "level": TIERS[tier]}
    row |= {name: float(np.average(values[sectors], weights=weight)) for name, values in parts.items()}
    row |= {"sign_on": float(baseline_rules()["sign_on_kusd"][d]), "relocation": 0.0}
    share = (row["liquid"] + row["illiquid"]) / sum(row[name] for name in PARTS[:4])
    return row | {"equity": 100 * share, "grade": "D", "source": "pay.csv, sectors.csv"}


def _printed(fact, place) -> dict[str, Any]:
    """Return a published package as a row, from a text such as "170 base; 25 % equity; 30 sign-on; 20 relocation"."""
    text = fact["value"]
    number = lambda pattern: float(match[1]) if (match := re.search(pattern, text)) else None  # noqa: E731
    row: dict[str, Any] = {"place": place, "year": int(fact["period"]), "offer": "printed", "level": "senior"}
    row |= {"base": number(r"(\d+) base"), "bonus": None, "liquid": number(r"(\d+) RSU")}
    row |= {"illiquid": number(r"(\d+) options"), "sign_on": number(r"(\d+) sign-on")}
    row |= {"relocation": number(r"(\d+) relocation"), "equity": number(r"(\d+) % equity")}
    return row | {"grade": fact["grade"], "source": f"{fact['source']} ({fact['id']}): {fact['meaning']}"}


def premium_table() -> list[dict[str, Any]]:
    """Return pay premia of skills: the printed ones (m50, m78), then the model's by role.

    Returns
    -------
    list of dict: skill, place, premium (% over the mean engineer of the place; of postings, over postings that do not
    require the skill), grade, source. The model's are of the role, in every hub alike, over the mean role of the start.
    """
    s, printed = load_setting(), facts()
    out = [
        {"skill": skill, "place": fact["place"], "premium": float(fact["value"])}
        | {"grade": fact["grade"], "source": f"{fact['source']} ({fact['id']}): {fact['meaning']}"}
        for skill, fact in ((skill, printed[name]) for skill, name in PREMIA.items())
    ]
    # pay of a role over that of the mean engineer of the world
    mean = float(s.stock @ s.role_share @ s.role_pay / s.stock.sum())
    names = {row["role"]: row["name"].removesuffix("s") for row in rows("role_factors")}
    return out + [
        {"skill": names[role], "place": "world", "premium": 100 * float(pay / mean - 1)}
        | {"grade": "D", "source": "role_factors.csv"}
        for role, pay in zip(ROLES, s.role_pay, strict=True)
    ]


def render_offers() -> Group:
    """Lay out the offers, place by place, and the premia of skills, in 80 columns."""
    names = ("\nbase", "\nbonus", "liquid\nequity", "illi-\nquid", "\nonce", "equity\n%")
    shown, before = table("\nplace", "\nyear", "\noffer", "\nlevel", *names, texts=(2, 3), spare=(8, 7, 6, 9)), ""
    for row in offers_table():
        # the name of a place stands once; what is paid once is sign-on, and relocation where it is apart
        place, before = "" if row["place"] == before else row["place"], row["place"]
        offer = f"printed {row['grade']}" if row["offer"] == "printed" else SHORT[row["offer"]]
        cells = ["-" if row[part] is None else f"{row[part]:,.0f}" for part in (*PARTS[:4], "equity")]
        once = (
            "-"
            if row["sign_on"] is None
            else "+".join(f"{row[part]:.0f}" for part in PARTS[4:] if row[part] or part == "sign_on")
        )
        shown.add_row(place, str(row["year"]), offer, row["level"], *cells[:4], once, cells[4])
    reading = paragraph("evidence", "offers_reading", 100 * ASSUMPTIONS["pay_growth"].central)
    premia = paragraph("evidence", "premia", premium_table())
    return Group(heading("Offers by level, kUSD"), shown, line(reading, "dim"), line(premia, "dim"), Text())
