"""A home country's page: how many of its engineers live abroad, and how many of its own are foreign."""

from dataclasses import replace

import streamlit as st

from sim.results.effects import decimals, error_words
from sim.show.explorer.charts.bars import both_arms
from sim.show.explorer.charts.fan import fan_chart
from sim.show.explorer.charts.look import Chart
from sim.show.explorer.draw import session
from sim.show.explorer.draw.shared import chart, follow, plain
from sim.show.explorer.engine import answers
from sim.show.explorer.places import effect_at_end, homes_with_hubs, living, over_time
from sim.show.plots import style
from sim.world.tables import read

NAMES = {row["home"]: row["name"] for row in read("homes")}


def draw(state):
    """Draw the page of the home country that is chosen."""
    home = state.home if state.home in NAMES else next(iter(NAMES))
    session.put("home", home)
    st.selectbox("Home country", NAMES, key="home", format_func=NAMES.get, on_change=_take)
    line, body = st.container(), st.empty()
    with line:
        for number, told in follow("scenario", state, answers):
            with body.container():
                _draw_home(home, told.result, number)


def _draw_home(home, result, number):
    if home in homes_with_hubs(result.data):
        left, right = st.columns(2, gap="medium")
        with left:
            words = f"Part of the engineers from {NAMES[home]} who live in another country, %"
            _draw_measure("Brain drain", result, f"drain,home={home}", words, f"d {number}")
        with right:
            words = f"Part of the engineers in {NAMES[home]} who come from another country, %"
            _draw_measure("Brain gain", result, f"gain:{home}", words, f"g {number}")
    else:
        st.info("A group of countries: who of it lives abroad is not known; below is where its engineers live.")
    table = living(result, home)
    figure = both_arms(
        table.place.tolist(), table.baseline.tolist(), table.scenario.tolist(), "persons", session.is_dark()
    )
    last = int(result.data.time[-1])
    words = f"Engineers from {NAMES[home]} by hub in January {last}. Bars: scenario; strokes: baseline."
    chart("Where they live at the end", Chart(figure, words, table), f"living {number}")


def _draw_measure(heading, result, query, words, key):
    chart(heading, fan_chart(over_time(result, query), words, session.is_dark()), key)
    found = effect_at_end(result, query)
    digits = max(2, decimals(found["error"])) if found["error"] > 0 else 2
    error = f", Monte Carlo error {error_words(found['error'], digits)}" if found["error"] == found["error"] else ""
    span = style.span(found["low"], found["high"], digits)
    st.markdown(
        plain(
            f"Effect at the end: {style.signed(found['mean'], digits)} percentage points, 90 % of pairs {span}{error}."
        )
    )


def _take():
    session.change(replace(session.current(), home=st.session_state.home))
