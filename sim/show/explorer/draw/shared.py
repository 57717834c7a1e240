"""What several views share: an answer followed as it comes, a chart with its text alternatives, a fault told."""

import logging

import streamlit as st

from sim.errors import TalentflowError
from sim.show.explorer.reading import which
from sim.show.explorer.state import scenario_of

CONFIG = {"displayModeBar": False, "scrollZoom": False, "displaylogo": False, "responsive": True}
log = logging.getLogger("talentflow")


def follow(kind, state, asked, title=None):
    """The answer as it comes, each time with the number of the drawing; at once where the window has it already.

    Parameters
    ----------
    kind : str, what is asked: another kind has an answer of its own
    state : State
    asked : function of (state, tick), such as ``engine.answers``
    title : what the answer is called; that of the scenario of the levers if None

    Yields
    ------
    (int, PartialResult)
    """
    key, seen = (kind, *_decides(state)), st.session_state.get(f"seen {kind}")
    title = title or scenario_of(state).title
    line, bar = st.empty(), st.empty()
    if seen and seen[0] == key:
        _say(line, seen[1], title)
        yield 0, seen[1]
        return
    before = f" What is still shown below is of: {_plain(seen[2])}" if seen else ""
    line.markdown(f":gray-badge[computing] {_plain(title)}.{before}")
    bar.progress(0.0)
    for number, told in enumerate(asked(state, lambda done: bar.progress(done / state.pairs))):
        _say(line, told, title)
        st.session_state[f"seen {kind}"] = (key if told.is_complete else None, told, title)
        if told.is_complete:
            bar.empty()
        yield number, told


def _decides(state):
    """The part of a state that an answer hangs on."""
    return (
        state.presets,
        state.moves,
        state.beliefs,
        state.beside,
        state.population,
        state.pairs,
        state.years,
        state.seed,
    )


def _say(line, told, title):
    badge = ":blue-badge[settled]" if told.is_complete else ":orange-badge[rough]"
    line.markdown(f"{badge} {_plain(which(told, title))}")


def _plain(text):
    """A text that Markdown shows as it stands."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#$|~:" else c for c in text)


def plain(text):
    """A text that Markdown shows as it stands, with a true minus and arrows."""
    return _plain(text.replace("->", "\u2192"))


def chart(heading, made, key, rows=None):
    """A heading, a chart, its sentence, and its table behind a fold.

    Parameters
    ----------
    made : Chart
    key : str, different for every drawing in a run of the page
    rows : table to show in place of the chart's own
    """
    st.markdown(f"##### {heading}")
    if made.figure["data"]:
        st.plotly_chart(made.figure, key=key, config=CONFIG, theme=None, width="stretch")
    st.caption(plain(made.words))
    with st.expander("The same as a table"):
        st.dataframe(made.table if rows is None else rows, hide_index=True, width="stretch")


def guarded(draw, *arguments):
    """Draw a part of the page; a fault in it is told in one line, and the rest of the page lives on."""
    try:
        draw(*arguments)
    except TalentflowError as why:
        st.error(plain(str(why)), icon=":material/block:")
    except Exception as why:  # whatever it was, the page stays
        log.exception("a part of the page failed")
        st.error(f"This part failed ({type(why).__name__}); the rest goes on. The terminal has the details.")
