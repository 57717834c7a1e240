import json
import warnings
from functools import cache
from importlib import import_module
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from fake_result import fake_result
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.errors import ResultError, UsageError
from sim.results.result import Result
from sim.show.plots import style
from sim.show.plots.flow_map import LAND, between_countries, equal_earth
from sim.show.plots.flows import changes, flows_of_all, flows_shown, table
from sim.show.plots.heat_map import plot_heat_map
from sim.show.plots.net_migration import net_by_region

KINDS = ("flow_map", "heat_map", "net_migration")
every_kind = pytest.mark.parametrize("kind", KINDS)
every_look = pytest.mark.parametrize("look", ["memo", "slide"])


def drawn(result, kind, look="memo", **options):
    """The axes of a figure of its own, as ``draw`` makes it, drawn without warnings."""
    module = import_module(f"sim.show.plots.{kind}")
    with warnings.catch_warnings(), style.look(look):
        warnings.simplefilter("error")
        figure = Figure(figsize=style.fit(module.SIZE, style.SLIDE))
        FigureCanvasAgg(figure)
        ax = getattr(module, f"plot_{kind}")(result, style.room(figure), **options)
        figure.canvas.draw()
    return ax


@pytest.fixture(scope="module")
def picture(result):
    """The usual axes of a kind and look, drawn once for all tests that only read them."""
    return cache(lambda kind, look="memo": drawn(result, kind, look))


def texts(ax):
    """Every text that shows."""
    found = [text for text in ax.figure.findobj(mpl.text.Text) if text.get_text().strip() and text.get_visible()]
    hidden = {id(label) for tick in ax.figure.findobj(mpl.axis.Tick) for label in (tick.label1, tick.label2)}
    shown = {
        id(label)
        for each in axes(ax)
        if each.axison
        for axis in (each.xaxis, each.yaxis)
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if label.get_visible() and axis.get_view_interval().min() <= tick.get_loc() <= axis.get_view_interval().max()
    }
    titles = {id(each.title) for each in axes(ax) if not each.axison}
    return [text for text in found if id(text) not in (hidden - shown) | titles]


def axes(ax):
    return [ax] + [inner for child in ax.child_axes for inner in axes(child)]


def words(ax):
    return [text.get_text() for text in texts(ax)]


def noted(result):
    """Everything that the arrays hold."""
    return {name: values.values.tobytes() for name, values in result.data.variables.items()}


def few(result, pairs):
    """Return a run with its first pairs only."""
    return Result(result.data.isel(replicate=slice(pairs)), result.record | {"replicates": pairs})


@every_look
@every_kind
def test_no_text_is_cut_off(result, picture, kind, look):
    few_hubs = {"hubs": ["london", "sf_bay_area", "abu_dhabi_dubai"], "years": (2030, 2030)}
    for ax in (picture(kind, look), drawn(result, kind, look, **few_hubs)):
        width, height = ax.figure.bbox.size
        for text in texts(ax):
            box = text.get_window_extent()
            assert box.x0 >= -1, text
            assert box.y0 >= -1, text
            assert box.x1 <= width + 1, text
            assert box.y1 <= height + 1, text


@every_look
@every_kind
def test_no_text_covers_another(picture, kind, look):
    level = [text for text in texts(picture(kind, look)) if not text.get_rotation()]
    boxes = [(text.get_text(), text.get_window_extent().padded(-1).extents) for text in level]
    for (one, (x0, y0, x1, y1)), (other, (u0, v0, u1, v1)) in combinations(boxes, 2):
        assert x1 < u0 or u1 < x0 or y1 < v0 or v1 < y0, f"{one!r} and {other!r}"


@every_kind
def test_small_print_names_pairs_and_interval(result, picture, kind):
    said = " ".join(words(picture(kind))).replace("\n", " ")
    assert "20 pairs of 100,000 simulated engineers" in said
    assert "90 % of pairs (chance and assumptions)" in said
    assert result.record["title"] in said


@every_kind
def test_a_plot_changes_no_number_and_leaves_no_window(result, kind):
    import matplotlib.pyplot as plt

    before, windows, settings = noted(result), plt.get_fignums(), dict(mpl.rcParams)
    drawn(result, kind)
    assert noted(result) == before
    assert plt.get_fignums() == windows
    assert {key for key in settings if mpl.rcParams[key] != settings[key]} <= {"backend"}


