"""The main view: the answer at the right, its charts in the middle."""

from dataclasses import replace

import streamlit as st

from sim.results.narrative import paragraphs, weak_evidence
from sim.show.explorer import downloads, reading
from sim.show.explorer.charts.effects import effects_chart
from sim.show.explorer.charts.flow_map import flow_map_chart
from sim.show.explorer.charts.ranks import ranks_chart
from sim.show.explorer.charts.shares import shares_chart
from sim.show.explorer.draw import session
from sim.show.explorer.draw.shared import chart, follow, plain
from sim.show.explorer.engine import SETTINGS, answers, is_empty
from sim.show.explorer.state import beliefs_toml, command_of, scenario_of

MORE = "Every assumption, with its range, grade and source, is under Assumptions."
ALL_YEARS = "mean of all years"
MEASURES = {
    "share": "share of the world's engineers",
    "share,tier=expert": "share of the world's experts",
    "net_rate": "net migration rate",
    "stock": "number of engineers",
}


def draw(state):
    """Draw the answer to the levers, again and again until it is settled."""
    scenario = scenario_of(state)
    middle, right = st.columns([2.2, 1], gap="medium")
    with middle:
        line = st.container()
        body = st.empty()
    with right:
        aside = st.empty()
    with line:
        for number, told in follow("scenario", state, answers):
            with aside.container():
                _draw_answer(state, scenario, told)
            with body.container():
                _draw_charts(state, told, number)


def _draw_answer(state, scenario, told):
    result = told.result
    st.markdown("##### The answer")
    if is_empty(scenario):
        st.markdown(
            "Nothing is moved yet: this is the baseline, the rules of mid-2025 held constant. Move a lever at "
            "the left or take a preset."
        )
    else:
        for words in paragraphs(result):
            st.markdown(plain(words))
    for words in reading.warnings(result, scenario, state.beliefs):
        st.warning(plain(words), icon=":material/warning:")
    if not is_empty(scenario):
        st.markdown("##### How sure is the direction")
        st.markdown(plain(reading.sign_certainty(result)))
        with st.expander("What the scenario changes"):
            for sentence in (*result.record["sentences"], *result.record["notices"]):
                st.markdown(plain(f"- {sentence}"))
    with st.expander("What it rests on", expanded=True):
        compute, *_ = weak_evidence(result.record)
        for words in [*reading.swept(result.record, SETTINGS.out), compute, MORE]:
            st.markdown(plain(words))
    if told.is_complete:
        draw_downloads(state, result)


def draw_downloads(state, result):
    """What can be taken along; the heavy parts are made when they are asked for."""
    st.markdown("##### Take it with you")
    command = command_of(state)
    st.code(command, language=None, wrap_lines=True)
    how = {"on_click": "ignore", "width": "stretch"}
    name = f"{result.record['name']}.toml"
    st.download_button("Scenario file", downloads.scenario_file(result, command), name, **how)
    if state.beliefs:
        st.download_button(
            "Your assumptions", downloads.beliefs_file(beliefs_toml(state), command), "beliefs.toml", **how
        )
    for label, made, suffix in (
        ("Data (CSV)", downloads.data_zip, "-data.zip"),
        ("Figures (PNG)", downloads.figures_zip, "-figures.zip"),
        ("Report (HTML)", downloads.report, "-report.html"),
        ("The whole run", downloads.run_zip, "-run.zip"),
    ):
        st.download_button(label, lambda made=made: made(result), downloads.name_of(result, suffix), **how)
    st.caption("A link to exactly this page is in the address bar.")


def _draw_charts(state, told, number):
    result, dark = told.result, session.is_dark()
    measure = st.session_state.get("measure", "share")
    chart("Effect by hub", effects_chart(result, measure, dark=dark), f"effects {number}")
    chart("Hub shares over time", shares_chart(result, dark=dark), f"shares {number}")
    year = state.year if state.year in result.data.year.values else None
    chart(f"Who gains from whom, {year or ALL_YEARS}", flow_map_chart(result, year, dark=dark), f"map {number}")
    chart("Rank chances", ranks_chart(result, dark=dark), f"ranks {number}")


def draw_choices(state):
    """The two things that the charts may show otherwise: the measure, and the year of the flow map."""
    years = [ALL_YEARS, *range(2026, 2026 + state.years)]
    session.put("flow year", state.year if state.year in years else ALL_YEARS)
    left, right = st.columns(2)
    left.selectbox("Effect on", MEASURES, key="measure", format_func=MEASURES.get)
    right.select_slider("Year of the flow map", years, key="flow year", on_change=_take_year)


def _take_year():
    year = st.session_state["flow year"]
    session.change(replace(session.current(), year=None if year == ALL_YEARS else year))
