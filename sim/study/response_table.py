"""The response table: effects of twenty levers by country, hub and year, added up in the page while a lever moves.

``python -m sim.study.response_table`` runs every value of every lever on the paired runs of ``run`` (same people, seeds
and samples of the assumptions) and writes ``response_table.npz``; an interrupted command goes on where it stopped.
Levers of one block are run in all combinations; effects of different blocks are added, and values between two nodes
are interpolated. Both errors are measured: random mixes of levers are run and compared with the table.
"""

import ast
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from importlib import import_module
from itertools import combinations
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from sim.errors import UsageError, nearest
from sim.results.money import discount
from sim.scenario.describe import short
from sim.scenario.files import load, policy_of_row
from sim.scenario.levers import find
from sim.scenario.places import named_places
from sim.scenario.policies import Policy, Scenario
from sim.scenario.schema import PolicyTable
from sim.scenario.stack import refuse_conflicts
from sim.study.options import Options
from sim.study.public_account import account, rules_of
from sim.study.recorder import empty_record, record
from sim.study.replicate import Plan, experiment, initial_state
from sim.world.setting import load_setting

FILE = Path(__file__).with_name("data") / "response_table.npz"
ROOT = Path(__file__).parents[1]
FORMAT = 2
PAIRS, POPULATION, YEARS = 20, 100_000, 10
BAND_YEARS = (1, 3, 6, 10)  # after the start: the 1 Januaries of which countries are kept pair by pair
CAUSES = ("arrivals", "departures", "entrants", "exits")  # of a country, over all years
MONEY = ("cost a year", "discounted cost", "discounted engineer-years")  # MUSD, MUSD, persons; by country
JOINT_PAIRS = 2  # replicates on which every pair of levers is run together
MIXES = 18  # random settings that measure the error: a third of one lever, the others of two to five
ASSUMED = "moved in the explorer (size assumed, grade D)"
LAW = "current_law"

# ------------------------------------------------------------------------------
# The levers, their values, and the scenario that a setting of them means
# ------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableLever:
    """A lever of the table: what it moves, the values that are run, and how the page words it.

    Attributes
    ----------
    key : name in an address
    group : visas, tax, compute, work or supply
    title : as the page names it
    nodes : values that are run, rising; one of them is the present one
    rows : of (path, operation, amount); amount None stands for the lever's own value
    present : value under the rules of mid-2025
    unit : of the value; empty for switches and choices
    subject : place that it is about, as a measure writes it
    stops : of (value, words): the values that the page names
    block : levers with the same block are run in all combinations
    law : value under the law as decided since; None where it is the present one
    """

    key: str
    group: str
    title: str
    nodes: tuple[float, ...]
    rows: tuple[tuple[str, str, Any], ...]
    present: float = 0.0
    unit: str = ""
    subject: str = ""
    stops: tuple[tuple[float, str], ...] = ()
    block: str = ""
    law: float | None = None

    @property
    def is_switch(self) -> bool:
        """Return whether it is either on or off, or one of two choices."""
        return self.nodes == (0.0, 1.0) and not self.unit


def _switch(key, group, title, rows, subject, words=("no", "yes"), **more) -> TableLever:
    """Declare a lever that is off (0) or on (1)."""
    return TableLever(key, group, title, (0.0, 1.0), rows, 0.0, "", subject, ((0.0, words[0]), (1.0, words[1])), **more)


def _value(path) -> tuple[tuple[str, str, None]]:
    return ((path, "value", None),)


def _times(path) -> tuple[tuple[str, str, None]]:
    return ((path, "multiply", None),)


def _relief(key, title, country, aimed_at, nodes, present=0.0, years=None, **more) -> TableLever:
    """Declare a tax relief in a country; ``years`` is its length where the country has no scheme today."""
    path = f"country.{country}.tax.{aimed_at}"
    rows = _value(f"{path}_relief") + (((f"{path}_years", "value", years),) if years else ())
    stops = ((0.0, "none"), *(((present, "law"),) if present else ()), (nodes[-1], f"{100 * nodes[-1]:.0f} %"))
    return TableLever(key, "tax", title, nodes, rows, present, "share", country, stops, **more)


