"""The answer as plain numbers: what the terminal prints, and what ``--json`` gives to other programs."""

from sim.results.effects import SHOWN, effect, hubs_that_matter, sentence, summarise
from sim.results.measures import series

POINTS = SHOWN["share"][0]  # shares and rates are shown in per cent
ROUTE_LABELS = ("route", "route_country", "route_name")
STATISTICS = ("mean", "low", "high", "same_sign", "error")


def answer(result, folder=None):
    """Everything that the terminal's answer says.

    Parameters
    ----------
    result : Result
    folder : where it was saved, or None

    Returns
    -------
    dict of plain values: shares in %, effects in percentage points, rates in % of the stock a year
    """
    record = result.record
    largest = largest_effect(result)
    return {
        **{key: record[key] for key in ("name", "title", "question", "sentences", "notices", "warnings")},
        "first": int(result.data.time.values[0]),
        "last": int(result.data.time.values[-1]),
        "pairs": result.data.sizes["replicate"],
        "largest": largest and {"hub": largest, "sentence": sentence(result, f"share:{largest}")},
        "hubs": hub_rows(result),
        "routes": route_rows(result),
        **{key: record[key] for key in ("legal", "population", "seed", "uncertainty", "refused_draws")},
        "held": [row for row in record["assumptions"] if row["held"] is not None],
        "weak": [row for row in record["assumptions"] if row["grade"] == "D"],
        "compute": next(row for row in record["assumptions"] if row["name"] == "b_compute"),
        "assumptions": len(record["assumptions"]),
        "versions": record["versions"],
        "folder": str(folder) if folder else None,
    }


def largest_effect(result):
    """The hub whose share changes most, or None if no pair differs."""
    mean = abs(effect(result, "share").mean("replicate")).to_series()
    return str(mean.idxmax()) if mean.max() > 0 else None


def hub_rows(result):
    """One row for each hub that matters and one for all others together.

    Returns
    -------
    list of dict: hub (None for the others), name; start, baseline, scenario (%); mean, low, high, error
    (points); same_sign, differs (pairs); rate_baseline, rate_scenario (% of the stock a year, mean)
    """
    share = POINTS * series(result, "share")
    net = series(result, "net_migration").mean("replicate")
    stock = result.data.stock.sum("tier").mean("replicate").isel(time=slice(None, -1)).rename(time="year")
    names = result.data.hub_name.to_series()
    chosen = hubs_that_matter(result)
    groups = [(hub, names[hub], [hub]) for hub in chosen]
    rest = [hub for hub in result.data.hub.values if hub not in chosen]
    groups += [(None, f"{len(rest)} other hubs", rest)] if rest else []
    rows = []
    for hub, name, members in groups:
        part = share.sel(hub=members).sum("hub")
        rate = POINTS * (net.sel(hub=members).sum("hub") / stock.sel(hub=members).sum("hub")).mean("year")
        rows.append({"hub": hub, "name": str(name)} | _levels(part) | _effect(part) | _arms(rate, "rate_"))
    return rows


def _levels(share):
    start, end = share.isel(time=0), share.isel(time=-1).mean("replicate")
    return {"start": float(start.sel(arm="baseline").mean())} | _arms(end)


def _effect(share):
    ends = share.isel(time=-1)
    pairs = ends.sel(arm="scenario") - ends.sel(arm="baseline")
    found = summarise(pairs)
    plain = {key: found[key].item() for key in (*STATISTICS, "differs")}
    return plain | ({"error": None} if pairs.size == 1 else {})


def _arms(values, prefix=""):
    return {f"{prefix}{arm}": float(values.sel(arm=arm)) for arm in ("baseline", "scenario")}


def route_rows(result, most=6):
    """One row for each route that the scenario touches, the most touched first: how many get in, and who.

    Returns
    -------
    list of dict: route, name, and by arm ('baseline', 'scenario') the yearly means of applicants, grants,
    registrations and selected (persons), and the shares of grants from abroad and to experts (%, or None)
    """
    counts = {name: series(result, name).mean("year") for name in ("applicants", "grants", "grants_abroad")}
    touched = sum(abs(values.sel(arm="scenario") - values.sel(arm="baseline")) for values in counts.values())
    order = touched.mean("replicate").to_series().sort_values(ascending=False, kind="stable")
    data = result.data
    names = {
        route: f"{country}: {name.split(' (')[0]}"  # what stands in brackets is for the table of routes
        for route, country, name in zip(*(data[key].values for key in ROUTE_LABELS), strict=True)
    }
    return [
        {"route": route, "name": names[route]}
        | {arm: _route(result, route, arm) for arm in ("baseline", "scenario")}
        for route in order[order > 0].index[:most]
    ]


def _route(result, route, arm):
    """A route in one arm: means over years and pairs."""
    data = result.data.sel(route=route, arm=arm)

    def mean(name):
        return float(data[name].mean(("replicate", "year")).sum())

    grants = mean("grants")
    experts = float(data.grants_by_tier.sel(tier="expert").mean(("replicate", "year")))
    return {
        "applicants": mean("applicants"), "grants": grants,
        "registrations": mean("registrations"), "selected": mean("selected"),
        "from_abroad": POINTS * mean("grants_abroad") / grants if grants else None,
        "experts": POINTS * experts / grants if grants else None,
    }  # fmt: skip
