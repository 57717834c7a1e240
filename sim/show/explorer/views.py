"""Views of the explorer: each draws what the pure modules computed, and keeps what the user set."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from sim.errors import TalentflowError, UsageError
from sim.months import january
from sim.results.decomposition import origins
from sim.results.effects import decimals, error_words
from sim.results.narrative import answer, paragraphs, weak_evidence
from sim.results.result import Result
from sim.results.sweep import index_table, is_graded, load_sentence, notes, reading, subject
from sim.scenario.assumptions import ASSUMPTIONS
from sim.scenario.files import available, load
from sim.scenario.levers import baseline_rules
from sim.scenario.stack import rules_at
from sim.show.explorer import contents
from sim.show.explorer.charts import (
    Chart,
    both_arms,
    comparison_chart,
    effects_chart,
    fan_chart,
    flow_map_chart,
    parts,
    ranks_chart,
    shares_chart,
)
from sim.show.explorer.contents import (
    DRAWING,
    constants_of,
    effect_at_end,
    folders,
    homes_with_hubs,
    living,
    moves_of,
    opened,
    over_time,
    which,
)
from sim.show.explorer.serve import SETTINGS, WHY_PAIRS, answers, compared, is_empty, why
from sim.show.explorer.state import (
    BASELINE,
    MOST_BESIDE,
    MOST_PAIRS,
    MOST_YEARS,
    POPULATIONS,
    SLIDERS,
    Move,
    beliefs_toml,
    by_path,
    choice_words,
    command_of,
    explained,
    from_query,
    present_words,
    scenario_of,
    search,
    slider_of,
    to_query,
    unit_of,
)
from sim.show.plots import SWEEP_KINDS, draw_sweep, style, usual_of_sweep
from sim.study.options import Options
from sim.world.tables import read

# ------------------------------------------------------------------------------
# What a window remembers between two runs of the page: the state, the answer to it, and the address.
# ------------------------------------------------------------------------------


REMEMBERED = 200  # addresses of its own that a window knows again


def state():
    """The state of this window; at first, and when somebody opens another address in it, that of the address."""
    asked = {key: st.query_params.get_all(key) for key in st.query_params}
    own = st.session_state.setdefault("addresses", [])
    if "state" not in st.session_state or (asked not in own and asked):
        st.session_state.state, problems = from_query(asked)
        st.session_state.problems = problems
        own.append(asked)
    return st.session_state.state


def change(new):
    """Put the window into another state; the page is about to run again."""
    st.session_state.state = new


def write_address(now):
    """Let the address say the state, so that a copied link reopens it."""
    query, own = to_query(now), st.session_state.addresses
    if not own or own[-1] != query:
        own.append(query)
        del own[:-REMEMBERED]
        st.query_params.from_dict(query)


def problems():
    """What in the address could not be used: list of str."""
    return st.session_state.get("problems", [])


def put(key, value):
    """Let a widget stand at a value, unless it does: what the user is moving at this moment is not pulled back."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def is_dark():
    """Whether the page is dark."""
    return st.context.theme.type == "dark"


def current():
    """The state, inside a callback."""
    return st.session_state.state


# ------------------------------------------------------------------------------
# What several views share: an answer followed as it comes, a chart with its text alternatives, a fault told.
# ------------------------------------------------------------------------------


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


# ------------------------------------------------------------------------------
# The assumptions, and where the user may disagree: an answer on other beliefs is marked as theirs.
# ------------------------------------------------------------------------------


NONE = "choose one"
TOLD = (
    "Every assumption is drawn anew for each pair from its range. Hold one at a value of yours and every number of "
    "the page becomes an answer on your beliefs; the page says so. New draws take some seconds."
)


def draw_beliefs(state):
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
    now, value = current(), st.session_state[f"mine {name}"]
    others = tuple(each for each in now.beliefs if each[0] != name)
    if value is not None:
        change(replace(now, beliefs=(*others, (name, float(value)))))


def _free(name):
    now = current()
    change(replace(now, beliefs=tuple(each for each in now.beliefs if each[0] != name)))


# ------------------------------------------------------------------------------
# The left of the page: presets, the levers that matter, every other lever behind a search box, the size of the run.
# ------------------------------------------------------------------------------


FINE = 1e6  # beyond, a number is typed and not slid
FOUND = 8  # levers that a search shows


def draw_left(state):
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
    put("presets", [name for name in state.presets if name in options])
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
    change(replace(current(), presets=tuple(st.session_state.presets), moves=()))


