import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from fake_result import fake_result
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from sim.errors import ResultError, TalentflowError, UsageError
from sim.results.effects import effect
from sim.results.measures import measure, series
from sim.results.result import Result
from sim.show.plots import KINDS, STYLES, USUAL, USUAL_OF_MANY, draw, style
from sim.show.plots.backlog import plot_backlog
from sim.show.plots.brain_gain import plot_brain_gain
from sim.show.plots.causes import plot_causes
from sim.show.plots.comparison import plot_comparison
from sim.show.plots.countries import plot_countries
from sim.show.plots.curve import plot_curve
from sim.show.plots.effects import plot_effects
from sim.show.plots.parts import plot_parts
from sim.show.plots.pay_universes import plot_pay_universes, universes
from sim.show.plots.ranks import hub_ranks, plot_ranks
from sim.show.plots.shares import plot_shares
from sim.show.plots.slope import plot_slope
from sim.show.plots.style import wrap
from sim.world.categories import SECTORS
from sim.world.setting import load_setting

PLOTS = [
    plot_shares,
    plot_effects,
    plot_causes,
    plot_slope,
    plot_countries,
    plot_ranks,
    plot_backlog,
    plot_brain_gain,
    plot_pay_universes,
    plot_comparison,
]
ALONE = PLOTS[:-1]
CHOSEN = ["berlin", "toronto", "paris"]

every_plot = pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: plot.__name__)


def drawn(plot, *given, look="memo", **options):
    """The axes of a plot in a figure of its own, outside pyplot."""
    with style.look(look):
        figure = Figure(figsize=style.fit((10, 7), style.SLIDE))
        FigureCanvasAgg(figure)
        return plot(*given, ax=style.room(figure), **options)


def texts(ax):
    """Every text that shows, in the axes and its panels; matplotlib keeps ticks that lie beyond the axes."""
    ax.figure.canvas.draw()
    axes = [axis for each in (ax, *ax.child_axes) for axis in (each.xaxis, each.yaxis)]
    beyond = {tick.label1 for axis in axes for tick in axis.get_major_ticks() if not within(tick.get_loc(), axis)}
    every = set(ax.findobj(mpl.text.Text)) - beyond
    return [text for text in every if text.get_visible() and text.get_text().strip()]


def within(place, axis):
    low, high = sorted(axis.get_view_interval())
    return low - 1e-9 <= place <= high + 1e-9


def words(ax):
    return [text.get_text() for text in texts(ax)]


def said(ax):
    return " ".join(" ".join(words(ax)).split())


def assert_nothing_is_cut(ax):
    page = ax.figure.bbox.padded(0.5)
    for text in texts(ax):
        corners = text.get_window_extent().corners()
        assert all(page.contains(*corner) for corner in corners), text.get_text()


@pytest.fixture(scope="module")
def compared(result):
    """Two policies and the stack of both, whose effect is a tenth less than the sum of each."""
    baseline = result.data.sel(arm="baseline")
    one = result.data.sel(arm="scenario") - baseline
    other = -0.5 * one.roll(hub=9)
    arms = {"baseline": 0 * one, "fee": one, "track": other, "fee+track": 0.9 * (one + other)}
    data = xr.concat([baseline + change for change in arms.values()], "arm").assign_coords(arm=list(arms))
    told = {arm: {"name": arm, "title": f"A policy called {arm}", "parts": arm.split("+")} for arm in list(arms)[1:]}
    return Result(data, result.record | {"title": "Fee and track", "arms": told})


# --- what holds for every figure ------------------------------------------------------------------


@every_plot
@pytest.mark.parametrize("look", STYLES)
def test_no_text_is_cut_or_too_small(result, plot, look):
    ax = drawn(plot, result, look=look)
    assert_nothing_is_cut(ax)
    assert min(text.get_fontsize() for text in texts(ax)) >= {"memo": 7.4, "slide": 12}[look]


