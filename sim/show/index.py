"""The market's own table, from the model beside the published figures: hubs, regions, and the views side by side."""

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group
from rich.text import Text

from sim.custom_world import PRESENT
from sim.errors import ResultError
from sim.results.effects import SHOWN, effect_series, summarise
from sim.results.measures import series
from sim.results.narrative import baseline_title, contents, paragraph
from sim.scenario.places import place
from sim.show.answer import heading, line, table
from sim.study.counts import count
from sim.world.categories import TIERS
from sim.world.market_facts import REGIONS, by_topic, cities, expert_over_senior, facts, published_index, two_metros
from sim.world.setting import load_setting

if TYPE_CHECKING:
    import pandas as pd

SOURCES = 2  # cities that send most
MORE = 6  # cities shown beside those of the published index, without details
NEEDED = ("net_pay", "stock_by_sector")
METROS = ("sf_bay_area", "new_york")
VIEWS = ("evidence", "industry")  # shown side by side
PRINTED = 2026  # year of the published index
MOST_YEARS = 10  # columns of the table of elite arrivals
SINGAPORE = "singapore"  # the only part of Southeast Asia that is a hub of its own


# ------------------------------------------------------------------------------
# Hubs
# ------------------------------------------------------------------------------


def index_table(result, year=None) -> "pd.DataFrame":
    """Tabulate one row a hub as the industry's talent index does, for a scenario or, without one, for the baseline.

    Parameters
    ----------
    result : Result of one scenario
    year : int, a year of the run; that of the published index if None, or the first of a run without it

    Returns
    -------
    pandas.DataFrame over the hubs, in the order of the world: hub, name; engineers (on 1 January); net, net_low,
    net_high (net migration in the year, % of the stock, mean and 90 % of pairs); change, change_low, change_high
    (of net, against the baseline, percentage points; left out where no pair differs); senior_gross, senior_net,
    senior_local (kUSD a year on 1 January: median total pay of a senior engineer, after tax, and after tax at US
    prices); compute (per engineer, % of the hub that has most); abroad, home (lists of the cities that send most,
    from other countries and from the own one); sector, quotient (largest location quotient: the sector's share in
    the hub over its share in the world); published (net migration by the industry index, %), published_senior,
    published_sources, published_focus (nan or None if not published), period, source, grade; the year in ``attrs``

    Raises
    ------
    ResultError for a year outside the run, or a run saved before these columns were kept.
    """
    import pandas as pd

    data, year = result.data, _year(result.data, year)
    # net migration with its spread, then means over pairs
    rate = summarise(_percent(series(result, "net_rate").sel(arm="scenario", year=year)))
    now = data.sel(arm="scenario", time=year).mean("replicate")
    columns = {"hub": data.hub.values, "name": data.hub_name.values, "engineers": now.stock.sum("tier").values}
    columns |= _interval(rate, "net")
    # the baseline itself has no change to show
    if not data.sel(arm="scenario", drop=True).equals(data.sel(arm="baseline", drop=True)):
        columns |= _interval(summarise(_percent(effect_series(result, "net_rate").sel(year=year))), "change")
    columns |= senior_pay(now)
    columns["compute"] = 100 * now.compute_per_engineer.values / now.compute_per_engineer.values.max()
    flow = data.flow.sel(arm="scenario", year=year).mean("replicate")
    columns |= _sources(flow.transpose("origin", "destination").values, data)
    columns |= _sectors(now.stock_by_sector)
    rows = pd.DataFrame(columns | _published(data.hub.values))
    rows.attrs["year"] = year
    return rows