def _reset():
    change(replace(current(), presets=(), moves=()))
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
        put(key, value)
        st.toggle(label, **how)
    elif lever.kind == "choice":
        put(key, value)
        st.selectbox(label, lever.choices, format_func=choice_words, **how)
    elif slider.high > FINE and slider.path not in by_path():
        put(key, None if value in ("none", float("inf")) else float(value))
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
        put(key, float(value))
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
    now, amount = current(), st.session_state[key]
    if amount == usual or amount is None:
        change(now.put_back(slider.path))
    else:
        change(now.moved(Move(slider.path, slider.operation, amount)))


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
        put(f"size {key}", getattr(state, key))
    how = {"on_change": _resize}
    st.selectbox("Engineers simulated", populations, key="size population", format_func=_size, **how)
    st.number_input("Pairs of runs", 1, MOST_PAIRS, key="size pairs", step=1, **how)
    st.number_input("Years from 2026", 1, MOST_YEARS, key="size years", step=1, **how)
    st.number_input("Seed", 0, 10**9, key="size seed", step=1, **how)


def _size(population):
    return "all 1.9 million (takes minutes)" if population == "full" else f"{population:,}"


def _resize():
    sizes = {key: st.session_state[f"size {key}"] for key in ("population", "pairs", "years", "seed")}
    change(replace(current(), **{key: value for key, value in sizes.items() if value is not None}))


# ------------------------------------------------------------------------------
# The view that sets two or three scenarios side by side, on the same pairs.
# ------------------------------------------------------------------------------