@every_plot
def test_every_figure_names_its_source(result, plot):
    shown = said(drawn(plot, result))
    assert "Source: talentflow" in shown
    assert "pairs of 100,000 simulated engineers, seed 0, 2026 to 2036." in shown


@every_plot
def test_an_endless_title_is_not_cut(plot):
    title = "A title with $2 and $3 and " + "unbelievably" * 15 + " many words" * 20
    ax = drawn(plot, fake_result(replicates=3, years=2, title=title))
    assert_nothing_is_cut(ax)
    assert any(text.startswith("A title with $2 and $3") and text.endswith("...") for text in words(ax))


@every_plot
def test_letters_without_a_font_draw_without_warning(plot):
    ax = drawn(plot, fake_result(replicates=3, years=2, title="签证费 वीज़ा शुल्क"))
    with style.look("memo"):  # as figures are saved
        assert "签证费" in said(ax)


def test_letters_without_a_font_are_named():
    assert style.letters_without_a_font("Fee, 100 % für Île") == ""
    assert style.letters_without_a_font("a \U000f0000b\U000f0000") == ""  # unprintable: no letter
    assert style.letters_without_a_font("x\U00013000\U00013000\U00013001") == "\U00013000\U00013001"  # hieroglyphs


@every_plot
def test_a_plot_returns_the_axes_that_it_was_given(result, plot):
    ax = Figure(figsize=(10, 8)).add_subplot()
    assert plot(result, ax) is ax


@every_plot
def test_a_plot_leaves_the_users_settings_alone(equal_arms, plot):
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    ax = plot(equal_arms)
    assert ax.figure in map(plt.figure, plt.get_fignums())
    plt.close(ax.figure)
    assert {key for key in before if mpl.rcParams[key] != before[key]} <= {"backend"}


@every_plot
def test_chosen_hubs_and_one_year_are_drawn(result, plot):
    ax = drawn(plot, result, hubs=CHOSEN, years=(2030, 2030))
    assert_nothing_is_cut(ax)
    assert "2030" in said(ax)


@every_plot
def test_a_single_pair_claims_no_spread(plot):
    ax = drawn(plot, fake_result(replicates=1, years=2))
    assert "90 % of pairs (" not in said(ax)
    assert "1 pair of 100,000 " in said(ax)


@every_plot
@pytest.mark.parametrize("options", [{"hubs": ["pariss"]}, {"years": (2030, 2028)}, {"years": (1999, 2030)}])
def test_hubs_and_years_that_are_not_there_are_refused(result, plot, options):
    with pytest.raises(ResultError) as refused:
        drawn(plot, result, **options)
    assert "\n" not in str(refused.value)
    assert ("nearest: paris" if "hubs" in options else "2026 to 2036") in str(refused.value)


def test_a_plot_changes_no_number(compared, result):
    before, after = result.data.copy(deep=True), compared.data.copy(deep=True)
    for plot in PLOTS:
        drawn(plot, result)
    drawn(plot_comparison, compared), drawn(plot_shares, compared)
    assert result.data.identical(before)
    assert compared.data.identical(after)


EDGES = {
    "all of one": (["paris"], 1, 1),
    "three hubs of two regions": (["toronto", "paris", "rest_of_eu"], 2, 1),
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("comparison", "uncertainty")])
@pytest.mark.parametrize("edge", EDGES)
def test_every_figure_draws_at_the_edges(kind, edge, tmp_path):
    hubs, pairs, years = EDGES[edge]
    whole = fake_result(replicates=pairs, years=years)
    few = Result(whole.data.sel(hub=hubs, origin=hubs, destination=hubs), whole.record)
    assert draw(few, kind, tmp_path / "edge.svg").stat().st_size > 1000


def test_flow_figures_draw_where_nobody_moves(tmp_path):
    whole = fake_result(replicates=1, years=1)
    still = Result(whole.data.assign(flow=whole.data.flow * 0), whole.record)
    for kind in ("net_migration", "flow_map", "heat_map"):
        assert draw(still, kind, tmp_path / f"{kind}.svg").exists()


