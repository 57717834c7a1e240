"""Labels that fit: broken into lines that are not too wide, and moved apart where they would overlap."""

import numpy as np


def wrap(text, width, lines):
    """Break a text between words so that it is at most ``width`` pixels wide; the rest of more lines is "..."."""
    words, done = text.get_text().split(), []
    while words and len(done) < lines:
        count = _fitting(text, words, width)
        if not count and len(words[0]) > 1:  # a word wider than the line
            half = len(words[0]) // 2
            words[:1] = words[0][:half], words[0][half:]
            continue
        done.append(" ".join(words[: max(count, 1)]))
        words = words[max(count, 1) :]
    while words and not _fits(text, f"{done[-1]} ...", width) and " " in done[-1]:
        done[-1] = done[-1].rpartition(" ")[0]
    text.set_text("\n".join(done) + (" ..." if words else ""))
    return text


def _fitting(text, words, width):
    """How many of the words fit into one line, found by halving."""
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _fits(text, " ".join(words[:middle]), width) else (low, middle - 1)
    return low


def _fits(text, line, width):
    text.set_text(line)
    return text.get_window_extent().width <= width


def apart(places, least):
    """The places of labels, moved as little as it takes to lie at least ``least`` from one another.

    >>> apart([1.0, 1.0, 5.0], 1.0).tolist()
    [0.5, 1.5, 5.0]
    """
    from scipy.optimize import isotonic_regression

    places = np.asarray(places, float)
    upwards = places.argsort(kind="stable")
    steps = least * np.arange(places.size)
    moved = np.empty_like(places)
    moved[upwards] = isotonic_regression(places[upwards] - steps).x + steps
    return moved
