"""Figures of sweeps: they show what the tables hold, nothing is cut, and too little is said to be too little."""

import matplotlib as mpl
import numpy as np
import pytest
from sweep_models import ISHIGAMI, ishigami
from test_plots import assert_nothing_is_cut, drawn, said, texts

from sim import __version__
from sim.errors import UsageError
from sim.results.sweep import Sweep, assumption_load, index_table
from sim.show.plots import STYLES, SWEEP_KINDS, USUAL_OF_SWEEP, draw_sweep, draw_sweep_figures, style
from sim.show.plots import sweep_choice as choice
from sim.show.plots.assumption_load import plot_assumption_load
from sim.show.plots.convergence import plot_convergence
from sim.show.plots.dependence import plot_dependence
from sim.show.plots.indices import plot_indices
from sim.show.plots.screening import plot_screening
from sim.show.plots.tornado import plot_tornado
from sim.show.plots.two_way import plot_two_way
from sim.study.sweep.factors import number
from sim.study.sweep.runner import explore

GRADED = [number(name, *ISHIGAMI[name], grade=grade) for name, grade in zip(("x1", "x2", "x3"), "ABC", strict=True)]
GRADED.append(number("dummy", 0, 1, grade="D"))
LONG = [number("country.usa.route.h1b.special_fee_usd", 0, 1e5, unit="USD"), number("a_name_" * 7 + "end", -1, 1)]
METHOD_OF = {
    "indices": "sobol",
    "assumption_load": "sobol",
    "screening": "morris",
    "convergence": "sobol",
    "dependence": "sobol",
    "tornado": "oat",
    "two_way": "grid",
}
PLOTS = {
    plot.__name__.removeprefix("plot_"): plot
    for plot in (
        plot_indices,
        plot_assumption_load,
        plot_screening,
        plot_convergence,
        plot_dependence,
        plot_tornado,
        plot_two_way,
    )
}


@pytest.fixture(scope="module")
def sweeps(tmp_path_factory):
    """A sweep of the Ishigami function by each method, with a factor that does nothing, kept for all tests."""
    folder, kept = tmp_path_factory.mktemp("sweeps"), {}
    sizes = {"sobol": 256, "morris": 12, "guided": 64, "pawn": 256, "lhs": 192}

    def by(method):
        if method not in kept:
            kept[method] = explored(
                ishigami if method != "grid" else in_two,
                folder / method,
                GRADED if method != "grid" else GRADED[:2],
                method,
                sizes.get(method),
            )
        return kept[method]

    return by


def explored(model, store, factors, method, n=8):
    """A small sweep by any method."""
    levels = method in ("grid", "oat")
    return explore(model, factors, method, None if levels else n, store=store, levels=5 if levels else None)


def in_two(values):
    """The Ishigami function at x3 = 0."""
    return ishigami({"x3": 0.0} | values)


def bars(ax):
    """The horizontal bars of a figure, by their height."""
    found = {}
    for patch in max(ax.child_axes, key=lambda panel: len(panel.patches)).patches:
        if isinstance(patch, mpl.patches.Rectangle) and patch.get_width():
            found.setdefault(round(patch.get_y() + patch.get_height() / 2, 3), []).append(patch)
    return found


def overlaps(ax):
    """Pairs of texts that lie on each other."""
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts(ax)]
    pairs = [(a, b) for k, a in enumerate(boxes) for b in boxes[k + 1 :]]
    return [(a[0], b[0]) for a, b in pairs if mpl.transforms.Bbox.intersection(a[1].padded(-1), b[1].padded(-1))]


def test_every_kind_and_method_has_its_plots(sweeps):
    assert set(PLOTS) == set(METHOD_OF) == set(SWEEP_KINDS) - {"response"}  # which needs a sweep over one factor
    assert {kind for kinds in USUAL_OF_SWEEP.values() for kind in kinds} <= set(SWEEP_KINDS)


@pytest.mark.parametrize("look", STYLES)
@pytest.mark.parametrize("kind", PLOTS)
def test_nothing_is_cut_and_no_words_lie_on_each_other(sweeps, kind, look):
    ax = drawn(PLOTS[kind], sweeps(METHOD_OF[kind]), look=look)
    assert_nothing_is_cut(ax)
    assert overlaps(ax) == []


@pytest.mark.parametrize("look", STYLES)
@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("indices", "sobol"),
        ("tornado", "oat"),
        ("two_way", "grid"),
        ("screening", "morris"),
        ("dependence", "sobol"),
    ],
)
def test_long_names_find_room(tmp_path, kind, method, look):
    ax = drawn(PLOTS[kind], explored(linear_in_two, tmp_path, LONG, method), look=look)
    assert_nothing_is_cut(ax)
    assert overlaps(ax) == []