@pytest.mark.parametrize("plot", ALONE[1:], ids=lambda plot: plot.__name__)
def test_figures_of_one_scenario_refuse_comparisons(compared, plot):
    with pytest.raises(UsageError, match="compares fee, track, fee\\+track"):
        drawn(plot, compared)


def test_a_scenario_that_changes_nothing_says_so(equal_arms):
    for plot in (plot_effects, plot_causes, plot_slope, plot_countries, plot_comparison, plot_brain_gain):
        assert "Every effect is exactly 0" in said(drawn(plot, equal_arms))
    assert "no pair differs" in said(drawn(plot_shares, equal_arms))
    assert "No rank differs in any pair" in said(drawn(plot_ranks, equal_arms))
    assert "No route differs" in said(drawn(plot_backlog, equal_arms))


# --- shares ---------------------------------------------------------------------------------------


def thick(panel, arm):
    """The mean line of a simulation: the baseline's is black."""
    return next(
        line
        for line in panel.lines
        if (line.get_color() == style.INK) == (arm == "baseline") and line.get_linewidth() > 1
    )


def test_shares_show_subject_and_largest_changes(result):
    ax = drawn(plot_shares, result)
    assert len(ax.child_axes) == 8
    assert ax.child_axes[0].get_title("left") == "United States"
    assert len({round(np.ptp(panel.get_ylim()), 6) for panel in ax.child_axes[:-1]}) == 1
    assert "(chance and assumptions)" in said(ax)


def test_shares_lines_are_means_and_add_up(result):
    panels = drawn(plot_shares, result, hubs=CHOSEN).child_axes[:-1]
    for arm in ("baseline", "scenario"):
        lines = np.array([thick(panel, arm).get_ydata() for panel in panels])
        assert np.allclose(lines.sum(0), 100)
    share = series(result, "share:paris").sel(arm="scenario").mean("replicate")
    assert np.allclose(thick(panels[1], "scenario").get_ydata(), 100 * share)


def test_bands_stay_between_0_and_100(result):
    panels = drawn(plot_shares, fake_result(years=30, strength=3.0)).child_axes[:-1]
    bands = [
        path.vertices[:, 1] for panel in panels for band in panel.findobj(PolyCollection) for path in band.get_paths()
    ]
    edges = [line.get_ydata() for panel in panels for line in panel.lines]
    for values in (*bands, *edges, *(panel.get_ylim() for panel in panels)):
        assert np.min(values) >= 0
        assert np.max(values) <= 100


def test_end_labels_do_not_overlap(result):
    for panel in drawn(plot_shares, result).child_axes[:-1]:
        labels = [text for text in panel.texts if text.get_text().replace(".", "").isdigit()]
        first, second = (text.get_window_extent() for text in labels)
        assert not first.overlaps(second)


def test_shares_of_a_comparison_show_every_scenario(compared):
    ax = drawn(plot_shares, compared)
    assert_nothing_is_cut(ax)
    panels = ax.child_axes[1:]
    assert not panels[0].findobj(PolyCollection)
    ends = np.array([[line.get_ydata()[-1] for line in panel.lines] for panel in panels])
    assert ends.shape[1] == 4
    assert np.allclose(ends.sum(0), 100)
    assert "both together" in words(ax)


def test_a_comparison_of_nine_can_be_told_apart(result):
    nine = [f"policy_{number}" for number in range(9)]
    data = result.data.isel(arm=[0] + [1] * 9).assign_coords(arm=["baseline", *nine])
    told = {arm: {"title": f"A policy with a rather long title that is called {arm}", "parts": [arm]} for arm in nine}
    many = Result(data, result.record | {"arms": told})
    for look in STYLES:
        for plot in (plot_shares, plot_comparison):
            assert_nothing_is_cut(drawn(plot, many, look=look))
    assert len({style.scenario_look(number) for number in range(42)}) == 42


def test_bands_of_chance_alone_say_so():
    alone = fake_result(replicates=3, years=2, uncertainty="chance")
    assert "(chance)" in said(drawn(plot_shares, alone))


