"""Compute the facts of an answer as plain values: the subject's change, its table, the causes and the certainty."""

import tomllib
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.custom_world import PRESENT, rows
from sim.errors import ResultError, ScenarioError, UsageError
from sim.results import measures
from sim.results.decomposition import parts_table
from sim.results.effects import decimals, is_settled, plain_statistics
from sim.results.measures import measure, series
from sim.results.published import beside
from sim.results.record import PAST_RULES
from sim.results.schema import MONEY
from sim.results.summary import route_rows
from sim.results.value import value_for_money
from sim.results.verdicts import nearest, of_scenario, shipped
from sim.scenario.files import loads
from sim.scenario.places import Place, listed, named_places, place, subject_of

if TYPE_CHECKING:
    import pandas as pd

    from sim.scenario.policies import Scenario

MOST_NAMED = 3  # countries named on each side of a sentence
MOST_ROWS = 9  # of the table
INSIDE = 2  # hubs of the subject with a row of their own
MEMBERS = 4  # countries of a bloc with a row of their own
GROUPS = ("xeu", "xas", "xrw")  # no countries: in a sentence they stand last
LEAST_CHANGE = 0.01  # of a route's grants: less is no cause
CARRIES = 0.1  # of the largest cause: a route that changes less does not carry the change
GIVEN = (".tax.", "allowance", "sign_on")  # parts of the levers by which the public pays people
FINE = 0.2  # points: levels of a smaller effect are shown with two decimals


def baseline_title(record) -> str:
    """Return the title of a run's baseline; without policies that of a past start has the rules of its own time."""
    baseline = tomllib.loads(record["baseline"])
    return baseline["title"] if record["start"] >= PRESENT or baseline.get("policy") else PAST_RULES


def facts(result, most=MOST_ROWS) -> dict[str, Any]:
    """Collect the facts that the answer on one scenario states.

    Parameters
    ----------
    result : Result of one scenario
    most : rows of the table, about

    Returns
    -------
    dict of plain values, for the templates of ``sim.results.narrative``: ``title``, ``question``, ``dates``,
    ``baseline``, ``past`` (a start before the tables, or None), ``subject`` (a measure's place and keys, or ''),
    ``people`` (whom it counts), ``last`` (January of the shares), ``pairs``, ``lead`` (row of the subject, or of the
    country that changes most), ``rows`` (of the table), ``inside`` (settled rows inside an unsettled subject, or each
    of several joined places), ``gainers`` and ``losers`` (settled rows of other countries), ``ordered``, ``causes``,
    ``route``, ``missed``, ``met`` and others; shares in
    per cent of the world's, effects in percentage points and in persons
    """
    # figures, brief, report and terminal ask for the same facts; only the length of the table differs
    kept = vars(result)
    if "_facts" not in kept:
        kept["_facts"] = _collect(result)
    collected, table = kept["_facts"]
    return {**collected, "rows": table(most=most)}


def _collect(result) -> tuple[dict[str, Any], Callable]:
    """Collect the facts of :func:`facts`, and the function that lays out as many rows of their table as asked."""
    scenario = scenario_of(result.record)
    # whom the question is about: a place, the world, or nobody in particular
    subject = _subject(result, scenario)
    about, _, keys = subject.partition(",")
    counts = _Counts(result, keys)
    where = None if about in ("", "world") else _place(result.data, about)
    # the lead is the subject's row; without a subject, the country that changes most
    countries = counts.countries()
    lead = counts.row(where) if where else (counts.world() if about == "world" else _largest(countries))
    members = set(where.countries if where else ())
    others = [row for row in countries if row["label"] not in members and row is not lead]
    outcome = (
        _question(result, scenario, subject, where)
        | {"pairs": counts.pairs, "identical": _identical(result.data)}
        | _changes(result, counts, where, lead, others)
        | {"countries": countries}
        | _digits(lead)
        | _reasons(result, scenario, counts, where, lead)
        | _evidence(result.record, scenario)
    )
    named = {row["label"] for row in outcome["gainers"] + outcome["losers"]} | _changed_rules(scenario)
    return outcome, partial(_table, counts, where, lead, others, named)


