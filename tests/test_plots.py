import matplotlib as mpl
import numpy as np
import pytest
from fake_result import fake_result
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.errors import ResultError
from sim.results.effects import effect, hubs_that_matter
from sim.show.plots import KINDS, draw, draw_figures
from sim.show.plots.effects import plot_effects
from sim.show.plots.shares import plot_shares


def new_axes():
    return Figure(figsize=(10, 8)).add_subplot()


def words(ax):
    """Every text in the axes and its panels, after drawing."""
    ax.figure.canvas.draw()
    return [text.get_text() for each in (ax, *ax.child_axes) for text in each.findobj(mpl.text.Text)]


@pytest.mark.parametrize("plot", [plot_shares, plot_effects])
def test_a_plot_returns_the_axes_that_it_was_given(result, plot):
    ax = new_axes()
    assert plot(result, ax) is ax


@pytest.mark.parametrize("plot", [plot_shares, plot_effects])
def test_a_plot_makes_axes_and_leaves_the_users_settings_alone(result, plot, monkeypatch):
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    ax = plot(result)
    assert ax.figure in map(plt.figure, plt.get_fignums())
    plt.close(ax.figure)
    assert {key for key in before if mpl.rcParams[key] != before[key]} <= {"backend"}


def test_shares_show_the_hubs_that_matter_the_rest_and_a_key(result):
    ax = plot_shares(result, new_axes())
    assert len(ax.child_axes) == 12
    shown = words(ax)
    for hub in hubs_that_matter(result):
        assert result.data.hub_name.sel(hub=hub).item() in shown
    assert "29 other hubs together" in shown
    assert any("(chance and assumptions)" in text for text in shown)


def test_shares_lines_are_means_and_add_up(result):
    ax = plot_shares(result, new_axes())
    for arm, dashes in (("baseline", "--"), ("scenario", "-")):
        thick = [line for panel in ax.child_axes[:-1] for line in panel.lines if line.get_linewidth() > 1]
        ends = [line.get_ydata()[-1] for line in thick if (line.get_linestyle() == "-") == (dashes == "-")]
        assert np.isclose(sum(ends), 100), arm


def test_end_labels_do_not_overlap(result):
    ax = plot_shares(result, new_axes())
    renderer = FigureCanvasAgg(ax.figure).get_renderer()
    for panel in ax.child_axes[:-1]:
        first, second = (text.get_window_extent(renderer) for text in panel.texts[-2:])
        assert not first.overlaps(second)


def test_effects_are_sorted_between_gains_and_losses_with_a_zero_line(result):
    plot = plot_effects(result, new_axes()).child_axes[0]
    dots = [line.get_xdata()[0] for line in plot.lines if line.get_marker() == "o"]
    assert dots[:-1] == sorted(dots[:-1], reverse=True)
    assert np.isclose(sum(dots), 0, atol=1e-9)
    assert any(list(line.get_xdata()) == [0, 0] for line in plot.lines)
    assert "percentage points" in plot.get_xlabel()


def test_a_hollow_marker_says_that_pairs_disagree(result):
    def hollow(shown):
        dots = [
            line for line in plot_effects(shown, new_axes()).child_axes[0].lines if line.get_marker() == "o"
        ]
        return [dot.get_markerfacecolor() == "white" for dot in dots]

    mixed = fake_result()
    mixed.data.stock[:, ::3] = mixed.data.stock.values[::-1, ::3]  # every third pair the other way round
    assert not any(hollow(result))
    assert all(hollow(mixed))


def test_effects_at_another_time(result):
    plot = plot_effects(result, new_axes(), time=2030).child_axes[0]
    dots = [line.get_xdata()[0] for line in plot.lines if line.get_marker() == "o"]
    assert np.isclose(max(dots[:-1]), 100 * effect(result, "share@2030").mean("replicate").max())
    with pytest.raises(ResultError, match="outside the run"):
        plot_effects(result, new_axes(), time=1999)


def test_no_effect_and_a_single_pair_are_said(equal_arms):
    assert any("No pair differs" in text for text in words(plot_effects(equal_arms, new_axes())))
    assert "no pair differs" in words(plot_shares(equal_arms, new_axes()))
    assert "one pair" in words(plot_effects(fake_result(replicates=1, years=2), new_axes()))


def test_bands_of_chance_alone_say_so():
    shown = words(plot_effects(fake_result(replicates=3, years=2, uncertainty="chance"), new_axes()))
    assert any("(chance)" in text for text in shown)


def test_files_are_drawn_without_a_screen_and_without_open_figures(equal_arms, tmp_path):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    draw_figures(equal_arms, tmp_path)
    assert sorted(path.stem for path in tmp_path.iterdir()) == sorted(KINDS)
    assert plt.get_fignums() == before
    assert draw(equal_arms, "shares", tmp_path / "again.png").read_bytes().startswith(b"\x89PNG")