# --- effects and comparison -----------------------------------------------------------------------


def dots(plot):
    return [x for line in plot.lines if line.get_marker() == "o" for x in line.get_xdata()]


def bars(ax):
    return [patch.get_width() for patch in ax.child_axes[0].patches]


def test_two_universes_average_to_the_pay_of_their_hub(result):
    pay, s = universes(result, 2026), load_setting()
    labs = s.sector_share[:, [SECTORS.index("frontier_lab")]]
    whole = result.data.pay.sel(arm="scenario", time=2026).mean("replicate").transpose("hub", "tier").values
    assert labs * pay["labs"] + (1 - labs) * pay["others"] == pytest.approx(whole)
    plot = drawn(plot_pay_universes, result, hubs=["paris", "london"]).child_axes[0]
    lines = [line.get_xdata() for line in plot.lines if len(line.get_xdata()) == 2]  # from entry to expert
    at = list(result.data.hub.values).index("london")
    assert any(np.allclose(line, pay["labs"][at, [2, 0]]) for line in lines)
    printed = {x for line in plot.lines for x in line.get_xdata() if line.get_markerfacecolor() == "white"}
    assert printed == {265.0}  # Paris, m08


def test_effects_show_countries_with_their_hubs_below(result):
    ax = drawn(plot_effects, result)
    names = words(ax)
    assert {"United States", "San Francisco Bay Area", "Canada"} <= set(names)
    assert np.isclose(bars(ax)[0], 100 * effect(result, "share:usa").mean())
    assert any(list(line.get_xdata()) == [0, 0] for line in ax.child_axes[0].lines)
    assert "percentage points" in ax.child_axes[0].get_xlabel()
    assert "Everyone else" in said(ax)


def test_a_bar_in_grey_says_that_runs_disagree(result):
    def grey(shown):
        undecided = mpl.colors.to_rgba(style.UNDECIDED)[:3]
        return [patch for patch in drawn(plot_effects, shown).child_axes[0].patches if patch.get_fc()[:3] == undecided]

    mixed = fake_result()
    mixed.data.stock[:, ::3] = mixed.data.stock.values[::-1, ::3]  # every third pair the other way round
    assert not grey(result)
    assert len(grey(mixed)) > 10


def test_effects_of_another_time_and_measure(result):
    ax = drawn(plot_effects, result, years=(2026, 2030))
    assert np.isclose(bars(ax)[0], 100 * effect(result, "share:usa@2030").mean())
    ax = drawn(plot_effects, result, measure="net_rate", hubs=CHOSEN)
    rates = 100 * effect(result, "net_rate").mean("replicate").sel(hub=CHOSEN)
    assert np.allclose(sorted(bars(ax)), sorted(rates.values))
    assert "in 2035" in said(ax)
    assert "percentage points a year" in said(ax)
    with pytest.raises(UsageError, match="not a measure of every hub"):
        drawn(plot_effects, result, measure="hhi")


def test_causes_begin_at_zero_and_end_at_the_change(result):
    *parts, total = drawn(plot_causes, result).child_axes[0].patches
    assert np.isclose(sum(part.get_width() for part in parts), total.get_width())
    assert np.isclose(total.get_width(), effect(result, "stock:usa").mean())


def test_comparison_marks_means_and_interaction(compared):
    ax = drawn(plot_comparison, compared, hubs=CHOSEN)
    assert_nothing_is_cut(ax)
    _, first, second = ax.child_axes
    hubs = ["toronto", "paris", "berlin"]  # the order of every figure
    effects = 100 * effect(compared, "share").mean("replicate").sel(hub=hubs)
    shown = [line.get_xdata() for line in first.lines if line.get_marker() not in ("None", "")]
    assert np.allclose(shown, effects.transpose("arm", "hub"))
    beyond = effects.sel(arm="fee+track") - effects.sel(arm="fee") - effects.sel(arm="track")
    assert np.allclose(second.lines[0].get_xdata(), beyond)
    assert "A policy called fee" in words(ax)
    assert "both together, less the sum of each" in words(ax)


