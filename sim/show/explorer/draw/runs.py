"""Saved runs and sweeps, opened without running anything."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from sim.errors import UsageError
from sim.results.narrative import paragraphs
from sim.results.result import Result
from sim.results.sweep import index_table, is_graded, load_sentence, notes, reading, subject
from sim.show.explorer.charts.effects import effects_chart
from sim.show.explorer.charts.flow_map import flow_map_chart
from sim.show.explorer.charts.ranks import ranks_chart
from sim.show.explorer.charts.shares import shares_chart
from sim.show.explorer.downloads import DRAWING
from sim.show.explorer.draw import session
from sim.show.explorer.draw.compare import draw_comparison
from sim.show.explorer.draw.shared import chart, plain
from sim.show.explorer.engine import SETTINGS
from sim.show.explorer.saved import folders, opened
from sim.show.plots import SWEEP_KINDS, draw_sweep, usual_of_sweep


def draw(state):
    """Draw a list of what lies in the folder of runs, and the one that is chosen."""
    known = folders(SETTINGS.out)
    if not known:
        st.info(f"No run and no sweep lies in {SETTINGS.out}. Save one with: talentflow run h1b_fee")
        return
    names = list(known)
    session.put("folder", state.folder if state.folder in known else None)
    st.selectbox(
        f"Runs and sweeps in {SETTINGS.out}",
        names,
        key="folder",
        on_change=_take,
        index=None,
        format_func=lambda name: f"{name} ({known[name]})",
        placeholder="choose one",
    )
    if state.folder in known:
        found = opened(SETTINGS.out, state.folder)
        (_draw_run if isinstance(found, Result) else _draw_sweep)(found)


def _draw_run(result):
    st.markdown(f"#### {plain(result.record['title'])}")
    st.markdown(f":gray-badge[saved run] {plain(result.record['question'])}")
    if len(result.arms) > 1:
        draw_comparison(result)
        return
    for words in paragraphs(result):
        st.markdown(plain(words))
    dark = session.is_dark()
    chart("Effect by hub", effects_chart(result, dark=dark), "saved effects")
    chart("Hub shares over time", shares_chart(result, dark=dark), "saved shares")
    if "latitude" in result.data.coords:
        chart("Who gains from whom", flow_map_chart(result, dark=dark), "saved map")
    chart("Rank chances", ranks_chart(result, dark=dark), "saved ranks")


def _draw_sweep(sweep):
    try:
        st.markdown(f"#### {plain(sweep.record.get('title', sweep.folder.name))}")
        st.markdown(":gray-badge[saved sweep] Which assumptions the answer rests on.")
        measure = st.selectbox("Measure", sweep.measures.index.tolist(), key="sweep measure")
        about = subject(sweep, measure)
        st.markdown(f"##### {plain(about[0].upper() + about[1:])}")
        for words in reading(sweep, measure):
            st.markdown(plain(words))
        if len(sweep.stages) and len(sweep.complete()) > 1:
            _draw_indices(sweep, measure)
        for words in notes(sweep):
            st.markdown(plain(f"- {words}"))
    finally:
        sweep.close()


def _draw_indices(sweep, measure):
    """The load of each grade of evidence, the table of indices, and the usual figures of the method."""
    method = sweep.stages.method[sweep.last]
    if method == "sobol" and is_graded(sweep):
        st.markdown(plain(load_sentence(sweep, measure)))
    if method != "grid":
        st.dataframe(index_table(sweep, measure).rename_axis("factor").reset_index(), hide_index=True)
    with DRAWING, TemporaryDirectory() as folder:
        for kind in usual_of_sweep(sweep):
            with suppress(UsageError):  # too little is done for this one
                path = draw_sweep(sweep, kind, Path(folder) / f"{kind}.png", measure=measure)
                st.image(path.read_bytes(), caption=SWEEP_KINDS[kind])


def _take():
    session.change(replace(session.current(), folder=st.session_state.folder or ""))
