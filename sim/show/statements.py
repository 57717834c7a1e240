"""Compare the statements of industry reports with the model: what holds each here, its value, and a verdict.

``data/market_statements.csv`` is written by hand: for each statement the table or mechanism that holds it, the figure
to compare, and the reason where they differ. The values come from world tables, assumptions, the stored gates
and a run of the baseline that ``python -m sim.show.statements`` saves (``data/market_index.json``).
"""

import json
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np

from sim.errors import ResultError
from sim.results.measures import measure
from sim.results.record import plain_values, to_json
from sim.scenario.assumptions import ASSUMPTIONS
from sim.show.answer import plain_rows
from sim.show.gates import STORED
from sim.show.hindcast import saved as hindcast
from sim.show.index import METROS, index_table, median_base, region_table
from sim.show.offers import THEN, offers_table
from sim.study.counts import count
from sim.study.run import run
from sim.texts import csv_rows
from sim.world.categories import ROLES, SECTORS, TIERS
from sim.world.market_facts import REGIONS, expert_over_senior, facts, published_index
from sim.world.setting import load_setting
from sim.world.tables import read
from sim.world.ties import TEAM

FILE = Path(__file__).parent / "data" / "market_statements.csv"
SAVED = Path(__file__).parent / "data" / "market_index.json"
BUILT_IN = ("input", "fitted", "structure")  # a reason that begins so: the model agrees by construction
VERDICTS = ("agrees", "disagrees", "cannot say")
POINTS, RATIO = 2.0, 0.1  # differences that count as agreement: of rates in points, of amounts relative
HEADINGS = ("statement", "grade", "published", "where it lives", "the model", "verdict", "reason")


def statements() -> list[dict[str, str]]:
    """Return one row for every row of ``market_facts.csv``, in its order.

    Returns
    -------
    list of dict of texts: id, topic, place, period, published, source, grade, where, model, verdict, reason

    Raises
    ------
    ResultError
        for a statement without a row, with neither value nor reason, or with a verdict that does not exist
    """
    # every statement of market_facts.csv must have its row here
    known, rows = figures(), []
    with FILE.open(newline="", encoding="utf-8") as file:
        by_id = {row["id"]: row for _, row in csv_rows(file, FILE.name, ResultError)}
    if list(by_id) != list(facts()):
        raise ResultError(FILE.name, "needs one row for each row of market_facts.csv, in its order")
    for name, fact in facts().items():
        row = by_id[name]
        # a verdict by hand wins over the comparison of figures
        model = row["model"].format(**known)
        verdict = row["verdict"] or verdict_of(row["figure"], fact["value"], known)
        if verdict not in VERDICTS or not (model or row["reason"]):
            raise ResultError(FILE.name, f"{name} has neither a value nor a reason, or no verdict")
        published = f"{fact['meaning']}: {fact['value']} {fact['unit']}" if fact["value"] else fact["meaning"]
        rows.append({**fact, "published": published, "where": row["where"], "model": model or "-"})
        rows[-1] |= {"verdict": verdict, "reason": row["reason"].format(**known)}
    return rows


def verdict_of(figure, published, known) -> str:
    """Judge a figure of the model against the published value.

    ``figure`` is a name of :func:`figures`, or one of ``sources:hub`` (both published cities are among the model's),
    ``within:low:high`` (the published value lies between two figures), ``between:figure:low:high`` (the figure lies
    between two values) and ``about:figure:value``. A rate agrees within two points, an amount within a tenth.
    """
    kind, _, rest = figure.partition(":")
    if kind == "sources":
        return "agrees" if known[f"matched_{rest}"] == len(published_index()[rest]["sources"]) else "disagrees"
    if kind == "within":  # the published value lies between two figures of the model
        low, high = (known[name] for name in rest.split(":"))
        return "agrees" if low <= float(published) <= high else "disagrees"
    if kind == "between":  # a figure of the model lies in a published range
        name, low, high = rest.split(":")
        return "agrees" if float(low) <= known[name] <= float(high) else "disagrees"
    if kind == "about":  # the published value is a text that holds this number
        name, value = rest.split(":")
        return _alike(known[name], float(value), 0)
    return _alike(known[figure], float(published), POINTS if _is_rate(figure) else 0)


