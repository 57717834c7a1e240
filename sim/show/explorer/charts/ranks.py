"""How likely each rank of a hub is at the end, among the named hubs."""

import numpy as np
import pandas as pd

from sim.show.explorer.charts.look import Chart, colours, faint, layout, note
from sim.show.plots.ranks import DARK, hub_ranks

ROW, AROUND = 25, 60  # pixels
HUBS, RANKS = 12, 14  # rows, and ranks that have a column of their own


def ranks_chart(result, year=None, dark=False):
    """Part of the pairs, in %, in which a hub of the scenario has a rank by number of engineers, 1 the largest.

    Parameters
    ----------
    result : Result of one scenario
    year : int, of the 1 January; the last if None

    Returns
    -------
    Chart; its table has a row a hub: place, mean rank in baseline and scenario, and a column a rank (% of pairs)
    """
    look, ranks = colours(dark), hub_ranks(result)
    ranks = ranks.isel(time=-1) if year is None else ranks.sel(time=year)
    mean = ranks.mean("replicate")
    order = mean.sel(arm="scenario").to_series().sort_values(kind="stable").index[:HUBS]
    names = result.data.hub_name.to_series()[order].tolist()
    scenario = ranks.sel(arm="scenario", hub=order).transpose("hub", "replicate").values
    columns = np.arange(1, min(int(scenario.max()), RANKS) + 1)
    parts = 100 * (np.minimum(scenario, columns[-1])[:, :, None] == columns).mean(axis=1)
    labels = [str(rank) for rank in columns]
    labels[-1] += "+" if scenario.max() > RANKS else ""
    before, now = (mean.sel(arm=arm, hub=order).values for arm in ("baseline", "scenario"))
    table = pd.DataFrame({"place": names, "baseline": before, "scenario": now}).assign(
        **{f"rank {label}": parts[:, k] for k, label in enumerate(labels)}
    )
    first = int(np.argmax(parts[:, 0]))
    words = (
        f"Rank among {ranks.sizes['hub']} named hubs by number of AI engineers in January {int(ranks.time)}, % of "
        f"pairs. {names[first]} is the largest in {parts[first, 0]:.0f} % of pairs. Right: mean rank, baseline "
        "\u2192 scenario."
    )
    return Chart(_figure(look, names, labels, parts, before, now), words, table)


def _figure(look, names, labels, parts, before, now):
    rows, columns = np.nonzero(parts > 0)
    written = [
        note(
            int(c),
            int(r),
            f"{parts[r, c]:.0f}",
            font={"size": 12, "color": look.paper if parts[r, c] > 100 * DARK else look.ink},
        )
        for r, c in zip(rows, columns, strict=True)
    ]
    written += [
        note(1, r, f"{b:.1f} \u2192 {n:.1f}", xref="paper", xanchor="left", xshift=8)
        for r, (b, n) in enumerate(zip(before, now, strict=True))
    ]
    cells = {
        "type": "heatmap",
        "z": parts.tolist(),
        "x": list(range(len(labels))),
        "y": list(range(len(names))),
        "zmin": 0,
        "zmax": 110,
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
        "colorscale": [[0, faint(look.shade, 0)], [1, faint(look.shade, 1)]],
    }
    return {
        "data": [cells],
        "layout": layout(
            look,
            ROW * len(names) + AROUND,
            annotations=written,
            margin={"l": 10, "r": 95, "t": 5, "b": 40},
            xaxis={
                "tickvals": list(range(len(labels))),
                "ticktext": labels,
                "title": {"text": "rank"},
                "showgrid": False,
            },
            yaxis={
                "tickvals": list(range(len(names))),
                "ticktext": names,
                "autorange": "reversed",
                "automargin": True,
                "showgrid": False,
            },
        ),
    }
