"""The visa routes that a policy touches: people waiting, and the odds of being selected, over time."""

from typing import TYPE_CHECKING

from sim.results.effects import effect_series
from sim.results.facts import scenario_of
from sim.results.measures import series
from sim.results.narrative import percent
from sim.show.plots import style
from sim.show.plots.choice import hubs_shown, only_pair, period, times_shown, years_shown
from sim.show.plots.style import draw_fan, draw_sample, how_to_read, in_em, inset, pixels, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = (10, 7)  # inches
LEAST = 0.01  # of the people waiting: a smaller change is none to speak of
LEFT, BELOW, RIGHT = 4.2, 1.8, 1.2  # em, round each panel
NAME, TITLE = 6.9, 2.2  # em above a panel: for the route's name and its own title, and for the title alone


def plot_backlog(result, ax=None, hubs=None, years=None) -> "Axes":
    """Draw the backlog on 1 January, and odds of selection (people admitted where nobody is drawn), in both arms.

    Parameters
    ----------
    result : Result with one scenario
    ax : matplotlib Axes; a new figure of 10 by 7 inches if None
    hubs : list of hub labels: only routes into their countries; all if None
    years : (first, last); the whole run if None

    Returns
    -------
    the Axes; its panels are ``ax.child_axes``, two for each route

    Raises
    ------
    ResultError for an unknown hub or years outside the run; UsageError for a comparison.
    """
    times, flows = times_shown(only_pair(result, "backlog"), years), years_shown(result, years)
    waiting, admitted = (series(result, name) for name in ("backlog", "grants"))
    with style.look():
        ax = style.axes(SIZE) if ax is None else ax
        ax.axis("off")
        routes = _routes(result, hubs, style.fit(3, 2))
        # without a route that differs there is nothing to draw
        title = _finding(result, routes, waiting.sel(time=times)) if routes else result.record["title"]
        what = "people waiting for the visa routes that the policy touches, and their odds"
        style.heading(ax, title, f"{result.record['title']}: {what}, {period(times)}")
        if not routes:
            style.say(ax, "No route differs: in every pair the scenario admits as many and leaves as many waiting.")
            return ax
        for column, route in enumerate(routes):
            # people waiting above; odds below, or people admitted where nobody is drawn by lot
            upper, lower = _panels(ax, column, len(routes))
            _name(upper, result, route)
            _draw_panel(upper, waiting.sel(time=times, route=route), "people waiting, 1 January")
            odds = series(result, f"odds,route={route}").sel(year=flows)
            if (odds < 1).any():
                _draw_panel(lower, 100 * odds.dropna("year"), "odds: selected of registered", 100, "{x:g} %")
            else:
                _draw_panel(lower, admitted.sel(year=flows, route=route), "people admitted a year")
        _draw_key(ax)
        style.caption(ax, _small_print(result))
    return ax


def _routes(result, hubs, count) -> list[str]:
    """Return the routes whose rules the policy changes, or else those that change most; only those that differ."""
    # size of a change: mean effect on backlog and grants
    size = sum(
        abs(effect_series(result, name).mean("replicate")).mean(axis).to_series()
        for name, axis in (("backlog", "time"), ("grants", "year"))
    )
    if hubs:
        countries = set(result.data.hub_country.sel(hub=hubs_shown(result, hubs)).values.tolist())
        size = size[[route for route in size.index if route.split(".")[0] in countries]]
    size = size[size > 0].sort_values(ascending=False, kind="stable")
    # routes that the policy names come before those that it moves indirectly
    touched = [route for route in size.index if route in _touched(result.record)]
    return (touched or list(size.index))[:count]


def _touched(record) -> set[str]:
    """Return the routes whose rules a scenario changes, by label; none for a scenario that this version cannot read."""
    # country.usa.route.h1b.cap names the route usa.h1b
    scenario = scenario_of(record)
    paths = [lever.path.split(".") for policy in scenario.policies for lever in policy.levers] if scenario else []
    return {f"{path[1]}.{path[3]}" for path in paths if len(path) > 3 and path[2] == "route"}


def _finding(result, routes, waiting) -> str:
    """Title the figure with the change in people who wait for the first route at the end."""
    # the first route is the one that changes most
    means = waiting.sel(route=routes[0]).isel(time=-1).mean("replicate")
    before, after = (float(means.sel(arm=arm)) for arm in ("baseline", "scenario"))
    name = str(result.data.route_name.sel(route=routes[0]).item()).split(" (")[0]
    if not before or abs(after / before - 1) < LEAST:
        return f"{name}: about as many people wait in {int(waiting.time[-1])}"
    size, more = percent(abs(100 * (after / before - 1))), "more" if after > before else "fewer"
    return f"{name}: {size} % {more} people wait in {int(waiting.time[-1])}"


def _panels(ax, column, columns) -> tuple["Axes", "Axes"]:
    """Return two panels of equal height, one above the other."""
    # equal heights after the room for names and scales, in em
    whole = ax.get_window_extent().height / pixels(ax, 1)
    height = (whole - NAME - TITLE) / 2 - BELOW
    place = {"left": LEFT, "right": RIGHT, "cell": (0, column), "cells": (1, columns)}
    return (
        inset(ax, above=NAME, below=whole - NAME - height, **place),
        inset(ax, above=whole - BELOW - height, below=BELOW, **place),
    )


def _draw_panel(panel, values, title, most=None, numbers="{x:,.0f}") -> None:
    """Draw one quantity of a route in both arms."""
    draw_fan(panel, values, low=0, high=most)
    if not values.max() > 0:  # nobody at all: a scale of people, not of hundredths
        panel.set_ylim(0, 4)
    panel.locator_params(axis="y", nbins=4)
    panel.yaxis.set_major_formatter(numbers)
    panel.set_title(title, loc="left", fontsize="small", color=style.BASELINE, pad=style.em(0.5))


def _name(panel, result, route) -> None:
    """Write the country and the route above the panel's own title."""
    country, name = (str(result.data[label].sel(route=route).item()) for label in ("route_country", "route_name"))
    how = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "top"}
    panel.annotate(country, (0, 1), (0, style.em(NAME - 1.0)), fontweight="bold", **how)
    label = panel.annotate(name, (0, 1), (0, style.em(NAME - 2.3)), fontsize="small", linespacing=1.1, **how)
    wrap(label, panel.get_window_extent().width, 3)


def _draw_key(ax) -> None:
    """Draw both arms in one line between the heading and the panels."""
    height = ax.get_window_extent().height
    key = ax.inset_axes((0, 1 - pixels(ax, 0.6) / height, 1, pixels(ax, 1.2) / height))
    key.axis("off")
    in_em(key)
    for number, name in ((1, "scenario"), (0, "baseline")):
        start = 0 if number else 12
        draw_sample(key, start, 0.7, number)
        key.text(start + 3.8, 0.7, name, va="center", fontsize="small", fontweight="bold")


def _small_print(result) -> str:
    """Explain lines, bands and the odds."""
    more = " Where no lottery selects, people admitted take the place of the odds."
    return f"{how_to_read(result.record)}{style.fit(more, '')} {style.source(result.record)}"