def _is_rate(figure) -> bool:
    """Return whether a figure is a rate in per cent, which is compared in points."""
    rates = ("net_", "growth_", "remote", "retention", "experts_us", "two_", "infra", "conversions", "elite", "doctors")
    return figure.startswith(rates)


def _alike(ours, theirs, points) -> str:
    """Judge two values: within ``points`` of each other, or within ``RATIO`` of theirs where ``points`` is 0."""
    return "agrees" if abs(ours - theirs) <= (points or RATIO * abs(theirs)) else "disagrees"


@cache
def figures() -> dict:
    """Return the model's values that statements quote, by name: numbers, and texts for cities and sectors."""
    return _pay() | _people() | _beliefs() | _gates() | _index() | _hindcast()


def _pay() -> dict:
    """Return pay and equity in kUSD, and equity in % of pay, from the pay table and the multipliers of sectors."""
    s, figures = load_setting(), {}
    total, tier = s.pay.sum(axis=-1), {name: k for k, name in enumerate(TIERS)}
    for hub, name in (
        ("sf_bay_area", "sf"),
        ("london", "london"),
        ("singapore", "singapore"),
        ("abu_dhabi_dubai", "are"),
    ):
        for rank in TIERS:
            pay = s.pay[s.hubs.index(hub), tier[rank]]
            figures |= {f"base_{rank}_{name}": pay[0], f"equity_{rank}_{name}": pay[2:].sum()}
            figures[f"equity_share_{rank}_{name}"] = 100 * pay[2:].sum() / pay.sum()
    # pay of a sector in a hub: the hub's mean times the sector's multiplier over the hub's mean multiplier
    relative = s.sector_pay / (s.sector_share * s.sector_pay).sum(axis=1, keepdims=True)
    for sector, short in (("frontier_lab", "lab"), ("big_tech", "big_tech"), ("traditional", "traditional")):
        for hub, name in (("sf_bay_area", "sf"), ("rest_of_usa", "usa")):
            for rank in TIERS:
                at = s.hubs.index(hub)
                figures[f"{short}_{rank}_{name}"] = total[at, tier[rank]] * relative[at, SECTORS.index(sector)]
    figures |= {f"pay_{name}": s.sector_pay[SECTORS.index(name)] for name in ("big_tech", "startup", "traditional")}
    # senior engineers, whose pay the index prints, earn less than the mean expert
    figures |= {
        f"senior_{hub}": total[s.hubs.index(hub), tier["expert"]] / expert_over_senior()[hub]
        for hub in published_index()
    }
    practitioners = total[:, tier["practitioner"]]
    figures["austin_over_sf"] = practitioners[s.hubs.index("austin")] / practitioners[s.hubs.index("sf_bay_area")]
    figures["lab_equity"] = figures["equity_share_expert_sf"] + 100 * s.sector_equity[SECTORS.index("frontier_lab")]
    # pay of roles over the mean engineer of the EU and the UK, and how often they search for a move
    infrastructure, scientist = (ROLES.index(role) for role in ("ml_infrastructure_engineer", "research_scientist"))
    stock = np.array([row["region"] == "eu27" or row["country"] == "gbr" for row in read("hubs")]) * s.stock
    mean = stock @ s.role_share @ s.role_pay / stock.sum()
    figures |= {
        "infrastructure_premium": 100 * (s.role_pay[infrastructure] / mean - 1),
        "scientist_premium": 100 * (s.role_pay[scientist] / mean - 1),
        "mobility_infrastructure": s.role_mobility[infrastructure],
    }
    figures["applied_factor"] = s.role_pay[ROLES.index("applied_ai_engineer")]
    # base pay of earlier offers, of frontier labs and of all others
    earlier = [row for row in offers_table() if row["place"] == "San Francisco" and row["year"] == THEN]
    figures |= {f"earlier_{row['offer'].split()[0]}": row["base"] for row in earlier if row["offer"] != "printed"}
    return figures