def _compute(key, title, path, nodes, subject) -> TableLever:
    stops = ((0.0, "none"), (nodes[2], f"{nodes[2] / 1000:,.0f},000"), (nodes[-1], "most"))
    return TableLever(key, "compute", title, nodes, _value(path), 0.0, "H100e", subject, stops)


EU = "{deu,fra,nld,pol,prt,xeu}"
OPEN_PERMIT = "country.can.route.h1b_holders_2023"
# fmt: off
LEVERS = (
    TableLever("fee", "visas", "US: fee for an H-1B petition from abroad",
        (0, 10_000, 30_000, 60_000, 100_000, 200_000),
        _value("country.usa.route.{h1b,h1b_exempt}.special_fee_usd"), 0, "USD", "usa",
        ((0, "none"), (100_000, "$100,000"), (200_000, "double")), block="h1b"),
    TableLever("cap", "visas", "US: H-1B places a year", (0, 42_500, 85_000, 170_000),
        _value("country.usa.route.h1b.cap"), 85_000, "a year", "usa",
        ((0, "none"), (85_000, "law"), (170_000, "double")), block="h1b"),
    _switch("selection", "visas", "US: how H-1B places are given out",
        (("country.usa.route.h1b.selection", "value", "weighted_lottery"),), "usa",
        ("at random", "by wage level"), block="h1b", law=1.0),
    _switch("doctorates", "visas", "US: green card with a US doctorate",
        (("country.usa.route.phd_green_card.is_open", "value", True),), "usa"),
    _switch("opt", "visas", "US: work after study (OPT)",
        (("country.usa.route.{opt,stem_opt}.is_open", "value", False),), "usa", ("open", "closed")),
    TableLever("eu_wait", "visas", "EU: waiting time for permits", (0, 0.25, 0.5, 1, 1.5, 2),
        _times(f"country.{EU}.route.*.processing_months"), 1, "times", "eu27",
        ((0, "none"), (1, "as now"), (2, "double"))),
    _switch("eu_free", "visas", "EU: free entry for engineers", ((f"country.{EU}.free_entry", "value", True),), "eu27"),
    TableLever("uk_talent", "visas", "UK: Global Talent, part of experts it reaches", (0, 0.2, 0.35, 0.6, 1),
        _value("country.gbr.route.global_talent.reach"), 0.35, "share", "gbr",
        ((0, "none"), (0.35, "as now"), (0.6, "60 %"), (1, "all"))),
    _switch("can_open", "visas", "Canada: open permits for H-1B holders, as in 2023, each year",
        ((f"{OPEN_PERMIT}.is_open", "value", True), (f"{OPEN_PERMIT}.cap", "value", 1_140)), "can"),
    _relief("de_new", "Germany: tax relief for newcomers", "deu", "newcomer", (0, 0.1, 0.2, 0.34, 0.5), years=5),
    _relief("uk_new", "UK: tax relief for newcomers", "gbr", "newcomer", (0, 0.1, 0.2, 0.34, 0.5), years=5),
    _relief("fr_new", "France: tax relief for newcomers", "fra", "newcomer", (0, 0.2219, 0.35, 0.5), 0.2219),
    _relief("nl_new", "Netherlands: tax relief for newcomers", "nld", "newcomer", (0, 0.17, 0.3421, 0.5), 0.3421,
        law=0.30789),
    _relief("in_back", "India: tax relief for returnees", "ind", "returnee", (0, 0.2, 0.4, 0.6, 0.9), years=5),
    _relief("fr_back", "France: tax relief for returnees", "fra", "returnee", (0, 0.2219, 0.4, 0.6, 0.9), 0.2219),
    TableLever("us_tax", "tax", "US: income tax, points more or less", (-10, -5, 0, 3, 10),
        _value("country.usa.tax.rate_points"), 0, "points", "usa", ((-10, "-10"), (0, "law"), (10, "+10"))),
    _compute("gulf", "Gulf: new compute in each of two hubs", "hub.{abu_dhabi_dubai,riyadh}.compute.h100e",
        (0, 100_000, 250_000, 500_000, 1_000_000, 2_000_000), "gulf"),
    _compute("paris", "Paris: new compute", "hub.paris.compute.h100e",
        (0, 100_000, 250_000, 500_000, 1_000_000, 2_000_000), "fra"),
    _compute("india", "India: public compute", "country.ind.compute.h100e",
        (0, 25_000, 100_000, 250_000, 500_000), "ind"),
    TableLever("remote", "work", "Remote jobs, everywhere", (0, 0.5, 1, 2, 3, 5), _times("sector.*.remote"), 1,
        "times", "", ((0, "none"), (1, "as now"), (2, "double"), (5, "5 times"))),
    TableLever("frontier", "work", "Pay in frontier labs", (0.6, 0.8, 1, 1.25, 1.5, 2),
        _value("sector.frontier_lab.pay_multiplier"), 1, "times", "", ((0.6, "-40 %"), (1, "as now"), (2, "double"))),
    TableLever("entry", "supply", "Entry hiring, everywhere", (0.5, 0.7, 0.85, 1, 1.25, 1.5),
        _times("country.*.supply.entry_hiring"), 1, "times", "", ((0.5, "half"), (1, "as now"), (1.5, "+50 %"))),
    _switch("law", "supply", "What else was decided since mid-2025", (), "", ("left out", "in force"), law=1.0),
)
# fmt: on
GROUPS = {"visas": "Visas", "tax": "Tax", "compute": "Compute", "work": "Pay and work", "supply": "Supply and law"}


