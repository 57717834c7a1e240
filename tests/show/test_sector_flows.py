"""The alluvial plot of sectors: bars and bands are the new jobs that the result counts, and all can be read."""

import warnings
from itertools import combinations

import pytest
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from test_flow_plots import few, noted, texts

from sim.errors import ResultError, UsageError
from sim.results.result import Result
from sim.show.plots import style
from sim.show.plots.sector_flows import NAMES, SIZE, named, net_moves, plot_sector_flows
from sim.world.categories import SECTORS

every_look = pytest.mark.parametrize("look", ["memo", "slide"])


@pytest.fixture(scope="module")
def moved(result):
    """A run with more jobs in startups under the policy, and most more from traditional industry to robotics."""
    more = xr.zeros_like(result.data.hires)
    more.loc[{"arm": "scenario", "sector_taken": "startup"}] = 500.0
    more.loc[{"arm": "scenario", "sector_taken": "robotics", "sector_left": "traditional"}] = 900.0
    return Result(result.data.assign(hires=result.data.hires + more), result.record)


def drawn(result, look="memo", **options):
    """The axes of a figure of its own, drawn without warnings."""
    with warnings.catch_warnings(), style.look(look):
        warnings.simplefilter("error")
        figure = Figure(figsize=style.fit(SIZE, style.SLIDE))
        FigureCanvasAgg(figure)
        ax = plot_sector_flows(result, style.room(figure), **options)
        figure.canvas.draw()
    return ax


def said(ax):
    return " ".join(text.get_text() for text in texts(ax)).replace("\n", " ")


@every_look
def test_no_text_is_cut_off_or_covers_another(moved, equal_arms, look):
    for ax in (drawn(moved, look), drawn(equal_arms, look), drawn(moved, look, years=(2030, 2030))):
        boxes = [text.get_window_extent().padded(-1) for text in texts(ax)]
        for box in boxes:
            assert box.x0 >= -1
            assert box.y0 >= -1
            assert (box.x1, box.y1) < tuple(ax.figure.bbox.size + 1)
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_sectors_are_named_in_the_order_of_the_model():
    assert tuple(NAMES) == SECTORS


def test_bars_are_the_changes_of_net_moves(moved):
    plot = drawn(moved, years=(2028, 2030)).child_axes[0].child_axes[0]
    net = net_moves(named(moved.data.hires).sel(year=slice(2028, 2030)).mean("year"))
    change = (net.sel(arm="scenario") - net.sel(arm="baseline")).mean("replicate").to_series().sort_values()
    assert [bar.get_width() for bar in plot.patches] == pytest.approx(list(change))
    assert abs(change.sum()) < 1e-6  # who comes to one sector leaves another


def test_the_largest_change_stands_first(moved):
    listed = [
        text.get_text()
        for text in texts(drawn(moved))
        if "\u2192" in text.get_text() and "loses" not in text.get_text()
    ]
    assert listed[0] == "Traditional industry \u2192 Robotics"
    assert all(words.endswith("Startups") for words in listed[1:])
    assert len(listed) == 1 + len(SECTORS)
    assert "+900" in said(drawn(moved))


def test_small_print_names_pairs_and_equal_arms(result, equal_arms):
    assert "20 pairs of 100,000 simulated engineers" in said(drawn(result))
    assert "90 % of pairs (chance and assumptions)" in said(drawn(result))
    assert "exactly 0" in said(drawn(equal_arms))
    assert "no interval" in said(drawn(few(result, 1)))
    assert "distinguishable from zero" in said(drawn(few(result, 1)))


def test_a_plot_changes_no_number(result):
    before = noted(result)
    drawn(result)
    assert noted(result) == before


def test_what_it_cannot_show_is_refused(result):
    with pytest.raises(UsageError, match="no hubs"):
        drawn(result, hubs=["london"])
    with pytest.raises(ResultError, match="2026 to 2036"):
        drawn(result, years=(2020, 2030))
    several = Result(result.data.isel(arm=[0, 1, 1]).assign_coords(arm=["baseline", "one", "other"]), result.record)
    with pytest.raises(UsageError, match="one, other"):
        drawn(several)