@every_look
@every_kind
def test_equal_arms_are_said_to_be_equal(equal_arms, kind, look):
    said = " ".join(words(drawn(equal_arms, kind, look))).replace("\n", " ")
    assert "exactly 0" in said


@every_kind
def test_a_single_pair_distinguishes_nothing_from_zero(result, kind):
    said = " ".join(words(drawn(few(result, 1), kind))).replace("\n", " ")
    assert "no interval" in said
    assert not flows_shown(few(result, 1), kind).changes.clear.any()


@every_kind
def test_what_a_result_does_not_have_is_refused(result, kind):
    with pytest.raises(ResultError, match="sf_bay_area"):
        drawn(result, kind, hubs=["sf_bay_aria"])
    with pytest.raises(ResultError, match="2026 to 2036"):
        drawn(result, kind, years=(2020, 2030))
    arms = ["baseline", "one", "other"]
    several = Result(result.data.isel(arm=[0, 1, 1]).assign_coords(arm=arms), result.record)
    with pytest.raises(UsageError, match="one, other"):
        drawn(several, kind)


@pytest.mark.parametrize("kind", ["heat_map", "net_migration"])
def test_more_hubs_than_can_be_read_are_refused(result, kind):
    with pytest.raises(UsageError, match="too many"):
        drawn(result, kind, hubs=result.data.hub.values.tolist())


# --- places and changes ---------------------------------------------------------------------------


def test_places_hold_every_move_between_them_once(result):
    flows = flows_shown(result, "heat_map", ["london", "sf_bay_area"])
    assert list(flows.regions)[:2] == ["San Francisco Bay Area", "Other United States"]
    assert {"Canada", "London", "Other Europe", "Rest of the world"} < set(flows.regions)
    regions = style.hub_regions(result.data)
    named = {"London": "london", "San Francisco Bay Area": "sf_bay_area"}
    inside = {
        place: [hub for hub in regions if regions[hub] == region and hub not in named.values()]
        for place, region in flows.regions.items()
        if place not in named
    }
    yearly = result.data.flow.mean("year")
    expected = yearly.sel(origin=inside["Other Europe"], destination="london").sum("origin")
    assert np.allclose(flows.moves.sel(origin="Other Europe", destination="London"), expected)
    within = sum(yearly.sel(origin=hubs, destination=hubs).sum(("origin", "destination")) for hubs in inside.values())
    assert np.allclose(flows.moves.sum(("origin", "destination")), yearly.sum(("origin", "destination")) - within)


def test_a_change_is_clear_if_its_band_leaves_out_zero(result):
    flow = result.data.flow.mean("year").transpose("arm", "replicate", "origin", "destination").values
    pairs = flow[1] - flow[0]
    low, high = np.quantile(pairs, (0.05, 0.95), axis=0, method="weibull")
    found = changes(result.data.flow.mean("year"))
    assert np.allclose(found["mean"].transpose("origin", "destination"), pairs.mean(0))
    assert (found.clear.transpose("origin", "destination").values == ((low > 0) | (high < 0))).all()
    rows = table(found)
    assert list(abs(rows["mean"])) == sorted(abs(rows["mean"]), reverse=True)
    assert len(rows) == (pairs != 0).any(0).sum()


# --- each picture ---------------------------------------------------------------------------------


def test_the_map_shows_hubs_and_asked_arrows(result, picture):
    panel = picture("flow_map").child_axes[0]
    circles = [line for line in panel.lines if line.get_marker() == "o"]
    groups = ["rest_of_eu", "rest_of_asia", "rest_of_world"]  # boxes off the coasts
    assert len(circles) == result.data.sizes["hub"] - len(groups)
    sizes = np.sort([circle.get_markersize() for circle in circles])
    stock = np.sort(result.data.stock.sum("tier").sel(arm="scenario", time=2036).drop_sel(hub=groups).mean("replicate"))
    assert np.allclose((sizes / sizes[-1]) ** 2, stock / stock[-1])
    left, right = panel.get_xlim()
    low, high = panel.get_ylim()
    assert all(left < line.get_xdata()[0] < right and low < line.get_ydata()[0] < high for line in circles)
    assert {"Rest of the world", "Rest of Asia", "Rest of the EU"} <= set(words(picture("flow_map")))
    assert "Israel" in words(drawn(result, "flow_map", hubs=["tel_aviv"]))