@cache
def by_key() -> dict[str, TableLever]:
    """Return the levers by their key."""
    return {lever.key: lever for lever in LEVERS}


def moved(values) -> dict[str, float]:
    """Check a setting, key -> value, and return it without levers that stand at their present value.

    Raises
    ------
    UsageError for an unknown key, or a value outside the lever's range
    """
    changed = {}
    for key, value in values.items():
        if key not in by_key():
            raise UsageError(f"lever {key!r}", f"is not in the table{nearest(str(key), by_key())}")
        lever = by_key()[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(key, f"{value!r} is not a number")
        if not lever.nodes[0] <= value <= lever.nodes[-1] or (lever.is_switch and value not in (0, 1)):
            raise UsageError(key, f"{value!r} is not in [{lever.nodes[0]:g}, {lever.nodes[-1]:g}] {lever.unit}")
        if value != lever.present:
            changed[key] = float(value)
    return {key: changed[key] for key in by_key() if key in changed}


def scenario_of(values) -> Scenario:
    """Return the scenario that a setting means; its levers are moved from the start, for good.

    Parameters
    ----------
    values : dict of key -> value

    Raises
    ------
    UsageError
    """
    chosen, policies = moved(values), []
    # the law is a package of policies, every other lever a policy or a few
    for key, value in chosen.items():
        policies += _law_policies(chosen) if key == "law" else _policies(by_key()[key], value)
    refuse_conflicts(policies)
    levers = [by_key()[key] for key in chosen if key != "law"]
    # the title says each change, or counts them where they are many
    changes = [short(_policies(lever, chosen[lever.key])[0]) for lever in levers]
    changes += ["law as decided since mid-2025"] if "law" in chosen else []
    title = "; ".join(changes) or "Rules of mid-2025"
    title = title if len(title) <= 120 else f"{len(changes)} levers moved"
    subject = next((lever.subject for lever in levers if lever.subject), "")
    return Scenario(title, f"What changes if: {title}?", tuple(policies), name="explored", subject=subject)


def _policies(lever, value) -> list[Policy]:
    """Return the policies of one lever at a value."""
    rows = []
    for path, operation, amount in lever.rows:
        # a row without an amount takes the lever's value; levers of whole numbers refuse others
        given = value if amount is None else amount
        if find(path)[0].kind == "integer":
            given = int(given)
        rows.append(policy_of_row(PolicyTable(lever=path, source=ASSUMED, **{operation: given}), lever.key))
    return rows


def _law_policies(chosen) -> list[Policy]:
    """Return the law decided since mid-2025, less the provisions that are levers of their own in the table."""
    own = {lever.path for key in ("selection", "nl_new") for path, *_ in by_key()[key].rows for lever in find(path)}
    if "fee" in chosen:  # a fee that is set replaces the law's
        own |= {lever.path for lever in find(by_key()["fee"].rows[0][0])}
    return [policy for policy in load(LAW).policies if not {lever.path for lever in policy.levers} & own]


def law_values() -> dict[str, float]:
    """Return the setting of the levers under today's law."""
    return {lever.key: lever.law for lever in LEVERS if lever.law is not None}


# ------------------------------------------------------------------------------
# Cells: the combinations of values that are run
# ------------------------------------------------------------------------------


def blocks() -> list[tuple[TableLever, ...]]:
    """Return the levers in blocks: those of one block are run in all combinations, others alone."""
    # in the order of their first lever, which is the order of the cells in the table
    names = dict.fromkeys(lever.block or lever.key for lever in LEVERS)
    return [tuple(lever for lever in LEVERS if (lever.block or lever.key) == name) for name in names]


def cells() -> list[dict[str, float]]:
    """Return the settings of all cells, block by block, the last lever fastest; levers at present left out."""
    settings = []
    for block in blocks():
        # all combinations of the block's values
        axes = np.meshgrid(*(lever.nodes for lever in block), indexing="ij")
        points = zip(*(axis.ravel() for axis in axes), strict=True)
        settings += [moved({lever.key: float(v) for lever, v in zip(block, values, strict=True)}) for values in points]
    return settings


def weights(values) -> list[tuple[int, float]]:
    """Return the cells that a setting is made of, with their weights: linear between nodes, added over blocks."""
    weighted, offset = [], 0
    chosen = moved(values)
    for block in blocks():
        corners = [(0, 1.0)]
        for lever in block:
            # the two nodes around the value, and how far it lies between them
            value = chosen.get(lever.key, lever.present)
            below = max(int(np.searchsorted(lever.nodes, value, side="right")) - 1, 0)
            above = min(below + 1, len(lever.nodes) - 1)
            gap = lever.nodes[above] - lever.nodes[below]
            part = (value - lever.nodes[below]) / gap if gap else 0.0
            ends = [(below, 1 - part), (above, part)]
            # multilinear: every lever splits each corner into two; weights of 0 are left out
            corners = [(at * len(lever.nodes) + k, w * v) for at, w in corners for k, v in ends if v]
        # a block whose levers all stand at present adds nothing
        if any(lever.key in chosen for lever in block):
            weighted += [(offset + at, weight) for at, weight in corners]
        offset += prod(len(lever.nodes) for lever in block)
    return weighted


def joint_settings() -> list[dict[str, float]]:
    """Return a setting for every pair of levers of different blocks, both at a strong value."""
    pairs = [pair for pair in combinations(LEVERS, 2) if not pair[0].block or pair[0].block != pair[1].block]
    return [{lever.key: _strong(lever) for lever in pair} for pair in pairs]


def _strong(lever) -> float:
    """Return the node that is farthest from the present value, on the lever's own scale; no cap of nobody."""
    return max((node for node in lever.nodes if node or lever.key != "cap"), key=lambda v: abs(v - lever.present))


def mixes(count=MIXES, seed=0) -> list[dict[str, float]]:
    """Return random settings: a third of one lever between its nodes, the others of two to five levers."""
    draw = np.random.default_rng([seed, 25])
    chosen_mixes = []
    for k in range(count):
        # a third tests interpolation (one lever between its nodes), the others tests that effects add up
        dosed = [lever for lever in LEVERS if not lever.is_switch]
        among = dosed if k % 3 == 0 else LEVERS
        chosen = draw.choice(len(among), 1 if k % 3 == 0 else draw.integers(2, 6), replace=False)
        chosen_mixes.append({among[i].key: _anywhere(among[i], draw.uniform()) for i in sorted(chosen)})
    return chosen_mixes


def _anywhere(lever, u) -> float:
    """Return a value of the lever for a uniform draw; a switch is on."""
    if lever.is_switch:
        return 1.0
    value = lever.nodes[0] + u * (lever.nodes[-1] - lever.nodes[0])
    return float(round(value)) if lever.nodes[-1] > 100 else round(float(value), 3)


# ------------------------------------------------------------------------------
# Running them
# ------------------------------------------------------------------------------


def counted(arm, until) -> dict[str, np.ndarray]:
    """Run an arm to the 1 January of ``until`` and count its agents and the public's money.

    Returns
    -------
    dict: ``stocks`` (time, hub) agents, the start included; ``causes`` (cause, hub) agents over all years, moves inside
    a country left out; ``money`` (of ``MONEY``, country)
    """
    world, policies = arm.world, arm.policies
    arrays = record(arm, until, empty_record(world))
    # moves inside a country change none of its causes
    inside = world.setting.country[:, None] == world.setting.country
    flow = np.where(inside, 0, arrays["flow"]).sum(axis=0)
    people = arrays["stock"].sum(axis=-1)
    causes = [flow.sum(axis=0), flow.sum(axis=1), arrays["entrants"].sum(axis=(0, 2)), arrays["exits"].sum(axis=0)]
    # public money by country: yearly mean, discounted cost, and discounted engineer-years
    own = rules_of(policies, world.start, world.years)
    fiscal = account(world.setting, arm.a, arrays, own, own, world.start).sum(axis=-1)  # year, country
    of = (world.setting.country[:, None] == np.arange(fiscal.shape[1])).astype(float)  # hub, country
    factor = discount(world.years)
    money = [fiscal.mean(axis=0), factor @ fiscal, factor @ ((people[:-1] + people[1:]) / 2) @ of]
    agents = lambda values: np.rint(np.array(values) / world.weight).astype(np.int32)  # noqa: E731
    return {"stocks": agents(people), "causes": agents(causes), "money": np.array(money)}


def run_pair(plan, k, draw) -> dict[str, np.ndarray]:
    """Run all arms of replicate ``k``, the baseline first; return the arrays of :func:`counted`, arms in front."""
    common_past = initial_state(plan, k, draw)
    arms = [counted(common_past.branch(policies), plan.start + plan.years) for policies in plan.arms]
    return {name: np.array([one[name] for one in arms]) for name in arms[0]}


def make(out, file=FILE, progress=lambda done, total: None, **options) -> None:
    """Run the table and write it; replicates that lie finished in the folder ``out`` are taken from there.

    Parameters
    ----------
    out : folder for finished replicates
    file : where the table goes
    progress : function of replicates done and in all
    options : see :class:`~sim.study.options.Options`; the table's own population, replicates and years if left out
    """
    given: dict[str, Any] = {"population": POPULATION, "replicates": PAIRS, "years": YEARS} | options
    o = Options(**given).checked()
    if o.years < max(BAND_YEARS):
        raise UsageError("years", f"the table needs {max(BAND_YEARS)}")
    # every setting once; levers that stand still are the baseline's, and are not run
    points = [cell for cell in cells() if cell]
    joint, mixed = joint_settings(), mixes()
    wanted = [points + mixed + (joint if k < JOINT_PAIRS else []) for k in range(o.replicates)]
    out = Path(out) / hashlib.sha256(json.dumps([spec(), digest(), repr(o.settings), wanted]).encode()).hexdigest()[:12]
    out.mkdir(parents=True, exist_ok=True)
    # replicates whose file exists are done; workers run the others, a file each
    with experiment(o) as lab:
        missing = [k for k in range(o.replicates) if not _file_of(out, k).exists()]
        draws = lab.draws.first(o.replicates)
        plans = [
            Plan(
                int(o.population),
                o.seed,
                o.start,
                o.years,
                ((), *(scenario_of(p).policies for p in wanted[k])),
                o.start,
            )
            for k in missing
        ]
        progress(o.replicates - len(missing), o.replicates)
        made = lab.each(partial(_run_and_save, out), plans, missing, [draws[k] for k in missing])
        for n, _ in enumerate(made, 1):
            progress(o.replicates - len(missing) + n, o.replicates)
    _assemble(out, o, points, mixed, joint, file)


def _file_of(out, k) -> Path:
    return out / f"pair_{k}.npz"


def _run_and_save(out, plan, k, draw) -> None:
    """Run replicate ``k`` and write it into ``out``, whole or not at all."""
    arrays: dict[str, Any] = run_pair(plan, k, draw)
    part = out / f"pair_{k}.part.npz"
    np.savez_compressed(part, **arrays)
    part.replace(_file_of(out, k))


def _assemble(out, o, points, mixed, joint, file) -> None:
    """Put finished replicates together into the table, with its measured errors."""
    setting = load_setting()
    codes = list(dict.fromkeys(setting.countries[c] for c in setting.country))
    arrays, mixed_country, joint_country = _gathered(out, o, setting, codes, points, len(mixed))
    weight = setting.persons / o.population
    header = {
        "format": FORMAT,
        "digest": digest(),
        "spec": spec(),
        "population": o.population,
        "replicates": o.replicates,
        "years": o.years,
        "start": o.start,
        "seed": o.seed,
        "weight": weight,
        "band_years": list(BAND_YEARS),
        "causes": list(CAUSES),
        "countries": codes,
        "hubs": list(setting.hubs),
        "hub_country": [setting.countries[c] for c in setting.country],
    }
    # the errors compare the finished table with runs of several levers together
    table = ResponseTable(header, arrays)
    header["error"] = _error(table, mixed, weight * np.mean(mixed_country, axis=0))
    header["joint"] = _joint(table, joint, [weight * pair for pair in joint_country if len(pair)])
    table.save(file)


def _gathered(out, o, setting, codes, points, mixed) -> tuple[dict[str, np.ndarray], list, list]:
    """Read finished replicates and return the table's arrays, and the effects of mixes and of pairs of levers.

    The runs of a replicate are the baseline, the cells ``points``, then ``mixed`` mixes, then pairs of levers.

    Returns
    -------
    dict of arrays as of :class:`ResponseTable`; two lists, a replicate each, of (run, band year, country) agents
    """
    of = np.array([codes.index(setting.countries[c]) for c in setting.country])
    to_country = (np.arange(len(codes)) == of[:, None]).astype(np.int64)  # hub, country
    to_codes = [setting.countries.index(code) for code in codes]
    # cells with all levers at present were not run; their effects stay 0
    all_cells = cells()
    at = {json.dumps(cell): k for k, cell in enumerate(all_cells)}
    place_of = np.array([at[json.dumps(cell)] for cell in points])
    n, count, hubs, band = o.replicates, len(all_cells), len(of), np.array(BAND_YEARS)

    country = np.zeros((count, n, len(band), len(codes)), np.int32)
    hub_sum = np.zeros((count, o.years, hubs), np.int32)
    hub_squares = np.zeros((count, len(band), hubs), np.int64)
    causes = np.zeros((count, len(CAUSES), len(codes)), np.int32)
    money = np.zeros((count, n, len(MONEY), len(codes)))
    base_country, base_hub = np.zeros((n, len(band), len(codes)), np.int32), np.zeros((o.years + 1, hubs), np.int64)
    mixed_country, joint_country = [], []
    for k in range(n):
        with np.load(_file_of(out, k)) as saved:
            stocks, flows, purse = saved["stocks"], saved["causes"], saved["money"]
        # effects against the baseline, which is the first run of the replicate
        effects = stocks[1:] - stocks[0]
        first, then = len(points), len(points) + mixed
        by_country = effects[:, band] @ to_country
        # countries are kept replicate by replicate; hubs and causes as sums over replicates
        country[place_of, k] = by_country[:first]
        hub_sum[place_of] += effects[:first, 1:]
        hub_squares[place_of] += effects[:first, band].astype(np.int64) ** 2
        causes[place_of] += ((flows[1:] - flows[0]) @ to_country)[:first].astype(np.int32)
        money[place_of, k] = (purse[1:] - purse[0])[:first][..., to_codes]
        base_country[k] = stocks[0, band] @ to_country
        base_hub += stocks[0]
        mixed_country.append(by_country[first:then])
        joint_country.append(by_country[then:])
    # standard deviation over replicates, from the sums of values and of squares
    variance = np.maximum(hub_squares / n - (hub_sum[:, band - 1] / n) ** 2, 0)
    arrays = {
        "country": country,
        "hub_sum": hub_sum,
        "hub_sd": np.sqrt(variance).astype(np.float32),
        "causes": causes,
        "money": _rounded(money),
        "base_country": base_country,
        "base_hub": base_hub.astype(np.int32),
    }
    return arrays, mixed_country, joint_country


def _error(table, mixed, ran) -> dict:
    """Return how far the table is from runs of the same replicates: parts of the moves that it adds up.

    For each country and mix, the deviation in the last year is divided by the sum of the sizes of the blocks' effects,
    over countries where that sum is 300 people or more.
    """
    errors_by: dict[str, list[float]] = {"one": [], "several": []}
    people: dict[str, list[float]] = {"one": [], "several": []}
    for values, run in zip(mixed, ran, strict=True):
        # where the parts that are added are small, a relative error means nothing
        predicted = table.country(values).mean(axis=0)[-1]
        size = table.size(values)
        far = np.abs(predicted - run[-1])
        key = "one" if len(values) == 1 else "several"
        people[key] += far.tolist()
        errors_by[key] += (far[size >= 300] / size[size >= 300]).tolist()
    quantile = lambda values, q: float(np.quantile(values, q)) if values else 0.0  # noqa: E731
    return {
        key: {"part": quantile(errors_by[key], 0.9), "people": quantile(people[key], 0.9), "count": len(errors_by[key])}
        for key in errors_by
    }


def _joint(table, joint, pairs) -> list[dict]:
    """Return every pair of levers with the country where running both differs most from the sum, in persons."""
    n, rows = len(pairs), []
    for j, values in enumerate(joint if n else []):
        # both levers together, less the sum of each alone, in the country where that is largest
        predicted = table.country(values)[:n, -1]
        beyond = np.array([pair[j, -1] for pair in pairs]) - predicted  # replicate, country
        worst = int(np.abs(beyond.mean(axis=0)).argmax())
        error = float(beyond[:, worst].std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
        rows.append(
            {
                "levers": list(values),
                "country": table.header["countries"][worst],
                "sum": round(float(predicted[:, worst].mean())),
                "beyond": round(float(beyond[:, worst].mean())),
                "error": round(error),
                "size": round(float(table.size(values)[worst])),
            }
        )
    return sorted(rows, key=lambda row: -abs(row["beyond"]))


# ------------------------------------------------------------------------------
# The finished table
# ------------------------------------------------------------------------------


class ResponseTable:
    """A finished table; effects are in persons, scenario minus the rules of mid-2025.

    Attributes
    ----------
    header : dict of plain values: ``weight`` (persons an agent), ``band_years``, ``countries``, ``hubs``, ``error`` ...
    arrays : dict of agents: ``country`` (cell, replicate, band year, country), ``hub_sum`` (cell, year, hub) over
        replicates, ``hub_sd`` (cell, band year, hub), ``causes`` (cell, cause, country) over replicates,
        ``money`` (cell, replicate, of ``MONEY``, country) in million USD of 2026 and persons,
        ``base_country`` (replicate, band year, country), ``base_hub`` (time, hub) over replicates
    """

    def __init__(self, header, arrays) -> None:
        self.header, self.arrays = header, arrays

    def save(self, file) -> None:
        """Write the table, compressed."""
        narrow: dict[str, Any] = {name: _narrow(array) for name, array in self.arrays.items()}
        text = np.frombuffer(json.dumps(self.header).encode(), np.uint8)
        np.savez_compressed(file, header=text, **narrow)

    @classmethod
    def load(cls, file=FILE) -> "ResponseTable":
        """Read a table; raise UsageError where there is none."""
        if not Path(file).exists():
            raise UsageError("response table", "is missing: python -m sim.study.response_table makes it")
        with np.load(file) as saved:
            arrays = {name: saved[name] for name in saved.files}
        return cls(json.loads(arrays.pop("header").tobytes()), arrays)

    def country(self, values) -> np.ndarray:
        """Return the effect of a setting by (replicate, band year, country), persons."""
        return self._sum("country", values)

    def hub(self, values) -> np.ndarray:
        """Return the mean effect of a setting by (year, hub) on each 1 January after the start, persons."""
        return self._sum("hub_sum", values) / self.header["replicates"]

    def money(self, values) -> np.ndarray:
        """Return the effect on public money by (replicate, of ``MONEY``, country)."""
        return self._sum("money", values) / self.header["weight"]

    def size(self, values) -> np.ndarray:
        """Return the sum over blocks of the absolute mean effect in the last year, by country, persons."""
        chosen, total = moved(values), np.zeros(len(self.header["countries"]))
        for block in blocks():
            part = {lever.key: chosen[lever.key] for lever in block if lever.key in chosen}
            total += np.abs(self.country(part).mean(axis=0)[-1]) if part else 0
        return total

    def _sum(self, name, values) -> np.ndarray:
        array = self.arrays[name]
        total = np.zeros(array.shape[1:])
        for cell, weight in weights(values):
            total += weight * array[cell]
        return self.header["weight"] * total

    def stale(self) -> list[str]:
        """Return what has changed since the table was made: list of str, empty if nothing has."""
        reasons = []
        # two reasons: the levers were declared anew, or the code and data behind the runs changed
        if self.header.get("format") != FORMAT or self.header["spec"] != spec():
            reasons.append("its levers have changed")
        if self.header["digest"] != digest():
            reasons.append("the model or the world has changed")
        return reasons


def _rounded(values) -> np.ndarray:
    """Return numbers to one part in 4,000, which compress to half the size."""
    bits = np.asarray(values, np.float32).view(np.uint32)
    return ((bits + np.uint32(0x400)) & np.uint32(0xFFFFF800)).view(np.float32)


def _narrow(array) -> np.ndarray:
    """Return whole numbers in the smallest type that holds them."""
    if array.dtype.kind != "i":
        return array
    most = int(np.abs(array).max(initial=0))
    return array.astype(np.int16 if most < 2**15 else np.int32)


def spec() -> list:
    """Return the levers of the table as plain values, without their words."""
    kept = ("key", "nodes", "rows", "present", "block")
    return json.loads(json.dumps([{name: asdict(lever)[name] for name in kept} for lever in LEVERS]))


# what decides a run; comments, docstrings, types and layout do not
CODE: Sequence[str] = (
    "model/**/*.py",
    "world/*.py",
    "scenario/levers.py",
    "scenario/assumptions.py",
    "scenario/distributions.py",
    "study/replicate.py",
    "study/parameter_sample.py",
    "study/public_account.py",
)
DATA: Sequence[str] = ("world/data/*.csv", "scenario/data/*")
RESULTS = ("backcast.csv", "hub_pulls.csv", "long_run.csv")  # tables that the model makes and no run reads


@cache
def digest() -> str:
    """Return a digest of the model and the world: code without comments and docstrings, and tables."""
    total = hashlib.sha256()
    for pattern in (*CODE, *DATA):
        for path in sorted(ROOT.glob(pattern)):
            if path.name in RESULTS:
                continue
            content = _meaning(path.read_text(encoding="utf-8")) if path.suffix == ".py" else path.read_bytes()
            total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + content)
    # an installed package has its scenarios inside, a checkout beside it
    law = ROOT / "scenarios" / f"{LAW}.toml"
    law = law if law.exists() else ROOT.parent / "scenarios" / f"{LAW}.toml"
    return hashlib.sha256(total.digest() + law.read_bytes()).hexdigest()


def _meaning(code) -> bytes:
    """Return a module's syntax tree as text, without docstrings and types of arguments and results."""
    tree = ast.parse(code)
    # drop annotations and docstrings, which change no run
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                node.body = body[1:]  # type: ignore[attr-defined]
    return ast.dump(tree).encode()


def names() -> dict[str, dict]:
    """Return the words for the places of the table: label -> name, spoken name, whether plural, kind and hubs."""
    kept = ("name", "spoken", "plural", "kind", "hubs", "countries")
    return {label: {key: getattr(place, key) for key in kept} for label, place in named_places().items()}


def main(
    out: Annotated[Path, typer.Option(help="Folder for finished replicates.")] = Path("outputs/response_table"),
    file: Annotated[Path, typer.Option(help="Where the table goes.")] = FILE,
    population: int = POPULATION,
    replicates: int = PAIRS,
    workers: int | None = None,
) -> None:
    """Make the response table of the page; the same command goes on after an interruption."""
    tell = lambda done, total: typer.echo(f"{done} of {total} replicates", err=True)  # noqa: E731
    make(out, file, tell, population=population, replicates=replicates, workers=workers)


if __name__ == "__main__":
    # worker processes know the module by its name
    typer.run(import_module("sim.study.response_table").main)
