"""A hub's page: who comes, who leaves, why, and the constants that stand for what nothing explains."""

from dataclasses import replace

import streamlit as st

from sim.results.decomposition import origins
from sim.show.explorer.charts.bars import both_arms, parts
from sim.show.explorer.charts.fan import fan_chart
from sim.show.explorer.charts.look import Chart
from sim.show.explorer.draw import session
from sim.show.explorer.draw.shared import chart, follow
from sim.show.explorer.engine import WHY_PAIRS, answers, is_empty, why
from sim.show.explorer.places import constants_of, moves_of, over_time
from sim.show.explorer.state import POPULATIONS, scenario_of
from sim.world.tables import read

NAMES = {row["hub"]: row["name"] for row in read("hubs")}
BECAUSE = (
    "The effect split over kinds of policy, and over what follows from them: ties between people (network), "
    "sizes and jobs abroad (feedback). Parts sum to the effect."
)


def draw(state):
    """Draw the page of the hub that is chosen."""
    hub = state.hub if state.hub in NAMES else next(iter(NAMES))
    session.put("hub", hub)
    st.selectbox("Hub", NAMES, key="hub", format_func=NAMES.get, on_change=_take)
    line, body = st.container(), st.empty()
    with line:
        for number, told in follow("scenario", state, answers):
            with body.container():
                _draw_hub(state, hub, told, number)


def _draw_hub(state, hub, told, number):
    result, dark = told.result, session.is_dark()
    left, right = st.columns(2, gap="medium")
    with left:
        share = fan_chart(over_time(result, f"share:{hub}"), "Share of the world stock on 1 January, %", dark)
        chart(f"{NAMES[hub]}: share of the world's engineers", share, f"s {number}")
        _draw_moves("Who comes, and from where", moves_of(result, hub), f"come {number}")
    with right:
        words = "Arrivals less departures, % of the stock a year"
        chart("Net migration rate", fan_chart(over_time(result, f"net_rate:{hub}"), words, dark), f"r {number}")
        _draw_moves("Who leaves, and for where", moves_of(result, hub, incoming=False), f"leave {number}")
    if told.is_complete:
        _draw_why(state, hub, result)
    st.markdown("##### Its constants and their evidence")
    st.dataframe(constants_of(hub), hide_index=True, width="stretch")
    st.caption(
        "Grades: A measured; B derived; C published by industry without data; D assumed. The fitted pulls stand "
        "for whatever the named factors leave unexplained."
    )


def _draw_moves(heading, table, key):
    figure = both_arms(
        table.place.tolist(), table.baseline.tolist(), table.scenario.tolist(), "persons a year", session.is_dark()
    )
    words = "Bars: scenario, mean over years and pairs; strokes: baseline."
    chart(heading, Chart(figure, words, table), key)


def _draw_why(state, hub, result):
    """Why the hub's share changes: over channels, and over where people came from."""
    if is_empty(scenario_of(state)):
        return
    left, right = st.columns(2, gap="medium")
    with right:
        table = origins(result, f"share:{hub}")
        chart(
            "Over where people came from and went to",
            _split(table, "Percentage points of the share at the end; the parts sum to the effect."),
            "origins",
        )
    with left:
        bar = st.progress(0.0, "splitting the effect over its channels")
        table = why(state, f"share:{hub}", lambda done, total: bar.progress(done / total))
        bar.empty()
        pairs = min(WHY_PAIRS, state.pairs)
        chart("Why: over channels", _split(table, f"{BECAUSE} {pairs} pairs of {POPULATIONS[0]:,} engineers."), "why")


def _split(table, words):
    return Chart(parts(table, session.is_dark()), words, table)


def _take():
    session.change(replace(session.current(), hub=st.session_state.hub))
