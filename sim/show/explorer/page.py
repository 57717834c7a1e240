"""The page that streamlit runs from top to bottom whenever something is moved; it only draws."""

from dataclasses import replace

import streamlit as st

from sim.show.explorer import views
from sim.show.explorer.state import VIEWS
from sim.show.explorer.views import guarded, plain

DRAWN = {
    "world": views.draw_world,
    "compare": views.draw_compare,
    "hub": views.draw_hub,
    "home": views.draw_home,
    "beliefs": views.draw_beliefs,
    "saved": views.draw_runs,
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
    state = views.state()
    views.write_address(state)
    with st.sidebar:
        guarded(views.draw_left, state)
    st.markdown("#### Where will the world's AI engineers live and work?")
    for words in views.problems():
        st.warning(plain(f"In the address: {words}"))
    _draw_views(state)
    if state.view == "world":
        guarded(views.draw_choices, state)
    guarded(DRAWN[state.view], state)


def _draw_views(state):
    views.put("view", state.view)
    st.segmented_control(
        "View", VIEWS, key="view", format_func=VIEWS.get, on_change=_take, label_visibility="collapsed"
    )


def _take():
    views.change(replace(views.current(), view=st.session_state.view or "world"))


if __name__ == "__main__":
    page()