# --- ranks, backlog, brain gain -------------------------------------------------------------------


def test_ranks_tell_in_how_many_pairs_a_hub_has_each(result):
    lines, table = drawn(plot_ranks, result).child_axes
    ranks = hub_ranks(result).isel(time=-1).sel(arm="scenario")
    best = ranks.mean("replicate").to_series().sort_values(kind="stable")
    solid = [
        line
        for line in lines.lines
        if line.get_linestyle() == "-" and len(line.get_xdata()) == 2 and line.get_marker() == "o"
    ]
    assert np.allclose([line.get_ydata()[-1] for line in solid], best[: len(solid)])
    parts = np.asarray(table.images[0].get_array())
    assert np.allclose(parts.sum(axis=1), 1)
    assert np.isclose(parts[0, 0], float((ranks.sel(hub=best.index[0]) == 1).mean()))


def test_ranks_leave_out_the_rest_of_countries(result):
    assert not any(hub.startswith("rest_of_") for hub in hub_ranks(result).hub.values)
    ax = drawn(plot_ranks, result, hubs=["rest_of_usa", "paris"])
    assert "Rest of the USA" in words(ax)
    assert "rank among 30 hubs" in said(ax)


def test_backlog_shows_the_routes_that_change_most(result):
    upper, lower = drawn(plot_backlog, result).child_axes[:2]
    waiting = series(result, "backlog,route=usa.h1b").mean("replicate")
    odds = 100 * series(result, "odds,route=usa.h1b").mean("replicate")
    for panel, values in ((upper, waiting), (lower, odds)):
        for arm in ("baseline", "scenario"):
            assert np.allclose(thick(panel, arm).get_ydata(), values.sel(arm=arm))
        assert panel.get_ylim()[0] == 0
    assert lower.get_ylim()[1] <= 100


def test_brain_gain_bars_equal_the_measures(result):
    ax = drawn(plot_brain_gain, result, hubs=["paris"], years=(2026, 2031))
    bars, balance = ax.child_axes
    abroad, foreign = (patch.get_width() for patch in bars.patches)
    assert np.isclose(-abroad, 100 * measure(result, "drain,home=fra@2031").sel(arm="scenario").mean())
    assert np.isclose(foreign, 100 * measure(result, "gain:fra@2031").sel(arm="scenario").mean())
    at_home = effect(result, "stock:fra@2031").mean()
    assert np.isclose(dots(balance)[0], at_home - effect(result, "stock,home=fra@2031").sum("hub").mean())
    with pytest.raises(UsageError, match="counted apart"):
        drawn(plot_brain_gain, result, hubs=["rest_of_world"])


# --- parts and curve ------------------------------------------------------------------------------

PARTS = pd.DataFrame(
    {
        "part": ["A fee", "A long name of a policy that takes more than one line", "total"],
        "mean": [-0.4, 0.1, -0.3],
        "low": [-0.6, 0.0, -0.5],
        "high": [-0.2, 0.2, -0.1],
        "error": [0.02, 0.01, 0.03],
    }
)
VALUES = np.array([0.0, 1_000, 30_000, 100_000, 200_000])
CURVE = pd.DataFrame(
    {"value": VALUES, "mean": -VALUES / 1e6, "low": -VALUES / 5e5, "high": 0 * VALUES, "error": VALUES / 1e7}
)


@pytest.mark.parametrize("look", STYLES)
def test_parts_are_drawn_end_to_end_to_the_total(look):
    ax = drawn(plot_parts, PARTS, "What does it", "Parts of the effect, pp", "pp", look=look)
    assert_nothing_is_cut(ax)
    first, second, total = ax.child_axes[0].patches
    assert np.isclose(second.get_x(), first.get_x() + first.get_width())
    assert np.isclose(second.get_x() + second.get_width(), total.get_x() + total.get_width())
    assert total.get_x() == 0
    nothing = PARTS.assign(mean=0.0, low=0.0, high=0.0)
    assert "Every effect is exactly 0" in said(drawn(plot_parts, nothing, "What does it", "Parts", "pp"))