def senior_pay(now) -> Any:
    """Return the pay of the median senior engineer (L5 and L6), between practitioners and experts.

    The pay table puts the median expert at a multiple of the median senior engineer (``pay_anchors.csv``, grades C and
    D), so that the senior engineer has the expert's pay over that multiple. The tax rate is interpolated in the
    logarithm of pay between the tiers.

    Parameters
    ----------
    now : dataset of one 1 January, with pay, net_pay (hub, tier) and price_level (hub,)

    Returns
    -------
    dict of senior_gross, senior_net, senior_local: (hub,) kUSD a year; nan for a hub without an anchor
    """
    ratio = np.array([expert_over_senior().get(hub, np.nan) for hub in now.hub.values])
    pay = now.pay.transpose("hub", "tier").values
    rate = 1 - now.net_pay.transpose("hub", "tier").values / pay
    expert, practitioner = TIERS.index("expert"), TIERS.index("practitioner")
    gross = pay[:, expert] / ratio
    place = np.log(gross / pay[:, practitioner]) / np.log(pay[:, expert] / pay[:, practitioner])
    tax = rate[:, practitioner] + np.clip(place, 0, 1) * (rate[:, expert] - rate[:, practitioner])
    net = gross * (1 - tax)
    return {"senior_gross": gross, "senior_net": net, "senior_local": net / now.price_level.values}


def is_kept(data) -> bool:
    """Return whether a run was saved with all that the index needs."""
    return all(name in data for name in NEEDED)


def _year(data, year) -> int:
    """Return the year of the index, refusing years outside the run."""
    if not is_kept(data):
        raise ResultError(f"this run was saved without {' and '.join(NEEDED)}; run the scenario again")
    first, last = int(data.year[0]), int(data.year[-1])
    if year is None:
        year = PRINTED if first <= PRINTED <= last else first
    if not first <= year <= last:
        raise ResultError("year", f"{year} lies outside the run, {first} to {last}")
    return year


def _percent(rates) -> Any:
    """Convert rates to per cent a year."""
    return SHOWN["rate"][0] * rates


def _interval(summary, name) -> dict[str, Any]:
    """Return mean and 90 % of pairs as columns."""
    return {name: summary["mean"].values, f"{name}_low": summary.low.values, f"{name}_high": summary.high.values}


def _sources(flow, data) -> dict[str, list]:
    """Name, for every hub, the cities from which most arrive: from abroad, and from its own country."""
    names, country = data.hub_name.values, data.hub_country.values
    is_city = np.isin(data.hub.values, list(cities()))
    sources = {"abroad": [], "home": []}
    for hub in range(len(names)):
        order = [k for k in flow[:, hub].argsort()[::-1] if is_city[k] and flow[k, hub] > 0]
        for where, same in (("abroad", False), ("home", True)):
            sources[where].append([names[k] for k in order if (country[k] == country[hub]) == same][:SOURCES])
    return sources


def _sectors(stock) -> Any:
    """Return for every hub the sector with the largest location quotient, and the quotient."""
    people = stock.transpose("hub", "sector").values
    part = people / people.sum(axis=1, keepdims=True)
    quotient = part / np.maximum(people.sum(axis=0) / people.sum(), 1e-12)
    best = quotient.argmax(axis=1)
    return {"sector": [str(stock.sector.values[k]) for k in best], "quotient": quotient.max(axis=1)}


def _published(hubs) -> dict[str, list]:
    """Return the industry index's published figures for every hub."""
    known = published_index()
    rows = [known.get(hub, {}) for hub in hubs]
    nan = float("nan")
    columns = {"published": [row.get("net", nan) for row in rows]}
    columns["published_senior"] = [row.get("senior") or nan for row in rows]
    columns |= {f"published_{key}": [row.get(key) for row in rows] for key in ("sources", "focus")}
    return columns | {key: [row.get(key) for row in rows] for key in ("period", "source", "grade")}


# ------------------------------------------------------------------------------
# Regions
# ------------------------------------------------------------------------------


