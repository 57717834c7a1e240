"""The page that streamlit runs from top to bottom whenever something is moved; it only draws."""

from dataclasses import replace

import streamlit as st

from sim.show.explorer.draw import beliefs, compare, home, hub, left, runs, session, world
from sim.show.explorer.draw.shared import guarded, plain
from sim.show.explorer.state import VIEWS

DRAWN = {
    "world": world.draw,
    "compare": compare.draw,
    "hub": hub.draw,
    "home": home.draw,
    "beliefs": beliefs.draw,
    "saved": runs.draw,
}
LOOK = """<style>
.stMainBlockContainer {padding: 1.2rem 2rem 2rem 2rem;}
[data-testid="stSidebarHeader"] {padding-bottom: 0; height: 2.2rem; margin-bottom: 0;}
[data-testid="stSidebarUserContent"] {padding-top: 0;}
[data-testid="stSidebar"] [data-testid="stCaptionContainer"] {margin-top: -0.65rem;}
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] {gap: 0.7rem;}
[data-testid="stCaptionContainer"] {color: inherit; opacity: 0.8;}
[data-testid="stCaptionContainer"] p {color: inherit;}
.stMainBlockContainer p, .stMainBlockContainer li {font-size: 0.95rem;}
</style>"""


def page():
    """Draw everything for the present state of this window."""
    st.set_page_config("talentflow explorer", layout="wide", initial_sidebar_state="expanded")
    st.html(LOOK)
    state = session.state()
    session.write_address(state)
    with st.sidebar:
        guarded(left.draw, state)
    st.markdown("#### Where will the world's AI engineers live and work?")
    for words in session.problems():
        st.warning(plain(f"In the address: {words}"))
    _draw_views(state)
    if state.view == "world":
        guarded(world.draw_choices, state)
    guarded(DRAWN[state.view], state)


def _draw_views(state):
    session.put("view", state.view)
    st.segmented_control(
        "View", VIEWS, key="view", format_func=VIEWS.get, on_change=_take, label_visibility="collapsed"
    )


def _take():
    session.change(replace(session.current(), view=st.session_state.view or "world"))


if __name__ == "__main__":
    page()