@pytest.mark.parametrize("look", STYLES)
@pytest.mark.parametrize("found", [None, (1_500, 1_000, 2_000), (190_000, 150_000, 200_000)])
def test_the_curve_shows_the_target_and_its_value(look, found):
    ax = drawn(plot_curve, CURVE, "Break-even", "Effect", "fee, USD", "pp", -0.1, found, look=look)
    assert_nothing_is_cut(ax)
    plot = ax.child_axes[0]
    assert plot.get_xscale() == "symlog"
    assert any(list(line.get_ydata()) == [-0.1, -0.1] for line in plot.lines)
    told = said(ax)
    assert ("No value within the bounds" in told) == (found is None)
    assert found is None or f"{found[0]:,} ({found[1]:,} to {found[2]:,})" in told
    above = CURVE[CURVE.value > 0]
    assert drawn(plot_curve, above, "", "", "fee, USD", "pp", -0.1, None).child_axes[0].get_xscale() == "log"


# --- style ----------------------------------------------------------------------------------------


def test_hubs_have_one_order(result):
    mixed, ordered = ["paris", "beijing", "seattle", "zurich"], ["seattle", "paris", "zurich", "beijing"]
    assert style.order(result.data, mixed) == ordered


def test_wrapping_keeps_to_the_width():
    figure = Figure(figsize=(4, 1))
    text = wrap(figure.text(0, 0, "word " * 50 + "end"), 200, 2)
    assert text.get_window_extent().width <= 200
    assert text.get_text().count("\n") == 1
    assert text.get_text().endswith("...")
    assert wrap(figure.text(0, 0, "x" * 100), 200, 9).get_window_extent().width <= 200


# --- files ----------------------------------------------------------------------------------------


def test_files_need_no_screen_and_leave_no_figures(equal_arms, tmp_path):
    import matplotlib.pyplot as plt

    before, names = plt.get_fignums(), ("a.png", "a.svg", "a.pdf")
    paths = [draw(equal_arms, "effects", tmp_path / name, style="slide") for name in names]
    assert [path.read_bytes()[:4] for path in paths] == [b"\x89PNG", b"<?xm", b"%PDF"]
    assert plt.get_fignums() == before
    for path in paths:
        again = draw(equal_arms, "effects", tmp_path / f"again{path.suffix}", style="slide")
        assert again.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("kind", "name", "options", "wrong"),
    [
        ("share", "a.png", {}, "unknown figure 'share'.*nearest: shares"),
        ("shares", "a.jpg", {}, "unknown format 'jpg'; there are: png, svg, pdf"),
        ("shares", "a", {}, "unknown format ''"),
        ("shares", "a.png", {"style": "slides"}, "nearest: slide"),
        ("shares", "a.png", {"hubs": ["usa"]}, "usa is no hub"),
        ("effects", "a.png", {"hubs": "all"}, "39 hubs are too many"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(result, tmp_path, kind, name, options, wrong):
    if options.get("hubs") == "all":
        options = {"hubs": result.data.hub.values.tolist()}
    with pytest.raises(TalentflowError, match=wrong) as refused:
        draw(result, kind, tmp_path / name, **options)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_every_usual_figure_is_a_kind():
    assert {*USUAL, *USUAL_OF_MANY} <= set(KINDS)


def test_drawing_a_saved_run_needs_no_model(tmp_path):
    folder = fake_result(replicates=2, years=2).save(tmp_path)
    code = (
        "import sys; from sim.results import Result; from sim.show.plots import draw\n"
        f"run = Result.load({str(folder)!r})\n"
        f"for kind in ('shares', 'effects', 'ranks', 'backlog', 'brain_gain', 'comparison'):\n"
        f"    draw(run, kind, {str(tmp_path)!r} + '/' + kind + '.png')\n"
        "print(*(name for name in sys.modules if name.startswith(('sim.model', 'sim.world', 'sim.study'))))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