def region_table(result, year=None) -> list[dict[str, Any]]:
    """Return the regions of the industry's report: pool, growth and median base pay, beside the published figures.

    Returns
    -------
    list of dict: place, pool (persons on 1 January), growth (% in the year, with low and high), base (kUSD a year,
    median over tiers and roles at the start), published_pool, published_growth, published_base, grade, note
    """
    data, year = result.data, _year(result.data, year)
    stock = data.stock.sel(arm="scenario").sum("tier")
    now = data.sel(arm="scenario", time=year).mean("replicate")
    # pay and people by hub and tier, for the median of a region
    pay, people = (now[name].transpose("hub", "tier").values for name in ("pay", "stock"))
    # the published figures by place, a topic each; texts are skipped
    published = [by_topic(topic) for topic in ("workforce", "headcount_growth", "base_salary", "workforce_growth")]
    pool, growth, base, world_growth = ({place: float(r["value"]) for place, r in rows.items() if _is_number(r)}
                                        for rows in published)  # fmt: skip
    # the regions of the report, then the world, and Singapore for Southeast Asia
    places = [(name, data.region.values == region) for region, name in REGIONS.items()]
    places += [("world", np.ones(data.sizes["hub"], bool)), ("Southeast Asia", data.hub.values == SINGAPORE)]
    rows = []
    for name, members in places:
        of = stock.isel(hub=np.flatnonzero(members)).sum("hub")
        # growth over the year, run by run
        change = summarise(100 * (of.sel(time=year + 1) / of.sel(time=year) - 1))
        row = {"place": name, "pool": float(of.sel(time=year).mean()), "growth": float(change["mean"])}
        row |= {"growth_low": float(change.low), "growth_high": float(change.high)}
        row |= {"base": median_base(pay, people, members)}
        row |= {"published_pool": pool.get(name), "published_growth": growth.get(name, world_growth.get(name))}
        row |= {"published_base": base.get(name), "grade": "C", "note": ""}
        rows.append(row)
    rows[-1]["note"] = "Singapore alone; the rest of Southeast Asia is inside Rest of Asia and cannot be told apart"
    return rows


def _is_number(row) -> bool:
    return row["value"].replace(".", "").lstrip("-").isdigit()


def median_base(pay, stock, members) -> float:
    """Return the median base pay of the engineers of a set of hubs, kUSD a year.

    The median is over hub, tier and role, with the roles of a hub alike in all its tiers; the base is the pay table's
    part of the pay, so that differences between employers of one hub are left out.

    Parameters
    ----------
    pay : (hub, tier) kUSD a year, mean over roles
    stock : (hub, tier) persons
    members : (hub,) bool
    """
    s = load_setting()
    if len(s.hubs) != len(members):  # a run of another world
        return float("nan")
    base = s.pay[..., 0] / s.pay.sum(axis=-1) * pay
    # pay of a role relative to the hub's mean, as the pay is the mean over roles
    roles = s.role_pay / (s.role_share * s.role_pay).sum(axis=1, keepdims=True)
    cells = (base[..., None] * roles[:, None, :])[members].ravel()
    weight = (stock[..., None] * s.role_share[:, None, :])[members].ravel()
    order = cells.argsort()
    reached = weight[order].cumsum() / weight.sum()
    return float(cells[order][np.searchsorted(reached, 0.5)])


def two_metro_share(result, year=None) -> float:
    """Return the part of US engineers that lives in the Bay Area and New York on 1 January, %."""
    data, year = result.data, _year(result.data, year)
    stock = data.stock.sel(arm="scenario", time=year).sum("tier").mean("replicate")
    return 100 * float(stock.sel(hub=list(METROS)).sum() / stock.isel(hub=data.hub_country.values == "usa").sum())


# ------------------------------------------------------------------------------
# The tables as texts
# ------------------------------------------------------------------------------