def _question(result, scenario, subject, where) -> dict[str, Any]:
    """Return the question, whom it is about, and the years of the answer."""
    record = result.record
    about, _, keys = subject.partition(",")
    return {
        "title": record["title"],
        "question": record["question"],
        "name": record["name"],
        "baseline": baseline_title(record),
        "past": record["start"] if record["start"] < PRESENT else None,
        "begins": min((p.begins for p in scenario.policies if p.begins), default=None) if scenario else None,
        "ends": _ends(scenario),
        "subject": subject,
        "missing": where.missing if where else "",
        "people": _people(keys, about),
        "first": int(result.data.time.values[0]),
        "last": int(result.data.time.values[-1]),
    }


def _changes(result, counts, where, lead, others) -> dict[str, Any]:
    """Return the leading place, the others that change, and whether their order is certain."""
    # other countries whose change is settled, groups of countries last
    settled = sorted((row for row in others if row["settled"]), key=lambda row: (row["label"] in GROUPS, _size(row)))
    all_gainers, all_losers = ([row for row in settled if np.sign(row["effect"]) == sign] for sign in (1, -1))
    gainers, losers = all_gainers[:MOST_NAMED], all_losers[:MOST_NAMED]
    is_world = lead["label"] == "world"
    return {
        "lead": lead,
        "is_largest": where is None and not is_world,
        "is_world": is_world,
        "inside": _inside(counts, where, lead),
        "sectors": _sectors(result, counts.keys) if is_world else [],
        "gainers": gainers,
        "losers": losers,
        "gainers_ordered": _is_ordered(gainers),
        "losers_ordered": _is_ordered(losers),
        "more_gainers": len(all_gainers) - len(gainers),
        "more_losers": len(all_losers) - len(losers),
        "is_clear": lead["settled"] and all(is_settled(abs(lead["by_pair"]) - abs(r["by_pair"])) for r in others),
    }


def _digits(lead) -> dict[str, int]:
    """Return the decimals with which shares and their effects are written."""
    return {
        "digits": 1 if abs(lead["effect"]) >= FINE else 2,
        "effect_digits": max(2, min(3, decimals(lead["error"]))) if lead["error"] else 2,
    }


def _reasons(result, scenario, counts, where, lead) -> dict[str, Any]:
    """Return why the leading place changes, what that costs, and what others have published on the policy."""
    keys, place_label = counts.keys, None if lead["label"] == "world" else lead["label"]
    moved = causes(result, place_label) if place_label else None
    # routes count people by tier alone, so other keys have none
    routes = route_rows(result, 3) if not keys or keys.startswith("tier=") else []
    return {
        "causes": None if keys else moved,
        "everybody": moved if keys else None,
        "route": _route(routes, lead, where, moved, len(result.data.year)),
        "money": value_for_money(result, place_label, keys),
        "purse": _purse(counts, lead),
        "general_tax": _has(scenario, ".tax.rate_points"),
        "gives": any(_has(scenario, part) for part in GIVEN),
        "published": beside(result, scenario),
    }


def _evidence(record, scenario) -> dict[str, Any]:
    """Return what the answer's trust rests on: published facts, experiments near it, assumptions, the run."""
    own = of_scenario(record)
    return {
        "short": False,  # whether to leave out what holds for every answer
        "missed": sorted((row for row in own if row["verdict"] != "passed"), key=lambda row: row["inside"]),
        "met": [row for row in own if row["verdict"] == "passed"],
        "near": nearest([policy.lever for policy in scenario.policies]) if scenario else [],
        "gates": len(shipped()),
        "gates_passed": sum(row["verdict"] == "passed" for row in shipped()),
        "compute": _has(scenario, "compute"),
        "assumptions": len(record["assumptions"]),
        "weak": sum(row["grade"] == "D" for row in record["assumptions"]),
        "held": sum(row["held"] is not None for row in record["assumptions"]),
        **{key: record[key] for key in ("uncertainty", "population", "seed")},
        "seconds": record.get("timings", {}).get("total_seconds"),
        "warnings": record.get("warnings", []),
    }


# --- the subject ----------------------------------------------------------------------------------


def subject(result) -> str:
    """Return the subject of a run as a measure writes it, such as ``usa`` or ``ind,home=ind``; '' if there is none."""
    return _subject(result, scenario_of(result.record))