def _people() -> dict:
    """Return engineers by region and tier, median base pay, two metros' share and entrants, from world tables."""
    s = load_setting()
    region = np.array([row["region"] for row in read("hubs")])
    stock = s.stock[:, None] * s.tier_share
    pay = s.pay.sum(axis=-1) * (s.role_share @ s.role_pay)[:, None]
    figures = {
        "pool_world": s.stock.sum(),
        "roles": len(ROLES),
        "remote_labs": s.sector_remote[SECTORS.index("frontier_lab")],
    }
    # engineers and median base pay by region
    for name in REGIONS:
        figures |= {
            f"pool_{name}": s.stock[region == name].sum(),
            f"median_{name}": median_base(pay, stock, region == name),
        }
    figures |= dict(zip(("experts", "practitioners", "entry"), stock.sum(axis=0), strict=True))
    # the part of two metros in the US, and who enters the profession there
    is_us = np.array([row["country"] == "usa" for row in read("hubs")])
    figures["two_metros"] = 100 * sum(s.stock[s.hubs.index(hub)] for hub in METROS) / s.stock[is_us].sum()
    (usa,) = [row for row in read("supply") if row["country"] == "usa"]
    graduates, doctors, converted = (float(usa[name]) for name in ("graduates", "phds", "conversions"))
    return figures | {"phds_usa": doctors, "conversions_usa": 100 * converted / (graduates + doctors + converted)}


def _beliefs() -> dict:
    """Return the central values of the assumptions that statements quote, shares in per cent."""
    centre = {name: row.central for name, row in ASSUMPTIONS.items()}
    percent = {"pay_growth": "pay_growth", "phd_growth": "phd_growth", "remote_separation": "remote_separation_effect"}
    percent |= {"employer_expert": "employer_pays_fee_expert", "employer_other": "employer_pays_fee_other"}
    plain = {name: centre[name] for name in ("b_pay", "b_compute", "phd_years", "spinout_followers")}
    plain["team_mates"] = TEAM - 1
    # two years with one lab, of engineers without and with attachment to its mission (E10), in per cent
    share, ratio, rate = (centre[name] for name in ("mission_share", "mission_separation", "lab_separation_rate"))
    others = rate / (1 - share * (1 - ratio))
    plain |= {"retention_others": 100 * (1 - others) ** 2, "retention_attached": 100 * (1 - others * ratio) ** 2}
    return plain | {name: 100 * centre[key] for name, key in percent.items()} | {"h1b_fee": 100_000.0}


def _gates() -> dict:
    """Return medians of the gates on the market, %, from the last run of ``talentflow validate`` that was saved."""
    rows = {row["id"]: row for row in json.loads(STORED.read_text(encoding="utf-8"))["gates"]}
    figures = {f"growth_{name}": rows[f"g26_{name}"]["median"] for name in (*REGIONS, "world")}
    for hub in published_index():
        row = rows[f"g25_{hub}"]
        figures |= {f"net_{hub}": row["median"], f"industry_{hub}": row["beside"]["at boom_weight 1"]["median"]}
    figures |= {"experts_us": rows["g09a"]["median"], "stay_china": rows["g08a"]["median"]}
    return figures


def _hindcast() -> dict:
    """Return means of the hindcast from 2023 and their standard errors, as saved: ``hindcast_<id>``."""
    rows = hindcast()[2023]["rows"]
    means = {f"hindcast_{row['id']}": row["mean"] for row in rows}
    return means | {f"hindcast_{row['id']}_error": row["error"] for row in rows}


def _index() -> dict:
    """Return for each published hub the origins of newcomers and the leading sector, and measures in %, as saved."""
    saved = json.loads(SAVED.read_text(encoding="utf-8"))
    rows = {row["hub"]: row for row in saved["hubs"]}
    figures: dict = dict(saved["measures"])
    for hub, printed in published_index().items():
        row, cities = rows[hub], printed["sources"] or []
        # which of the published cities of origin are among the model's
        ours = [name.partition(" (")[0] for name in row["abroad"] + row["home"]]
        figures[f"matched_{hub}"] = sum(name in ours for name in cities)
        figures[f"sources_{hub}"] = f"{', '.join(ours)} ({figures[f'matched_{hub}']} of {len(cities)} as published)"
        figures[f"sector_{hub}"] = f"{row['sector'].replace('_', ' ')} ({row['quotient']:.1f} times the world's share)"
    return figures