def linear_in_two(values):
    """A model of whatever two factors."""
    fee, other = values.values()
    return {"y": other - fee / 1e5}


def positive(values):
    """A model without zeros."""
    return {"y": 1 + values["x1"] ** 2}


def nothing(values):
    """A model that nothing changes."""
    return {"y": 1.0}


def test_index_bars_are_grey_where_zero_is_inside(sweeps):
    found = sweeps("sobol")
    table, by_height = index_table(found), bars(drawn(plot_indices, found))
    widths = sorted(patch.get_width() for group in by_height.values() for patch in group)
    expected = sorted(100 * np.r_[table["first"], table["total"]])
    assert widths == pytest.approx([w for w in expected if w], abs=1e-6)
    grey = mpl.colors.to_rgba(style.UNDECIDED)
    greys = [patch.get_width() for group in by_height.values() for patch in group if patch.get_facecolor() == grey]
    covers = table[(table.first_low <= 0) & (table.first_high >= 0)]["first"]
    assert set(np.round(100 * covers[covers != 0], 6)) <= set(np.round(greys, 6))
    assert len(greys) < len(widths)


def test_load_bars_are_the_loads_of_the_grades(sweeps):
    found = sweeps("sobol")
    load, ax = assumption_load(found).load, drawn(plot_assumption_load, found)
    ends = {height: max(p.get_x() + p.get_width() for p in group) for height, group in bars(ax).items()}
    assert sorted(ends.values()) == pytest.approx(sorted(100 * x for x in load if x), abs=1e-6)
    assert sum(ends.values()) == pytest.approx(100)
    assert "x1" in said(ax)


def test_tornado_ends_are_the_answers_at_the_ends(sweeps):
    found = sweeps("oat")
    table = index_table(found)
    drawn_bars = [p for group in bars(drawn(plot_tornado, found)).values() for p in group]
    reached = {round(x, 6) for p in drawn_bars for x in (p.get_x(), p.get_x() + p.get_width())}
    moving = table[table.width > 1e-9 * table.width.max()]
    assert {round(x, 6) for x in (*moving.at_low, *moving.at_high)} <= reached | {round(table.centre.iloc[0], 6)}


def test_a_zero_line_lies_where_the_sign_changes(sweeps, tmp_path):
    ax = drawn(plot_two_way, sweeps("grid"))
    assert "The sign depends on x1 and x2" in said(ax)
    assert ax.child_axes[0].findobj(mpl.contour.ContourSet)
    ax = drawn(plot_two_way, explored(positive, tmp_path, GRADED[:2], "grid"))
    assert "Positive or zero everywhere" in said(ax)
    assert not ax.child_axes[0].findobj(mpl.contour.ContourSet)


@pytest.mark.parametrize("kind", PLOTS)
def test_an_answer_that_nothing_moves_says_so(tmp_path, kind):
    found = explored(nothing, tmp_path, GRADED[:2], METHOD_OF[kind])
    assert "Nothing that was swept changes" in said(drawn(PLOTS[kind], found))


@pytest.mark.parametrize("kind", ["indices", "screening", "convergence", "dependence"])
def test_a_single_block_is_too_early_to_say(sweeps, kind, monkeypatch):
    monkeypatch.setattr(Sweep, "complete", lambda self, stage=None: [0])
    assert "Too early to say" in said(drawn(PLOTS[kind], sweeps(METHOD_OF[kind])))


def fails(values):
    """A model that never gives anything."""
    raise ValueError(values)


@pytest.mark.parametrize("kind", PLOTS)
def test_a_sweep_without_cells_is_refused_in_one_line(tmp_path, kind):
    with pytest.raises(UsageError, match="needs a finished cell"):
        drawn(PLOTS[kind], explored(fails, tmp_path, GRADED[:2], METHOD_OF[kind]))


def test_figures_of_other_methods_are_refused(sweeps, tmp_path):
    with pytest.raises(UsageError, match="needs a sweep by grid, and this one has sobol"):
        draw_sweep(sweeps("sobol"), "two_way", tmp_path / "map.png")
    with pytest.raises(UsageError, match=r"unknown figure of a sweep 'indexes'.*nearest: indices"):
        draw_sweep(sweeps("sobol"), "indexes", tmp_path / "map.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("method", USUAL_OF_SWEEP)
def test_the_folder_of_a_sweep_has_its_figures(sweeps, method):
    found = sweeps(method)
    draw_sweep_figures(found)
    assert {path.stem for path in (found.folder / "figures").iterdir()} == set(USUAL_OF_SWEEP[method])


def test_figures_of_the_simulator_name_their_source():
    assert choice._source({}) == ""  # a sweep of another model
    words = choice._source({"population": 2_000, "seed": 3, "start": 2026, "years": 5})
    assert words == f"Source: talentflow {__version__}, seed 3, 2026 to 2031."
