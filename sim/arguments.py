"""Convert arguments from users, paths, numbers and lists of any library, to plain Python; refuse others in one line."""

import math
import operator
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from sim.errors import TalentflowError, UsageError


def user_path(path: str | Path) -> Path:
    """Return the path with a leading ``~`` or ``~name`` replaced by the home folder; raise UsageError if it is unknown.

    Shells expand a tilde at the beginning of a word, but not after ``=`` or in quotes, and Python does not.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:  # no such user, or no home
        raise UsageError(path, "the home that ~ stands for is not known") from None
    except TypeError:
        raise UsageError(f"{path!r:.60}", "is not a path") from None


# names that Windows keeps for devices, whatever their suffix: a folder with such a file cannot be copied there
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


def is_device(name: str) -> bool:
    """Tell whether Windows takes a file name for a device.

    >>> is_device("Con"), is_device("nul.toml"), is_device("console")
    (True, True, False)
    """
    return name.partition(".")[0].strip().lower() in DEVICES


def new_path(path: str | Path) -> Path:
    """Return the path of something to write, as :func:`user_path` does; raise UsageError for the name of a device."""
    for part in user_path(path).parts:
        if is_device(part):
            raise UsageError(path, f"{part} is the name of a device on Windows: choose another")
    return user_path(path)


def whole(value: Any, what: str, error: type[TalentflowError] = UsageError) -> int:
    """Return a whole number of Python, numpy or pandas as an int; raise ``error`` for others, such as 2.5 or True.

    ``what`` names the argument in the message.

    >>> import numpy as np
    >>> whole(np.int64(2), "replicates"), whole(4.0, "replicates")
    (2, 4)
    """
    number = real(value, what, error, "a whole number")
    if not number == int(number):
        raise error(what, f"{value!r} is not a whole number")
    try:
        return operator.index(value)  # exact, however many digits
    except TypeError:
        return int(number)


def real(value: Any, what: str, error: type[TalentflowError] = UsageError, kind: str = "a number") -> float:
    """Return a finite number of Python, numpy or pandas as a float; raise ``error`` for True, text, NaN and others.

    ``what`` names the argument and ``kind`` the expected kind of value in the message.

    >>> import numpy as np
    >>> real(np.float32(0.5), "share")
    0.5
    """
    if not is_number(value):
        raise error(what, f"{value!r:.60} is not {kind}")
    try:
        number = float(value)
    except OverflowError:
        raise error(what, "a number of too many digits") from None
    if not math.isfinite(number):
        raise error(what, f"{value!r} is not {kind}")
    return number


def is_number(value: Any) -> TypeGuard[float]:
    """Tell whether a value is a single real number of Python or a library; True and False are not numbers."""
    if isinstance(value, int | float):
        return not isinstance(value, bool)
    kind = getattr(getattr(value, "dtype", None), "kind", "")  # numpy and pandas scalars
    return bool(kind) and kind in "iuf" and getattr(value, "ndim", 1) == 0


# digits, in groups of three if , or _ stands between them, a point and an exponent
WRITTEN = r"\s*[-+]?(\d{1,3}(,\d{3})+|\d{1,3}(_\d{3})+|\d+)?(\.\d*)?([eE][-+]?\d+)?\s*"


def number_of(text: Any) -> float:
    """Return the finite number that a person has written, or a number of any library; raise ValueError for others.

    A comma or an underscore groups three digits: a decimal comma is no number.

    >>> number_of("250_000"), number_of("1,200.5")
    (250000.0, 1200.5)
    """
    if not is_number(text) and not (isinstance(text, str) and re.fullmatch(WRITTEN, text, re.ASCII)):
        raise ValueError(f"{text!r:.60} is not a number")
    number = float(text.replace(",", "") if isinstance(text, str) else text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r:.60} is not a number")
    return number


def span(ends: Any, what: str) -> tuple[float, float]:
    """Return (low, high), two rising numbers, either of which may be infinite; raise UsageError for anything else.

    >>> span([0, 5], "within")
    (0.0, 5.0)
    """
    given = listed(ends)
    if len(given) != 2 or not all(map(is_number, given)) or not given[0] < given[1]:
        raise UsageError(what, f"{ends!r:.60} is no range (low, high)")
    return float(given[0]), float(given[1])


def listed(values: Any) -> list:
    """Return several values as a list; a single value, such as a text or a path, is a list of one.

    >>> listed("h1b_fee"), listed(("a", "b"))
    (['h1b_fee'], ['a', 'b'])
    """
    if isinstance(values, str | bytes | Path | Mapping) or not isinstance(values, Iterable):
        return [values]
    return list(values)