MEASURED = {  # name -> measure in the first year of the saved run, a share
    "to_startup": "outflow,sector_left=frontier_lab,sector_taken=startup",
    "to_robotics": "outflow,sector_left=frontier_lab,sector_taken=robotics",
    "to_sovereign": "outflow,sector_left=frontier_lab,sector_taken=sovereign_lab",
    "retention": "retention,sector=frontier_lab",
    "retention_big_tech": "retention,sector=big_tech",
}
SIZE = {"population": 100_000, "replicates": 4, "years": 2, "seed": 1, "workers": 1}
COUNTED = {  # name -> query in the first year that runs count, and its factor; with its standard error over pairs
    "pool_elite": ("stock,group=elite", 1),
    "elite_us": ("share:usa,group=elite", 100),
    "elite_china_us": ("share:usa,group=elite,home=chn", 100),
    "elite_arrivals": ("arrival_share:sf_bay_area,group=elite", 100),
    "roles_per_candidate": ("roles_per_candidate", 1),
    "roles_per_expert": ("roles_per_candidate,tier=expert", 1),
    "months_to_fill": ("time_to_fill:rest_of_usa", 1),
    "doctors_to_industry": ("doctors_to_industry:usa", 100),
    "remote_pay_sf": ("remote_pay:sf_bay_area", 1),
    "remote_pay_india": ("remote_pay:ind", 1),
}
HEADS = [f"{what},role={role}" for role in ("ml_infrastructure_engineer", "ml_engineer") for what in ("moves", "stock")]
COUNT_SIZE = SIZE | {"population": 475_000, "years": 1}  # a quarter of all, so that four pairs have the whole elite


def saved_run() -> dict:
    """Run the baseline and return dict of what the page quotes of it, as ``market_index.json`` holds it."""
    result = run("baseline", **SIZE)
    hubs = [row for row in plain_rows(index_table(result)) if row["published"] is not None]
    keep = ("hub", "net", "senior_gross", "senior_net", "senior_local", "abroad", "home", "sector", "quotient")
    first = int(result.data.year[0])
    at = {name: measure(result, f"{query}@{first}").sel(arm="baseline") for name, query in MEASURED.items()}
    measures = {name: 100 * float(values.mean()) for name, values in at.items()}
    growth = {row["place"]: row["growth"] for row in region_table(result)}
    measures["growth_singapore"] = growth["Southeast Asia"]
    measures |= counted_run(first)
    return plain_values({"hubs": [{key: row[key] for key in keep} for row in hubs], "measures": measures})


def counted_run(first) -> dict:
    """Count what no saved run holds, in the year ``first``: dict of name -> value, and ``<name>_error``."""
    queries = [*(query for query, _ in COUNTED.values()), *HEADS]
    rows = count("baseline", [f"{query}@{first}" for query in queries], **COUNT_SIZE)
    # moves a head of infrastructure engineers over those of ML engineers, pair by pair
    moves, stock, moves_of_ml, stock_of_ml = (np.array(row["values"][0]) for row in rows[len(COUNTED) :])
    ratio = moves / stock / (moves_of_ml / stock_of_ml)
    values = {"moves_ratio": float(ratio.mean()), "moves_ratio_error": float(ratio.std(ddof=1) / np.sqrt(len(ratio)))}
    for (name, (_, factor)), row in zip(COUNTED.items(), rows, strict=False):
        values |= {name: factor * row["baseline"], f"{name}_error": factor * row["baseline_error"]}
    return values


# --- the page -------------------------------------------------------------------------------------


def page_rows() -> list[list[str]]:
    """Return the statements as rows of texts under ``HEADINGS``."""
    return [
        [
            f"{row['id']} {row['place']}, {row['period']} ({row['source']})",
            row["grade"],
            row["published"],
            row["where"],
            row["model"],
            row["verdict"],
            row["reason"] or "-",
        ]
        for row in statements()
    ]


def summary() -> str:
    """Count the verdicts in a sentence."""
    rows = statements()
    tally = Counter(row["verdict"] for row in rows)
    built_in = sum(row["verdict"] == "agrees" and row["reason"].startswith(BUILT_IN) for row in rows)
    return (
        f"{tally.total()} statements: {tally['agrees']} agree, {built_in} of them by construction (an input, fitted, "
        f"or the structure of the model), which proves nothing; {tally['disagrees']} disagree; of "
        f"{tally['cannot say']} the model cannot say. A rate agrees within {POINTS:g} points, an amount within "
        f"{100 * RATIO:g} %, a range if the figure lies in it."
    )


if __name__ == "__main__":
    SAVED.write_text(to_json(saved_run(), indent=1) + "\n", encoding="utf-8")