def leading_row(result) -> dict[str, Any] | None:
    """Return the row of the place that the answer leads with, everybody counted; None if no pair differs.

    Of a question about the whole world, whose share never changes, it is the country that changes most.

    Parameters
    ----------
    result : Result of one scenario
    """
    outcome = facts(result)
    if outcome["identical"]:
        return None
    return _largest(outcome["countries"]) if outcome["is_world"] else outcome["lead"]


def spoken_place(result, label) -> str:
    """Return the name in a sentence of a place of a result: a hub, country, region or bloc, or several joined."""
    counts = _Counts(result)
    return listed([counts.called(part).spoken for part in label.split("+")])


def scenario_of(record) -> "Scenario | None":
    """Return the scenario of a saved run, or None where this version cannot read it."""
    try:
        return loads(record["scenario"], record["name"])
    except ScenarioError:
        return None


def _subject(result, scenario) -> str:
    """Return the recorded subject, or '' if the world of the run lacks that place."""
    described = result.record.get("subject", subject_of(scenario) if scenario else "")
    try:
        if described:
            place(described.partition(",")[0])
            measure(result, f"stock:{described}")
    except (ScenarioError, ResultError):  # a world without that place
        return ""
    return described


def _place(data, label) -> Place:
    """Find the place in the result (ResultError if it is absent) and return its description in words."""
    measures.find(data, label)
    return place(label)


def _people(keys, about) -> dict[str, Any]:
    """Describe the people that the answer counts for a sentence: their name and the measure's key."""
    key, _, value = keys.partition("=")
    tables = {"sector": "sectors", "home": "homes", "role": "role_factors"}
    name = value.replace("_", " ")
    if key in tables:
        name = next((row.get("name", name) for row in rows(tables[key]) if row.get(key) == value), name)
    name = name.removesuffix("s") if key == "role" else name  # the table names roles in the plural
    return {"key": key, "value": value, "name": name, "own": key == "home" and value == about}


def _has(scenario, part) -> bool:
    """Return whether a policy of the scenario moves a lever with these words in its path."""
    return any(part in policy.lever for policy in scenario.policies) if scenario else False


def _purse(counts, lead) -> str:
    """Name the payer in words: the country of a hub, or the place itself."""
    if lead["kind"] == "hub" and "+" not in lead["label"]:
        return counts.called(counts.hub_country[lead["label"]]).spoken
    return lead["spoken"]


def _ends(scenario) -> date | None:
    """Return the last day of a scenario all of whose policies end, or None."""
    ends = [policy.ends for policy in scenario.policies] if scenario else []
    return max(ends) if ends and all(ends) else None


def _identical(data) -> bool:
    """Return whether the arms are equal in everything but public money."""
    # money differs even if nobody moves, so it is left out of the comparison
    lives = data.drop_vars(MONEY, errors="ignore")
    return lives.sel(arm="scenario", drop=True).equals(lives.sel(arm="baseline", drop=True))


def _route(routes, lead, where, moved, years) -> dict[str, Any] | None:
    """Return the route that carries the change: of the subject's countries, and clearly changed; else None.

    Clearly: by more than ``LEAST_CHANGE`` of its grants, and over the run by ``CARRIES`` of the largest cause.
    """
    causes = ("arrivals", "departures", "entrants", "exits")
    least = CARRIES * max(abs(moved[key]) for key in causes) / years if moved else 0.0
    countries = (where or lead["where"]).countries
    for row in routes:
        before, after = (row[arm]["grants"] for arm in ("baseline", "scenario"))
        if row["route"].split(".")[0] not in countries or not before or not after:
            continue
        # a route may carry the change by its composition as well as by its number of grants
        parts = [abs(row["scenario"][key] - row["baseline"][key]) / 100 for key in ("from_abroad", "experts")]
        most = max(abs(after / before - 1), *parts)
        if most > LEAST_CHANGE and most * before >= least:
            country, _, route = row["name"].partition(": ")
            return row | {"name": route if len(countries) == 1 else f"{country}, {route}"}
    return None


# --- rows of the table ----------------------------------------------------------------------------