def index_texts(rows) -> tuple[list[str], list[list[str]]]:
    """Format the table of :func:`index_table` for 80 columns: a row a hub, net migration beside what was printed.

    These are the hubs of the published index and the ``MORE`` largest other cities, in the order of ``rows``.

    Returns
    -------
    (list of headings, list of rows of texts)
    """
    # with a scenario the change takes the place of net pay
    compared = "change" in rows
    head = [
        "\nhub",
        "net a\nyear %",
        "\n90 % of runs",
        *(["change\npp"] if compared else []),
        "\nprinted",
        "senior\nkUSD",
    ]
    head += [*([] if compared else ["after\ntax"]), "\nspecialised in", "most come\nfrom"]
    texts = []
    for row in rows[_shown(rows)].itertuples():
        texts.append([_short(row.name), f"{row.net:+.1f}", f"{row.net_low:+.1f} to {row.net_high:+.1f}"])
        texts[-1] += [f"{row.change:+.2f}"] if compared else []
        texts[-1] += [_printed(row), _number(row.senior_gross)]
        texts[-1] += [] if compared else [_number(row.senior_net)]
        texts[-1] += [row.sector.replace("_", " "), _short((row.abroad or row.home or ["-"])[0])]
    return head, texts


def _printed(row) -> str:
    """Format the published net migration of a hub with its grade; a dash for none."""
    return f"{row.published:+.1f} {row.grade}" if row.published == row.published else "-"  # nan


def detailed_texts(rows) -> tuple[list[str], list[list[str]]]:
    """Format the whole table of :func:`index_table`, every published hub with a second row of what was printed.

    Returns
    -------
    (list of headings, list of rows of texts)
    """
    # the change against the baseline stands only where a scenario was run
    compared = ["change\npp"] if "change" in rows else []
    head = ["\nhub", "net a year\n% of stock", *compared, "senior\nkUSD", "\nnet", "US\nprices", "com-\npute %"]
    head += ["specialised in\n(quotient)", "cities that send most:\nabroad; at home"]
    texts = []
    # a second row has what the published index printed
    for row in rows.itertuples():
        texts.append(
            [
                _short(row.name),
                f"{row.net:+.1f}\n{row.net_low:+.1f} to {row.net_high:+.1f}",
                *(f"{row.change:+.2f}" for _ in compared),
                *(_number(pay) for pay in (row.senior_gross, row.senior_net, row.senior_local)),
                f"{row.compute:.0f}",
                f"{row.sector.replace('_', ' ')} ({row.quotient:.1f})",
                "; ".join(", ".join(map(_short, names)) or "-" for names in (row.abroad, row.home)),
            ]
        )
        if row.published == row.published:  # not nan
            blanks = ["" for _ in compared]
            origins = ", ".join(map(_short, row.published_sources or [])) or "-"
            texts.append([f"  printed ({row.grade})", f"{row.published:+.1f}", *blanks, _number(row.published_senior)])
            texts[-1] += ["", "", "", row.published_focus or "-", origins]
    return head, texts


def columns_of_text(head) -> tuple[int, int]:
    """Return the positions of the columns, names apart, that hold words: sectors and sources."""
    return (len(head) - 2, len(head) - 1)


def _shown(rows) -> "pd.Series":
    """Select the hubs shown without details: those of the published index, then cities, which lead the table."""
    # remainders of countries are no cities
    others = rows.hub.isin(cities()) & rows.published.isna()
    largest = rows.engineers[others].nlargest(MORE).index
    return rows.published.notna() | rows.index.isin(largest)


def _number(value) -> str:
    """Format a number without decimals; a dash for none."""
    return "-" if value is None or value != value else f"{value:,.0f}"  # nan


def _short(name) -> str:
    """Drop the part of a hub's name in brackets, which is for maps, and "San Francisco" of the Bay Area."""
    return name.split(" (")[0].replace("San Francisco Bay Area", "Bay Area").replace("Abu Dhabi and Dubai", "UAE")


def index_reading(result, rows, details=False) -> str:
    """Explain how to read the table of :func:`index_table`."""
    source = next(iter(published_index().values()))
    values = {
        "year": rows.attrs["year"],
        "present": PRESENT,
        "pairs": result.record["replicates"],
        "contents": contents(result.record),
        "against": baseline_title(result.record) if "change" in rows else None,
        "source": source["source"],
        "period": source["period"],
        "hubs": None if details else len(rows),
    }
    return paragraph("evidence", "index_reading", values)


