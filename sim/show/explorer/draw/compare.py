"""The view that sets two or three scenarios side by side, on the same pairs."""

from dataclasses import replace

import streamlit as st

from sim.results.narrative import answer
from sim.scenario.files import available
from sim.show.explorer.charts.comparison import comparison_chart
from sim.show.explorer.charts.shares import shares_chart
from sim.show.explorer.draw import session
from sim.show.explorer.draw.left import title_of
from sim.show.explorer.draw.shared import chart, follow, plain
from sim.show.explorer.engine import compared
from sim.show.explorer.state import BASELINE, MOST_BESIDE, scenario_of


def draw(state):
    """Draw the scenario of the levers beside one or two of the library."""
    options = list(dict.fromkeys([*(name for name in available() if name != BASELINE), *state.beside]))
    session.put("beside", list(state.beside))
    st.multiselect(
        "Beside the scenario of the levers",
        options,
        key="beside",
        format_func=title_of,
        max_selections=MOST_BESIDE,
        on_change=_take,
        placeholder="one or two scenarios",
    )
    if not state.beside:
        st.info("Choose one or two scenarios to set beside the one of the levers.")
        return
    body = st.container()
    with body:
        line, rest = st.container(), st.empty()
    with line:
        title = " / ".join([scenario_of(state).title, *map(title_of, state.beside)])
        for number, told in follow("comparison", state, compared, title):
            with rest.container():
                draw_comparison(told.result, number)


def draw_comparison(result, number=0):
    """The charts and the answer of every scenario of a comparison."""
    dark = session.is_dark()
    chart("Effect by hub and scenario", comparison_chart(result, dark=dark), f"comparison {number}")
    for arm in result.arms:
        one = result.versus(arm)
        st.markdown(f"**{plain(one.record['title'])}:** {plain(answer(one))}")
    chart("Hub shares over time", shares_chart(result, dark=dark), f"shares of several {number}")


def _take():
    session.change(replace(session.current(), beside=tuple(st.session_state.beside)))