class _Counts:
    """Persons by pair and hub, in both arms, on the last 1 January."""

    def __init__(self, result, keys="") -> None:
        # persons[arm, pair, hub], with arms baseline and scenario
        self.keys = keys
        stock = measure(result, ",".join(["stock", keys] if keys else ["stock"])).transpose("arm", "replicate", "hub")
        self.persons = stock.sel(arm=["baseline", "scenario"]).values
        self.total = self.persons.sum(-1)
        self.hubs = [str(hub) for hub in stock.hub.values]
        self.hub_country = dict(zip(self.hubs, result.data.hub_country.values.astype(str), strict=True))
        self.hub_name = dict(zip(self.hubs, result.data.hub_name.values.astype(str), strict=True))
        self.data = result.data
        self.pairs = stock.sizes["replicate"]

    def world(self) -> dict[str, Any]:
        """Return the row of the whole world."""
        return self._row(place("world"), np.ones(len(self.hubs), bool))

    def row(self, where, among=1) -> dict[str, Any]:
        """Return the row of a place; ``among`` is the number of places whose directions are tested together."""
        return self._row(where, measures.find(self.data, where.label).members, among)

    def countries(self) -> list[dict[str, Any]]:
        """Return a row for every country, in the order of the hubs."""
        codes = list(dict.fromkeys(self.hub_country.values()))
        return [self.row(self.called(code), len(codes)) for code in codes]

    def hubs_of(self, labels) -> list[dict[str, Any]]:
        """Return a row for every hub whose label is in ``labels``."""
        shown = [hub for hub in self.hubs if hub in labels]
        return [self.row(self.called(hub), len(shown)) for hub in shown]

    def parts_of(self, where) -> list[dict[str, Any]]:
        """Return a row for every hub of a country, or for every country of a bloc."""
        if len(where.countries) == 1:
            return self.hubs_of(where.hubs)
        return [self.row(self.called(code), len(where.countries)) for code in where.countries]

    def rest(self, shown) -> dict[str, Any]:
        """Return the row of all hubs outside the rows of ``shown``."""
        # the zeros keep the shape if no row is shown
        in_rows = np.logical_or.reduce([np.zeros(len(self.hubs), bool), *(row["members"] for row in shown)])
        return self._together(~in_rows, "everyone else", 0)

    def together(self, some, name, level) -> dict[str, Any]:
        """Return one row for several rows together."""
        return self._together(np.logical_or.reduce([row["members"] for row in some]), name, level)

    def _together(self, members, name, level) -> dict[str, Any]:
        """Build a row that is no place of its own."""
        described = {"label": None, "name": name, "spoken": name, "plural": True, "kind": "rest", "level": level}
        return self._numbers(members) | described | {"members": members}

    def called(self, label) -> Place:
        """Return the Place of a label."""
        # places of the shipped tables have spoken names; others are hubs of a custom world
        known = named_places()
        if label in known:
            return known[label]
        name = self.hub_name.get(label, label)
        return Place(label, "hub", name, name, False, (label,), (self.hub_country.get(label, ""),))

    def _row(self, where, members, among=1) -> dict[str, Any]:
        """Build the row of a place from its member hubs."""
        described = {"label": where.label, "name": where.name, "spoken": where.spoken, "plural": where.plural}
        return (
            self._numbers(members, among)
            | described
            | {"kind": where.kind, "level": 0, "members": members, "where": where}
        )

    def _numbers(self, members, places=1) -> dict[str, Any]:
        """Compute the numbers of a set of hubs: shares (%), effects (points and persons), spread and agreement."""
        persons = self.persons[..., members].sum(-1)
        # a world without such people has the share 0
        shares = np.divide(100 * persons, self.total, out=np.zeros_like(persons), where=self.total > 0)
        effects, people = shares[1] - shares[0], persons[1] - persons[0]
        return {
            "baseline": float(shares[0].mean()),
            "scenario": float(shares[1].mean()),
            **_statistics(effects),
            "pairs": self.pairs,
            "settled": is_settled(effects, places),
            "people": {
                "baseline": float(persons[0].mean()),
                "scenario": float(persons[1].mean()),
                **_statistics(people),
                "settled": is_settled(people, places),
            },
            "by_pair": effects,
        }


def _statistics(effects) -> dict[str, Any]:
    """Return the statistics of paired effects as a row names them: the mean is ``effect``."""
    numbers = plain_statistics(effects)
    return {"effect": numbers.pop("mean"), **numbers}


def _size(row) -> float:
    """Return the key that sorts rows by the size of their effect, the largest first."""
    return -abs(row["effect"])


def _largest(countries) -> dict[str, Any]:
    """Return the country whose share changes most, among settled ones if there are any."""
    return min(countries, key=lambda row: (not row["settled"], _size(row)))


