"""The assumptions, and where the user may disagree: an answer on other beliefs is marked as theirs."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from sim.scenario.assumptions import ASSUMPTIONS
from sim.show.explorer.draw import session
from sim.show.explorer.draw.shared import plain

NONE = "choose one"
TOLD = (
    "Every assumption is drawn anew for each pair from its range. Hold one at a value of yours and every number of "
    "the page becomes an answer on your beliefs; the page says so. New draws take some seconds."
)


def draw(state):
    """Draw the table of assumptions and the ones that are held."""
    st.markdown(TOLD)
    for name, value in state.beliefs:
        left, right = st.columns([4, 1], vertical_alignment="center")
        left.markdown(f":orange-badge[yours] {plain(f'{name} is held at {value:g} {ASSUMPTIONS[name].unit}')}")
        right.button("Let it vary again", key=f"free {name}", on_click=_free, args=(name,))
    chosen = st.selectbox("Disagree with", [NONE, *ASSUMPTIONS], key="belief", format_func=_named)
    if chosen != NONE:
        _draw_one(state, ASSUMPTIONS[chosen])
    table = pd.DataFrame(
        [
            {
                "assumption": row.name,
                "grade": row.grade,
                "central": row.central,
                "low": row.low,
                "high": row.high,
                "unit": row.unit,
                "fitted to facts": row.fitting,
                "meaning": row.meaning,
                "source": row.source,
            }
            for row in ASSUMPTIONS.values()
        ]
    )
    st.dataframe(table, hide_index=True, width="stretch", height=420)
    st.caption(
        "low to high: the central 90 % of what is believed. Grades: A measured; B derived; C published by "
        "industry without data; D assumed."
    )


def _named(name):
    return name if name == NONE else f"{name}: {ASSUMPTIONS[name].meaning} (grade {ASSUMPTIONS[name].grade})"


def _draw_one(state, row):
    st.markdown(
        plain(
            f"{row.meaning}. Central {row.central:g}, 90 % range {row.low:g} to {row.high:g} {row.unit}; "
            f"grade {row.grade}; source: {row.source}."
        )
    )
    held = dict(state.beliefs).get(row.name, float(row.central))
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    low, high = map(float, row.bounds)
    left.number_input(
        f"Your value, {row.unit}, from {low:g} to {high:g}",
        low,
        high,
        float(held),
        key=f"mine {row.name}",
        format="%.4g",
    )
    right.button("Hold it there", on_click=_hold, args=(row.name,), width="stretch")


def _hold(name):
    now, value = session.current(), st.session_state[f"mine {name}"]
    others = tuple(each for each in now.beliefs if each[0] != name)
    if value is not None:
        session.change(replace(now, beliefs=(*others, (name, float(value)))))


def _free(name):
    now = session.current()
    session.change(replace(now, beliefs=tuple(each for each in now.beliefs if each[0] != name)))