def render_index(result, year=None, details=False) -> Group:
    """Lay out the index for ``rich.console.Console.print``: 80 columns, or 100 for all hubs and all figures."""
    rows = index_table(result, year)
    head, texts = (detailed_texts if details else index_texts)(rows)
    # a narrow terminal leaves out sources, pay after tax and the sector
    shown = table(*head, texts=columns_of_text(head), spare=(len(head) - 1, len(head) - 3, len(head) - 2))
    for row in texts:
        shown.add_row(*row)
    opening = heading(f"AI talent index {rows.attrs['year']}: {result.record['title']}")
    return Group(opening, shown, line(index_reading(result, rows, details), "dim"), Text())


def render_regions(result, year=None) -> Group:
    """Lay out the table by region and the share of two metros, in 80 columns."""
    rows, year = region_table(result, year), _year(result.data, year)
    shown = table(
        "\nregion",
        "\nengineers",
        "\nprinted",
        "growth\n%",
        "\n90 % of runs",
        "\nprinted",
        "base\nkUSD",
        "\nprinted",
        spare=(4, 7, 6),
    )
    for row in rows:
        place = "Singapore" if row["note"] else row["place"].partition(" excluding")[0]
        spread = f"{row['growth_low']:+.1f} to {row['growth_high']:+.1f}"
        shown.add_row(place, _number(row["pool"]), _number(row["published_pool"]), f"{row['growth']:+.1f}", spread,
                      "-" if row["note"] else _signed(row["published_growth"]), _number(row["base"]),
                      _number(row["published_base"]))  # fmt: skip
    # the last row carries the clash of the printed sources
    last = rows[-1]
    reading = paragraph("evidence", "regions", year, _signed(last["published_growth"]), last["note"])
    metros = paragraph("evidence", "metros", two_metro_share(result, year), list(two_metros().items()))
    opening = heading(f"AI talent by region {year}: {result.record['title']}")
    return Group(opening, shown, line(reading, "dim"), line(metros), Text())


def _signed(value) -> str:
    """Format a rate with its sign; a dash for none."""
    return "-" if value is None else f"{value:+.0f}"


# ------------------------------------------------------------------------------
# Arrivals of elite researchers over the years
# ------------------------------------------------------------------------------


def elite_hubs() -> list[str]:
    """Return the hubs of the table of elite arrivals: those of the published index, then the largest other cities."""
    s = load_setting()
    largest = [s.hubs[k] for k in s.stock.argsort()[::-1]]
    return [*published_index(), *[hub for hub in largest if hub in cities() - set(published_index())][:MORE]]


def elite_table(scenario, baseline="baseline", **options) -> list[dict[str, Any]]:
    """Count the hubs' shares of the arrivals of elite researchers, year by year, in simulations made for it.

    Parameters
    ----------
    scenario, baseline, options : as of :func:`~sim.study.counts.count`

    Returns
    -------
    list of dict: hub, name, year, share, baseline (% of all moves of elite researchers between hubs, mean over pairs;
    nan if a pair has none), error, baseline_error (standard errors over pairs, percentage points; None for one pair)
    """
    queries = {f"arrival_share:{hub},group=elite": hub for hub in elite_hubs()}
    rows = []
    for row in count(scenario, list(queries), baseline, yearly=True, **options):
        values = 100 * np.array(row["values"])  # arm, pair
        pairs = values.shape[1]
        # the error of each arm by itself, over pairs
        error, base_error = (
            float(arm.std(ddof=1) / np.sqrt(pairs)) if pairs > 1 else None for arm in (values[1], values[0])
        )
        hub = queries[row["query"]]
        rows.append({"hub": hub, "name": place(hub).name, "year": row["year"], "share": float(values[1].mean())})
        rows[-1] |= {"error": error, "baseline": float(values[0].mean()), "baseline_error": base_error}
    return rows