def _is_ordered(some) -> bool:
    """Return whether the order of some rows by the size of their effect is settled, one against the next."""
    return all(is_settled(abs(one["by_pair"]) - abs(other["by_pair"])) for one, other in pairwise(some))


def _sectors(result, keys) -> list[dict[str, Any]]:
    """Return the other sectors whose change over the world is settled, if the answer counts the people of one sector.

    Returns
    -------
    list of dict: ``name``, and the numbers of the change in persons; the largest change first
    """
    if not keys.startswith("sector="):
        return []
    called, settled = {row["sector"]: row["name"] for row in rows("sectors")}, []
    for sector in result.data.sector.values.tolist():
        persons = measure(result, f"stock,sector={sector}").sum("hub")
        change = (persons.sel(arm="scenario") - persons.sel(arm="baseline")).values
        if f"sector={sector}" != keys and is_settled(change, result.data.sizes["sector"] - 1):
            settled.append({"name": called.get(sector, sector), **_statistics(change)})
    return sorted(settled, key=_size)[:MOST_NAMED]


def _inside(counts, where, lead) -> list[dict[str, Any]]:
    """Return the rows inside the subject that a sentence names.

    These are each of several joined places; else the settled parts of an unsettled whole.
    """
    if where is None:
        return []
    if "+" in where.label:
        return [counts.row(counts.called(part)) for part in where.label.split("+")]
    if lead["settled"] or lead["people"]["settled"]:
        return []
    parts = counts.parts_of(where)
    return sorted((row for row in parts if row["settled"] and row["label"] != where.label), key=_size)[:MOST_NAMED]


def _changed_rules(scenario) -> set[str]:
    """Return the countries whose rules a scenario changes, if they are few: their row is shown, changed or not."""
    moved = {lever.path.split(".")[1] for policy in scenario.policies for lever in policy.levers
             if lever.path.startswith("country.")} if scenario else set()  # fmt: skip
    return moved if len(moved) <= MOST_NAMED else set()


def _table(counts, where, lead, others, named, most) -> list[dict[str, Any]]:
    """Return the subject and what is inside it, the other countries that change most, and everyone else."""
    # the subject with its parts first, or the leading country with its hubs
    whole = where or (lead["where"] if lead["kind"] == "country" else None)
    shown = _block(counts, whole, lead, most) if whole else []
    # then countries named in the sentences, then those that change most, as far as rows are left
    changed = [row for row in others if row["differs"] or row["label"] in named]
    first = sorted(changed, key=lambda row: (row["label"] not in named, _size(row)))[: max(most - len(shown) - 1, 2)]
    shown += sorted(first, key=_size)
    rest = counts.rest([row for row in shown if row["level"] == 0])
    return [*shown, rest] if rest["members"].any() else shown


def _block(counts, where, lead, most) -> list[dict[str, Any]]:
    """Return the row of a place and, indented, those inside it that change most."""
    if where.kind == "hub" and "+" not in where.label:
        country = counts.row(counts.called(where.countries[0]))
        if len(country["members"].nonzero()[0]) < 2:
            return [lead | {"level": 0}]
        return [country, *_indented(counts, [lead], counts.hubs_of(named_places()[country["label"]].hubs))]
    if "+" in where.label:
        return [lead, *({**row, "level": 1} for row in _inside(counts, where, lead)[: most - 3])]
    # a country or bloc: its parts that change most, other parts together
    inside = counts.parts_of(where)
    each = INSIDE if len(where.countries) == 1 else min(MEMBERS, most - 5)
    if len(inside) < 2:
        return [lead]
    named = [row for row in inside if row["effect"] and not (row["label"] or "").startswith("rest_of_")]
    return [lead, *_indented(counts, sorted(named, key=_size)[:each], inside)]


def _indented(counts, chosen, inside) -> list[dict[str, Any]]:
    """Indent the chosen rows of a whole by one level, and add all others of it as one row."""
    labels = {row["label"] for row in chosen}
    # a single remaining part is named rather than called "1 other"
    left = [row for row in inside if row["label"] not in labels]
    if len(left) == 1:
        chosen, left = [*chosen, left[0]], []
    rows = [{**row, "level": 1} for row in chosen]
    if left:
        kind = "hubs" if left[0]["kind"] == "hub" else "countries"
        rows.append(counts.together(left, f"{len(left)} other {kind}", 1))
    return rows