def draw_compare(state):
    """Draw the scenario of the levers beside one or two of the library."""
    options = list(dict.fromkeys([*(name for name in available() if name != BASELINE), *state.beside]))
    put("beside", list(state.beside))
    st.multiselect(
        "Beside the scenario of the levers",
        options,
        key="beside",
        format_func=title_of,
        max_selections=MOST_BESIDE,
        on_change=_take_compare,
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
    dark = is_dark()
    chart("Effect by hub and scenario", comparison_chart(result, dark=dark), f"comparison {number}")
    for arm in result.arms:
        one = result.versus(arm)
        st.markdown(f"**{plain(one.record['title'])}:** {plain(answer(one))}")
    chart("Hub shares over time", shares_chart(result, dark=dark), f"shares of several {number}")


def _take_compare():
    change(replace(current(), beside=tuple(st.session_state.beside)))


# ------------------------------------------------------------------------------
# A home country's page: how many of its engineers live abroad, and how many of its own are foreign.
# ------------------------------------------------------------------------------


HOME_NAMES = {row["home"]: row["name"] for row in read("homes")}


def draw_home(state):
    """Draw the page of the home country that is chosen."""
    home = state.home if state.home in HOME_NAMES else next(iter(HOME_NAMES))
    put("home", home)
    st.selectbox("Home country", HOME_NAMES, key="home", format_func=HOME_NAMES.get, on_change=_take_home)
    line, body = st.container(), st.empty()
    with line:
        for number, told in follow("scenario", state, answers):
            with body.container():
                _draw_home(home, told.result, number)


def _draw_home(home, result, number):
    if home in homes_with_hubs(result.data):
        left, right = st.columns(2, gap="medium")
        with left:
            words = f"Part of the engineers from {HOME_NAMES[home]} who live in another country, %"
            _draw_measure("Brain drain", result, f"drain,home={home}", words, f"d {number}")
        with right:
            words = f"Part of the engineers in {HOME_NAMES[home]} who come from another country, %"
            _draw_measure("Brain gain", result, f"gain:{home}", words, f"g {number}")
    else:
        st.info("A group of countries: who of it lives abroad is not known; below is where its engineers live.")
    table = living(result, home)
    figure = both_arms(table.place.tolist(), table.baseline.tolist(), table.scenario.tolist(), "persons", is_dark())
    last = int(result.data.time[-1])
    words = f"Engineers from {HOME_NAMES[home]} by hub in January {last}. Bars: scenario; strokes: baseline."
    chart("Where they live at the end", Chart(figure, words, table), f"living {number}")


def _draw_measure(heading, result, query, words, key):
    chart(heading, fan_chart(over_time(result, query), words, is_dark()), key)
    found = effect_at_end(result, query)
    digits = max(2, decimals(found["error"])) if found["error"] > 0 else 2
    error = f", Monte Carlo error {error_words(found['error'], digits)}" if found["error"] == found["error"] else ""
    span = style.span(found["low"], found["high"], digits)
    st.markdown(
        plain(
            f"Effect at the end: {style.signed(found['mean'], digits)} percentage points, 90 % of pairs {span}{error}."
        )
    )


def _take_home():
    change(replace(current(), home=st.session_state.home))


# ------------------------------------------------------------------------------
# A hub's page: who comes, who leaves, why, and the constants that stand for what nothing explains.
# ------------------------------------------------------------------------------


HUB_NAMES = {row["hub"]: row["name"] for row in read("hubs")}
BECAUSE = (
    "The effect split over kinds of policy, and over what follows from them: ties between people (network), "
    "sizes and jobs abroad (feedback). Parts sum to the effect."
)


def draw_hub(state):
    """Draw the page of the hub that is chosen."""
    hub = state.hub if state.hub in HUB_NAMES else next(iter(HUB_NAMES))
    put("hub", hub)
    st.selectbox("Hub", HUB_NAMES, key="hub", format_func=HUB_NAMES.get, on_change=_take_hub)
    line, body = st.container(), st.empty()
    with line:
        for number, told in follow("scenario", state, answers):
            with body.container():
                _draw_hub(state, hub, told, number)


def _draw_hub(state, hub, told, number):
    result, dark = told.result, is_dark()
    left, right = st.columns(2, gap="medium")
    with left:
        share = fan_chart(over_time(result, f"share:{hub}"), "Share of the world stock on 1 January, %", dark)
        chart(f"{HUB_NAMES[hub]}: share of the world's engineers", share, f"s {number}")
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
        table.place.tolist(), table.baseline.tolist(), table.scenario.tolist(), "persons a year", is_dark()
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
    return Chart(parts(table, is_dark()), words, table)


def _take_hub():
    change(replace(current(), hub=st.session_state.hub))


# ------------------------------------------------------------------------------
# Saved runs and sweeps, opened without running anything.
# ------------------------------------------------------------------------------


def draw_runs(state):
    """Draw a list of what lies in the folder of runs, and the one that is chosen."""
    known = folders(SETTINGS.out)
    if not known:
        st.info(f"No run and no sweep lies in {SETTINGS.out}. Save one with: talentflow run h1b_fee")
        return
    names = list(known)
    put("folder", state.folder if state.folder in known else None)
    st.selectbox(
        f"Runs and sweeps in {SETTINGS.out}",
        names,
        key="folder",
        on_change=_take_runs,
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
    dark = is_dark()
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


def _take_runs():
    change(replace(current(), folder=st.session_state.folder or ""))


# ------------------------------------------------------------------------------
# The main view: the answer at the right, its charts in the middle.
# ------------------------------------------------------------------------------


MORE = "Every assumption, with its range, grade and source, is under Assumptions."
ALL_YEARS = "mean of all years"
MEASURES = {
    "share": "share of the world's engineers",
    "share,tier=expert": "share of the world's experts",
    "net_rate": "net migration rate",
    "stock": "number of engineers",
}


def draw_world(state):
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
    for words in contents.warnings(result, scenario, state.beliefs):
        st.warning(plain(words), icon=":material/warning:")
    if not is_empty(scenario):
        st.markdown("##### How sure is the direction")
        st.markdown(plain(contents.sign_certainty(result)))
        with st.expander("What the scenario changes"):
            for sentence in (*result.record["sentences"], *result.record["notices"]):
                st.markdown(plain(f"- {sentence}"))
    with st.expander("What it rests on", expanded=True):
        compute, *_ = weak_evidence(result.record)
        for words in [*contents.swept(result.record, SETTINGS.out), compute, MORE]:
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
    st.download_button("Scenario file", contents.scenario_file(result, command), name, **how)
    if state.beliefs:
        st.download_button(
            "Your assumptions", contents.beliefs_file(beliefs_toml(state), command), "beliefs.toml", **how
        )
    for label, made, suffix in (
        ("Data (CSV)", contents.data_zip, "-data.zip"),
        ("Figures (PNG)", contents.figures_zip, "-figures.zip"),
        ("Report (HTML)", contents.report, "-report.html"),
        ("The whole run", contents.run_zip, "-run.zip"),
    ):
        st.download_button(label, lambda made=made: made(result), contents.name_of(result, suffix), **how)
    st.caption("A link to exactly this page is in the address bar.")


def _draw_charts(state, told, number):
    result, dark = told.result, is_dark()
    measure = st.session_state.get("measure", "share")
    chart("Effect by hub", effects_chart(result, measure, dark=dark), f"effects {number}")
    chart("Hub shares over time", shares_chart(result, dark=dark), f"shares {number}")
    year = state.year if state.year in result.data.year.values else None
    chart(f"Who gains from whom, {year or ALL_YEARS}", flow_map_chart(result, year, dark=dark), f"map {number}")
    chart("Rank chances", ranks_chart(result, dark=dark), f"ranks {number}")


def draw_choices(state):
    """The two things that the charts may show otherwise: the measure, and the year of the flow map."""
    years = [ALL_YEARS, *range(2026, 2026 + state.years)]
    put("flow year", state.year if state.year in years else ALL_YEARS)
    left, right = st.columns(2)
    left.selectbox("Effect on", MEASURES, key="measure", format_func=MEASURES.get)
    right.select_slider("Year of the flow map", years, key="flow year", on_change=_take_year)


def _take_year():
    year = st.session_state["flow year"]
    change(replace(current(), year=None if year == ALL_YEARS else year))
