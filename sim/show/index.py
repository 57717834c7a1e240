"""The market's own table, from the model: every hub's net migration, pay, sources of arrivals and leading sector."""

from rich.console import Group
from rich.text import Text

from sim.errors import ResultError
from sim.results.effects import SHOWN, effect_series, summarise
from sim.results.measures import series
from sim.results.narrative import baseline_title, contents, number_of
from sim.show.answer import heading, line, table

SENIOR = "expert"  # the tier whose pay the industry index calls senior
SOURCES = 2  # hubs that send most
NEEDED = ("net_pay", "stock_by_sector")


def index_table(result, year=None):
    """Return one row a hub, as the industry's talent index has it, from a scenario or, without one, from the baseline.

    Parameters
    ----------
    result : Result of one scenario
    year : int, a year of the run; the first if None, for which the industry index was published

    Returns
    -------
    pandas.DataFrame over the hubs, in the order of the world: hub, name; net, net_low, net_high (net migration in the
    year, % of the stock, mean and 90 % of pairs); gross_pay, net_pay (kUSD a year, experts on 1 January,
    mean over roles); sources (list of the hubs that send most); sector (with most engineers on 1 January); change,
    change_low, change_high (of net, against the baseline, percentage points; left out where no pair differs);
    published (net migration by the industry index, %, nan if it has none), period, source, grade; the year in ``attrs``

    Raises
    ------
    ResultError for a year outside the run, or a run saved before these columns were kept.
    """
    import pandas as pd

    data, year = result.data, _year(result.data, year)
    rate = summarise(_percent(series(result, "net_rate").sel(arm="scenario", year=year)))
    now = data.sel(arm="scenario", time=year).mean("replicate")
    columns = {"hub": data.hub.values, "name": data.hub_name.values} | _interval(rate, "net")
    for name, variable in (("gross_pay", "pay"), ("net_pay", "net_pay")):
        columns[name] = now[variable].sel(tier=SENIOR).values
    columns["sources"] = _sources(data.flow.sel(arm="scenario", year=year).mean("replicate"), data.hub_name.to_series())
    columns["sector"] = [str(data.sector.values[k]) for k in now.stock_by_sector.argmax("sector").values]
    if not data.sel(arm="scenario", drop=True).equals(data.sel(arm="baseline", drop=True)):
        columns |= _interval(summarise(_percent(effect_series(result, "net_rate").sel(year=year))), "change")
    rows = pd.DataFrame(columns | _published(result))
    rows.attrs["year"] = year
    return rows


def is_kept(data):
    """Return whether a run was saved with all that the index needs."""
    return all(name in data for name in NEEDED)


def _year(data, year):
    if not is_kept(data):
        raise ResultError(f"this run was saved without {' and '.join(NEEDED)}; run the scenario again")
    first, last = int(data.year[0]), int(data.year[-1])
    year = first if year is None else year
    if not first <= year <= last:
        raise ResultError("year", f"{year} lies outside the run, {first} to {last}")
    return year


def _percent(rates):
    return SHOWN["rate"][0] * rates


def _interval(found, name):
    return {name: found["mean"].values, f"{name}_low": found.low.values, f"{name}_high": found.high.values}


def _sources(flow, names):
    """Name, for every hub, the hubs from which most arrive."""
    order = flow.transpose("destination", "origin").values.argsort(axis=1)[:, ::-1]
    return [[names.iloc[k] for k in row[:SOURCES] if flow.values[k, hub] > 0] for hub, row in enumerate(order)]


def _published(result):
    """Return the industry index's published figures for every hub."""
    rows = {row["hub"]: row for row in result.record["published"]}
    found = [rows.get(hub, {}) for hub in result.data.hub.values]
    said = {"published": [row.get("value", float("nan")) for row in found]}
    return said | {key: [row.get(key) for row in found] for key in ("period", "source", "grade")}


# --- as texts -------------------------------------------------------------------------------------


def index_texts(rows):
    """Return the table of :func:`index_table` as texts; a cell of several lines stands for several figures.

    Returns
    -------
    (list of headings, list of rows of texts); the first column holds names
    """
    compared = ["change,\npp"] if "change" in rows else []
    head = [
        "\n",
        "net a year, %\n90 % of pairs",
        *compared,
        "gross\nand net\npay, kUSD",
        "most arrive\nfrom",
        "leading\nsector",
        "printed\n2026, %",
    ]
    return head, [
        [
            _short(row.name),
            f"{row.net:+.1f}\n{row.net_low:+.1f} to {row.net_high:+.1f}",
            *(f"{row.change:+.2f}" for _ in compared),
            f"{row.gross_pay:,.0f}\n{row.net_pay:,.0f}",
            "\n".join(map(_short, row.sources)),
            row.sector.replace("_", " "),
            _printed(row),
        ]
        for row in rows.itertuples()
    ]


def columns_of_text(head):
    """Return numbers of the columns, names apart, that hold words: sources and sector."""
    return (len(head) - 3, len(head) - 2)


def _short(name):
    """Return a hub without what stands in brackets, which is for maps."""
    return name.split(" (")[0]


def _printed(row) -> str:
    if row.published != row.published:  # nan
        return "not\npublished"
    return f"{row.published:+.1f}\n(grade {row.grade})"


def index_reading(result, rows) -> str:
    """Explain how to read the table of :func:`index_table`."""
    record, year = result.record, rows.attrs["year"]
    against = f" Change: against the baseline ({baseline_title(record)})." if "change" in rows else ""
    sources = {f"{row['source']}, {row['period']}" for row in record["published"]}
    return (
        f"Net: arrivals less departures in {year}, % of the stock on 1 January {year}, the mean over "
        f"{number_of(record['replicates'], 'pair')}; its spread holds {contents(record)}.{against} Pay: of the median "
        "expert on 1 January, before and after tax. Sector: with most engineers. Industry index: net migration as it "
        f"was printed, graded C for published without data ({'; '.join(sorted(sources))})."
    )


def render_index(result, year=None):
    """Return the index, ready for ``rich.console.Console.print``: at most 100 columns."""
    rows = index_table(result, year)
    head, texts = index_texts(rows)
    shown = table(*head, texts=columns_of_text(head))
    for row in texts:
        shown.add_row(*row)
    opening = heading(f"AI talent index {rows.attrs['year']}: {result.record['title']}")
    return Group(opening, shown, line(index_reading(result, rows), "dim"), Text())