def effect_rows(result, most) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return rows of a figure of effects: the subject and the countries that change most,
    their main hubs one level down.

    Parameters
    ----------
    result : Result of one scenario
    most : rows in all

    Returns
    -------
    (list of rows as of :func:`facts`, the row of everyone else or None)
    """
    about, _, keys = subject(result).partition(",")
    counts = _Counts(result, keys)
    where = _place(result.data, about) if about and about != "world" else None
    lead = counts.row(where) if where else None
    # countries that change, the largest change first; members of a subject of several stay in the list
    countries = sorted((row for row in counts.countries() if row["differs"]), key=_size)
    inside = set(where.countries) if where else set()
    several = where is not None and (len(where.countries) > 1 or where.kind == "hub")
    tops = ([lead] if lead else []) + [row for row in countries if not lead or row["label"] not in inside or several]
    # give hubs to the first places, as long as the rows last
    hubs = {top["label"]: _main_hubs(counts, top) for top in tops}
    shown: list = []
    left = most
    for number, top in enumerate(tops):  # hubs of the first places, then countries alone
        few = hubs[top["label"]][: (4 if number == 0 else 2 if number < len(tops) // 2 else 0)]
        few = few if left - 1 - len(few) >= min(5, len(tops) - number - 1) else []
        if left < 1:
            break
        level = 1 if several and number and top["label"] in inside else 0
        shown += [{**top, "level": level}, *({**hub, "level": level + 1} for hub in few)]
        left -= 1 + len(few)
    shown = _members_first(shown) if several else shown
    rest = counts.rest([row for row in shown if row["level"] == 0])
    return shown, rest if rest["members"].any() and rest["differs"] else None


def _main_hubs(counts, top) -> list[dict[str, Any]]:
    """Return the named hubs of a country, those that change most first; none where the country is one hub."""
    where = top["where"]
    if where.kind != "country" or len(where.hubs) < 2:
        return []
    differing = [
        row for row in counts.hubs_of(where.hubs) if row["differs"] and not row["label"].startswith("rest_of_")
    ]
    return sorted(differing, key=_size)


def _members_first(rows) -> list[dict[str, Any]]:
    """Move the members of a bloc right below it."""
    # hubs follow their country, so they go where the last country went
    head, members, others, inside = rows[0], [], [], False
    for row in rows[1:]:
        inside = row["level"] > 0 if row["kind"] != "hub" else inside
        (members if inside else others).append(row)
    return [head, *members, *others]


def places_over_time(result, most) -> list[tuple]:
    """Return shares over time of the subject and of the countries that change most, the subject first.

    Parameters
    ----------
    result : Result of one scenario
    most : how many places

    Returns
    -------
    list of (name, xarray.DataArray over arm, replicate and time, in per cent of the world's, whether it is settled)
    """
    about, _, keys = subject(result).partition(",")
    counts = _Counts(result, keys)
    where = _place(result.data, about) if about and about != "world" else None
    inside = set(where.countries) if where else set()
    countries = [row for row in counts.countries() if row["label"] not in inside or (where and where.kind == "hub")]
    # the largest changes first; if too few change, the largest shares
    countries.sort(key=lambda row: (not row["differs"], _size(row) if row["differs"] else -row["baseline"]))
    shown = ([counts.row(where)] if where else []) + countries
    share = 100 * series(result, ",".join(["share", keys] if keys else ["share"]))
    return [
        (row["name"], share.isel(hub=np.flatnonzero(row["members"])).sum("hub"), row["settled"]) for row in shown[:most]
    ]


def place_table(result, level="country") -> "pd.DataFrame":
    """Return the effect on every place of a level: see ``Result.table``."""
    import pandas as pd

    if level not in ("country", "hub", "bloc"):
        raise UsageError(f"level {level!r}", "expected country, hub or bloc")
    table_rows = []
    for arm in result.arms:
        counts = _Counts(result.versus(arm) if len(result.arms) > 1 else result)
        if level == "hub":
            # every place of the level, also those that hardly change
            shown = counts.hubs_of(counts.hubs)
        elif level == "country":
            shown = counts.countries()
        else:
            shown = [counts.row(named_places()[row["bloc"]]) for row in rows("blocs") if row["bloc"] != "world"]
        # a comparison names the scenario of each row
        described = {"arm": arm} if len(result.arms) > 1 else {}
        table_rows += [described | _as_row(row) for row in shown]
    return pd.DataFrame(table_rows)


def _as_row(row) -> dict[str, Any]:
    """Flatten a row of facts into columns of the table."""
    keys = ("name", "baseline", "scenario", "effect", "low", "high", "error", "same_sign", "pairs", "settled")
    people = {"people": "effect", "people_low": "low", "people_high": "high"}
    return (
        {"place": row["label"]}
        | {key: row[key] for key in keys}
        | {name: row["people"][key] for name, key in people.items()}
    )


def cause_table(result, label, most=5) -> "pd.DataFrame":
    """Tabulate the change of a place's engineers in parts that add up: net moves with each country, entry and exit.

    Parameters
    ----------
    result : Result of one scenario
    label : str, the place
    most : countries with a row of their own

    Returns
    -------
    pandas.DataFrame as of :func:`sim.results.decomposition.parts_table`, in persons
    """
    where, known, by_country = measures.find(result.data, label), named_places(), {}
    change, own = _flow_changes(result.data, where), set(result.data.hub_country.values[where.only].astype(str))
    for code, net in change["net"].items():
        name = known[code].spoken if code in known else code
        by_country[f"moves within {name}" if code in own else f"to and from {name}"] = net
    # the largest countries by name, all others as one part
    order = sorted(by_country, key=lambda name: -abs(by_country[name].mean()))
    parts = {name: by_country[name] for name in order[:most]}
    if order[most:]:
        parts[f"to and from {len(order[most:])} other countries"] = sum(by_country[name] for name in order[most:])
    # the stock also changes by entry and exit, so that the parts add up
    parts |= {"entering the occupation": change["entrants"], "leaving the occupation": -change["exits"]}
    return parts_table(np.array(list(parts.values())), list(parts), "persons")


def _flow_changes(data, where) -> dict[str, Any]:
    """Return by how much the flows that change the stock of a place differ over the run, in persons.

    Returns
    -------
    dict: ``arrivals``, ``departures``, ``entrants`` and ``exits``, (pair,) arrays; ``net``, the net moves with each
    country of a hub outside, dict of its code -> (pair,) array
    """

    def change(values) -> np.ndarray:
        """Return (..., pair): scenario minus baseline, over all years."""
        both = values.sum("year")
        extra = both.sel(arm="scenario", drop=True) - both.sel(arm="baseline", drop=True)
        return extra.transpose(..., "replicate").values

    # moves across the border by hub outside, (hub, pair)
    come = change(data.flow.isel(origin=where.others, destination=where.only).sum("destination"))
    gone = change(data.flow.isel(origin=where.only, destination=where.others).sum("origin"))
    codes = data.hub_country.values.astype(str)[where.others]
    return {
        "arrivals": come.sum(0),
        "departures": gone.sum(0),
        "entrants": change(data.entrants.sum("tier").isel(hub=where.only).sum("hub")),
        "exits": change(data.exits.isel(hub=where.only).sum("hub")),
        "net": {code: (come - gone)[codes == code].sum(0) for code in dict.fromkeys(codes.tolist())},
    }


# --- causes ---------------------------------------------------------------------------------------


def causes(result, label) -> dict[str, Any]:
    """Split the change of a place's engineers over the run into moves, entries and exits.

    Parameters
    ----------
    result : Result of one scenario
    label : str, the place

    Returns
    -------
    dict: ``moves`` in and out (``arrivals``, ``departures``), ``entrants`` and ``exits``, mean persons over the run by
    which they differ; ``total``, what they add up to; ``by_country``, the net moves with each other country that
    differ most, as (name, persons); the parts add up to the change of the stock
    """
    change, known = _flow_changes(result.data, measures.find(result.data, label)), named_places()
    arrivals, departures, entrants, exits = (
        float(change[key].mean()) for key in ("arrivals", "departures", "entrants", "exits")
    )
    by_country = [
        (known[code].name if code in known else code, float(net.mean())) for code, net in change["net"].items()
    ]
    return {
        "arrivals": arrivals,
        "departures": departures,
        "entrants": entrants,
        "exits": exits,
        "total": arrivals - departures + entrants - exits,
        "by_country": sorted(by_country, key=lambda pair: -abs(pair[1])),
    }