def render_elite(rows, title, pairs) -> Group:
    """Lay out the table of :func:`elite_table` in 80 columns: a row a hub, its error below, and what was printed."""
    years = list(dict.fromkeys(row["year"] for row in rows))[:MOST_YEARS]
    shown = table("hub", *map(str, years), spare=range(len(years) - 1, 1, -1))
    for hub in dict.fromkeys(row["hub"] for row in rows):
        mine = [row for row in rows if row["hub"] == hub and row["year"] in years]
        cells = [_number(row["share"]) for row in mine]
        known = [row["error"] is not None and row["error"] == row["error"] for row in mine]  # not nan
        errors = [f"\u00b1{row['error']:.0f}" if is_known else "" for row, is_known in zip(mine, known, strict=True)]
        shown.add_row(
            _short(mine[0]["name"]), *("\n".join(filter(None, both)) for both in zip(cells, errors, strict=True))
        )
    opening = heading(f"Where elite researchers arrive, % of their moves: {title}")
    reading = paragraph("evidence", "elite_reading", facts()["m91"], pairs)
    return Group(opening, shown, line(reading, "dim"), Text())


# ------------------------------------------------------------------------------
# Views side by side
# ------------------------------------------------------------------------------


def views_table(results, year=None) -> list[dict[str, Any]]:
    """Compare the net migration of the published hubs under named sets of assumptions.

    Parameters
    ----------
    results : dict of name of a view -> Result of the same scenario

    Returns
    -------
    list of dict, one a hub: hub, name, published, grade, and for every view ``<view>`` (net migration, % of the stock),
    ``<view>_low``, ``<view>_high`` (90 % of pairs) and ``<view>_gap`` (less the published one, percentage points)
    """
    # every view has the same hubs, in the same order
    tables = {name: index_table(result, year).set_index("hub") for name, result in results.items()}
    first = next(iter(tables.values()))
    rows = []
    for hub in first.index[first.grade.notna()]:
        row = {"hub": hub} | {key: first.loc[hub, key] for key in ("name", "published", "grade")}
        # net migration under the view, its 90 % band, and its distance from the published figure
        for name, of_view in tables.items():
            row |= {name + end: float(of_view.loc[hub, "net" + end]) for end in ("", "_low", "_high")}
            row[f"{name}_gap"] = row[name] - row["published"]
        rows.append(row)
    return rows


def render_views(results, grades, year=None) -> Group:
    """Lay out the views of the index side by side, in 80 columns.

    Parameters
    ----------
    results : dict of name of a view -> Result of the same scenario
    grades : dict of name of a view -> (grade, meaning)
    """
    rows, year = views_table(results, year), _year(next(iter(results.values())).data, year)
    head = ["\nhub", "\nprinted"]
    for name in results:
        head += [f"{name}\n({grades[name][0]})", "\n90 % of runs", "gap\npp"]
    shown = table(*head, spare=range(3, len(head), 3))  # the spreads
    for row in rows:
        cells = [_short(row["name"]), f"{row['published']:+.1f} {row['grade']}"]
        for name in results:
            cells += [f"{row[name]:+.1f}", f"{row[name + '_low']:+.1f} to {row[name + '_high']:+.1f}"]
            cells += [f"{row[name + '_gap']:+.1f}"]
        shown.add_row(*cells)
    views = [
        {"name": name, "meaning": grades[name][1], "within": _within(rows, name), "hubs": len(rows)} for name in results
    ]
    why = paragraph("evidence", "index_views", year, views)
    opening = heading(f"AI talent index {year}, views side by side: {next(iter(results.values())).record['title']}")
    return Group(opening, shown, line(why, "dim"), Text())


def _within(rows, name) -> int:
    """Count the hubs whose net migration is within two points of the published index."""
    return sum(abs(row[f"{name}_gap"]) <= 2 for row in rows)
