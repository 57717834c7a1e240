"""The left of the page: presets, the levers that matter, every other lever behind a search box, the size of the run."""

from dataclasses import replace

import streamlit as st

from sim.errors import TalentflowError
from sim.months import january
from sim.scenario.files import available, load
from sim.scenario.levers import baseline_rules
from sim.scenario.stack import rules_at
from sim.show.explorer.draw import session
from sim.show.explorer.sliders import (
    SLIDERS,
    by_path,
    choice_words,
    explained,
    present_words,
    search,
    slider_of,
    unit_of,
)
from sim.show.explorer.state import BASELINE, MOST_PAIRS, MOST_YEARS, POPULATIONS, Move
from sim.study.options import Options

FINE = 1e6  # beyond, a number is typed and not slid
FOUND = 8  # levers that a search shows


def draw(state):
    """Draw the levers; what is moved is in the state of the next run."""
    st.subheader("What if ...")
    _draw_presets(state)
    base = _rules(state.presets)
    extra = [m.path for m in state.moves if m.path not in by_path()]
    looked_up = [p for p in st.session_state.setdefault("looked_up", []) if p not in extra]
    for slider in [*SLIDERS, *map(slider_of, [*extra, *looked_up])]:
        _draw_lever(state, slider, base)
    _draw_search()
    st.button("Put every lever back", on_click=_reset, width="stretch", disabled=not (state.moves or state.presets))
    with st.expander("Size of the run"):
        _draw_size(state)


def _draw_presets(state):
    options = [name for name in available() if name != BASELINE]
    session.put("presets", [name for name in state.presets if name in options])
    st.multiselect(
        "Presets (several stack)",
        options,
        key="presets",
        format_func=title_of,
        on_change=_take_presets,
        placeholder="none: the rules of mid-2025",
    )


@st.cache_data(show_spinner=False)
def title_of(name):
    """The title of a scenario of the library."""
    try:
        return load(name).title
    except TalentflowError:
        return f"{name} (cannot be read)"


def _take_presets():
    session.change(replace(session.current(), presets=tuple(st.session_state.presets), moves=()))


def _reset():
    session.change(replace(session.current(), presets=(), moves=()))
    st.session_state.looked_up = []


# --- one lever ------------------------------------------------------------------------------------


@st.cache_data(show_spinner=False)
def _present_rules():
    return baseline_rules()


def _rules(presets):
    """The rules at the end of the longest run under the presets alone; those of the baseline where they contradict."""
    try:
        policies = load("+".join(presets) or BASELINE).policies
    except TalentflowError:
        policies = ()
    return rules_at(january(Options.start + MOST_YEARS), policies, _present_rules())


def _unmoved(slider, base):
    """Where a lever stands if nobody moves it: under the presets."""
    if slider.operation == "multiply":
        return 1.0
    lever = slider.first
    value = base[lever.field][lever.index]
    if lever.kind == "flag":
        return bool(value)
    return lever.choices[int(value)] if lever.kind == "choice" else float(value)


def _draw_lever(state, slider, base):
    lever, key = slider.first, f"lever {slider.path}"
    usual = _unmoved(slider, base)
    moved = next((move.amount for move in state.moves if move.path == slider.path), None)
    value = usual if moved is None else moved
    label = slider.title
    how = {
        "key": key,
        "help": explained(slider).replace("*", r"\*").replace("$", r"\$"),
        "on_change": _moved,
        "args": (slider, usual, key),
    }
    if lever.kind == "flag":
        session.put(key, value)
        st.toggle(label, **how)
    elif lever.kind == "choice":
        session.put(key, value)
        st.selectbox(label, lever.choices, format_func=choice_words, **how)
    elif slider.high > FINE and slider.path not in by_path():
        session.put(key, None if value in ("none", float("inf")) else float(value))
        st.number_input(
            f"{label}, {unit_of(slider)}",
            float(slider.low),
            float(slider.high),
            step=float(slider.step),
            placeholder="no limit",
            **how,
        )
    else:
        share = lever.unit == "share" and slider.operation == "value"
        low, high = float(min(slider.low, value)), float(max(slider.high, value))
        session.put(key, float(value))
        st.slider(
            f"{label}, {unit_of(slider)}",
            low,
            high,
            step=float(slider.step),
            format="percent" if share else "localized",
            **how,
        )
    st.caption(present_words(slider) if moved is None else f":blue[moved]; {present_words(slider)}")


def _moved(slider, usual, key):
    """Take over what a widget says; a lever put back where it stood is not moved."""
    now, amount = session.current(), st.session_state[key]
    if amount == usual or amount is None:
        session.change(now.put_back(slider.path))
    else:
        session.change(now.moved(Move(slider.path, slider.operation, amount)))


def _draw_search():
    words = st.text_input("Every other lever", key="search", placeholder="search: can tax, seoul openings ...")
    found = search(words)
    if words and not found:
        st.caption("No lever has all these words.")
    for lever in found[:FOUND]:
        st.button(
            f"{lever.place}: {lever.what}",
            key=f"add {lever.path}",
            help=lever.path,
            on_click=_look_up,
            args=(lever.path,),
            type="tertiary",
            icon=":material/add:",
        )
    if len(found) > FOUND:
        st.caption("There are more; one more word narrows them down.")


def _look_up(path):
    known = st.session_state.looked_up
    if path not in known and path not in by_path():
        known.append(path)
    st.session_state.search = ""


# --- the size of the run --------------------------------------------------------------------------


def _draw_size(state):
    populations = list(dict.fromkeys([*POPULATIONS, state.population]))
    for key in ("population", "pairs", "years", "seed"):
        session.put(f"size {key}", getattr(state, key))
    how = {"on_change": _resize}
    st.selectbox("Engineers simulated", populations, key="size population", format_func=_size, **how)
    st.number_input("Pairs of runs", 1, MOST_PAIRS, key="size pairs", step=1, **how)
    st.number_input("Years from 2026", 1, MOST_YEARS, key="size years", step=1, **how)
    st.number_input("Seed", 0, 10**9, key="size seed", step=1, **how)


def _size(population):
    return "all 1.9 million (takes minutes)" if population == "full" else f"{population:,}"


def _resize():
    sizes = {key: st.session_state[f"size {key}"] for key in ("population", "pairs", "years", "seed")}
    session.change(replace(session.current(), **{key: value for key, value in sizes.items() if value is not None}))
