"""Names beside the points of a map or a network, where they cover as little as can be."""

import numpy as np

from sim.show.plots import style

AROUND = np.deg2rad([0, 180, 90, 270, 35, 145, 215, 325])  # where a name may stand, seen from its point,
STEPS = (0.3, 1, 1.8, 2.8, 4, 5.5)  # and how far from its circle, em


def label_points(ax, points, obstacles=()):
    """Write a name beside every point, where it covers as little as can be.

    Parameters
    ----------
    ax : Axes whose limits are final
    points : list of (name, x, y, radius in points), the most important first
    obstacles : list of matplotlib.transforms.Bbox, in pixels, that names keep clear of
    """
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=style.em(0.25), foreground="white", alpha=0.8)]
    taken = [*obstacles, *(dot(ax, (x, y), radius) for _, x, y, radius in points)]
    for name, x, y, radius in points:
        written = ax.annotate(
            name,
            (x, y),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize="small",
            zorder=6,
            parse_math=False,
            path_effects=halo,
        )
        distance = _settle(written, radius, taken, ax.get_window_extent())
        taken.append(written.get_window_extent())
        if distance > radius + style.em(STEPS[0]):
            ax.annotate(
                "",
                (x, y),
                xytext=written.get_position(),
                textcoords="offset points",
                arrowprops={
                    "arrowstyle": "-",
                    "color": style.BASELINE,
                    "lw": 0.6,
                    "shrinkA": 0,
                    "shrinkB": radius,
                },
            )


def dot(ax, point, radius):
    """The box round a circle of ``radius`` points, in pixels."""
    from matplotlib.transforms import Bbox

    centre, pixels = ax.transData.transform(point), radius * ax.figure.dpi / 72
    return Bbox([centre - pixels, centre + pixels])


def _settle(written, radius, taken, inside):
    """Move a name to the first of the places round its point that is free, or to the least covered; its distance."""
    corners = np.array([box.extents for box in taken])

    def covered(place):
        _put(written, *place)
        box = written.get_window_extent()
        outside = box.width * box.height - _common(box, np.array([inside.extents]))
        return 10 * outside + _common(box, corners)

    places = [(angle, radius + style.em(step)) for step in STEPS for angle in AROUND]
    free = (place for place in places if not covered(place))
    chosen = next(free, None) or min(places, key=covered)
    _put(written, *chosen)
    return chosen[1]


def _put(written, angle, distance):
    x, y = np.cos(angle), np.sin(angle)
    written.set(
        position=(x * distance, y * distance),
        ha="left" if x > 0.3 else "right" if x < -0.3 else "center",
        va="bottom" if y > 0.3 else "top" if y < -0.3 else "center",
    )


def _common(box, corners):
    """Square pixels that a box has in common with boxes given as rows x0, y0, x1, y1, all together."""
    low, high = np.maximum(corners[:, :2], box.min), np.minimum(corners[:, 2:], box.max)
    return np.prod(np.maximum(high - low, 0), axis=1).sum()