def test_country_moves_are_those_between_their_hubs(result):
    flow, country = result.data.flow.mean("year"), result.data.hub_country.values
    between = between_countries(flow, result.data)
    outside = country[:, None] != country
    assert np.allclose(between.sum(("origin", "destination")), flow.where(outside, 0).sum(("origin", "destination")))
    assert not between.sel(origin="usa", destination="usa").any()


def test_unchanged_hubs_are_no_unchanged_run(result):
    alike = Result(result.data.copy(deep=True), result.record)
    for end in ("origin", "destination"):
        flow = alike.data.flow
        flow.loc[{"arm": "scenario", end: "lisbon"}] = flow.sel({"arm": "baseline", end: "lisbon"})
    said = " ".join(words(drawn(alike, "flow_map", hubs=["lisbon"])))
    assert "these hubs" in said
    assert "exactly 0" not in said


def test_a_run_without_coordinates_has_no_map(result):
    old = Result(result.data.drop_vars(["latitude", "longitude"]), result.record)
    with pytest.raises(ResultError, match="run it again"):
        drawn(old, "flow_map")


def test_the_projection_keeps_areas():
    """A cell of one degree covers the same share of the map as of the globe, near the equator and in the north."""
    for south in (0, 30, 60):
        x, y = equal_earth(np.array([10.0, 11.0, 11.0, 10.0]), np.array([south, south, south + 1.0, south + 1.0]))
        drawn_area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
        on_globe = np.radians(1) * (np.sin(np.radians(south + 1)) - np.sin(np.radians(south)))
        assert np.isclose(drawn_area, on_globe, rtol=1e-3)


def test_the_coast_is_closed_and_has_no_jump():
    rings = json.loads(LAND.read_text(encoding="utf-8"))
    assert len(rings) > 100
    for ring in rings:
        assert ring[0] == ring[-1]
        assert np.abs(np.diff(ring, axis=0)[:, 0]).max() < 180  # no line across the map at the date line


def test_heat_map_cells_are_the_changes(result, picture):
    flows = flows_shown(result, "heat_map", count=8)
    found = flows.changes.transpose("origin", "destination")
    panel = picture("heat_map").child_axes[0]
    shown = panel.images[0].get_array()
    assert np.allclose(shown, found["mean"].where(found.clear, 0))
    assert panel.images[0].norm.vmin == -panel.images[0].norm.vmax
    said = {
        (round(text.get_position()[1]), round(text.get_position()[0])): text.get_text()
        for text in panel.texts
        if text.get_fontweight() == "bold"
    }
    for row, column in zip(*np.nonzero(~np.eye(len(shown), dtype=bool)), strict=True):
        mean = float(found["mean"][row, column])
        assert said[row, column] == (style.signed(mean, 0) if found.clear[row, column] else "\u00b7")
    assert [label.get_text() for label in panel.get_yticklabels()] == list(flows.regions)


def test_regional_net_migration_adds_up_to_the_hub(result):
    net = net_by_region(flows_of_all(result, "net_migration"))
    flow = result.data.flow.mean("year")
    expected = flow.sum("origin").rename(destination="hub") - flow.sum("destination").rename(origin="hub")
    assert np.allclose(net.sum("region").sel(hub=expected.hub).transpose(*expected.dims), expected)


def test_net_migration_bars_are_means_lines_spreads(result):
    net = net_by_region(flows_of_all(result, "net_migration")).sel(hub="paris")
    panel = drawn(result, "net_migration", hubs=["paris"]).child_axes[0].child_axes[0]
    hollow, full = panel.containers
    for arm, bars in (("baseline", hollow), ("scenario", full)):
        assert np.allclose([bar.get_width() for bar in bars], net.sel(arm=arm).mean("replicate"))
    found = changes(net)
    lines = [line.get_xdata() for line in panel.lines if len(set(line.get_ydata())) == 1]
    before = net.sel(arm="baseline").mean("replicate").values
    assert np.allclose(lines, np.transpose([before + found.low.values, before + found.high.values]))


def test_a_plot_makes_axes_of_its_own(result):
    import matplotlib.pyplot as plt

    ax = plot_heat_map(few(fake_result(), 3))
    assert ax.figure in map(plt.figure, plt.get_fignums())
    plt.close(ax.figure)
