"""Shared by all fuzz tests: number of cases, mutation of input, and what must hold for any input.

A case is accepted and run, or refused with one short line. Never a traceback, never longer than ``SECONDS``, never a
file outside the folders that were named, never another program, never unpickled code.
"""

import os
import re
import shutil
import signal
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from sim import cli

SECONDS = 10  # more is a hang
LONGEST_LINE = 2_500  # characters
TINY = ("--population", "2000", "--replicates", "1", "--years", "1", "--workers", "1")

FORM = {  # a case takes a tenth of a second and its changes are few: none is made smaller by trying
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
    "report_multiple_bugs": True,
}
settings.register_profile("long", **FORM)


def cases(few, many):
    """Return settings of a fuzz test: ``few`` equal cases in every test run, ``many`` fresh ones in the long one."""
    if settings.get_current_profile_name() == "long":
        return settings(settings.get_profile("long"), max_examples=many)
    return settings(**FORM, max_examples=few, derandomize=True, database=None)


# ---- what must hold

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.rmtree",
    "shutil.copyfile",
    "shutil.move",
}
NEVER = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect", "pickle.find_class"}
_watch = {"on": False, "seen": []}


def _hook(event, arguments):
    if not _watch["on"]:
        return
    if event == "open":
        path, mode, flags = arguments
        if isinstance(path, str | bytes) and (set(mode or "") & set("wax+") or (mode is None and flags & WRITES)):
            _watch["seen"].append(("open", os.fsdecode(path)))
    elif event in CHANGES:
        _watch["seen"].extend((event, os.fsdecode(path)) for path in arguments[:2] if isinstance(path, str | bytes))
    elif event in NEVER and not (event == "pickle.find_class" and _of_numba()):
        _watch["seen"].append((event, None))


def _of_numba():
    """Return whether numba is reading the kernels that it has compiled, from beside the code."""
    frame = sys._getframe()
    while frame and f"{os.sep}numba{os.sep}" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None


sys.addaudithook(_hook)


@contextmanager
def watched(*allowed):
    """Inside the block nothing is written but below ``allowed``, no program is started, and time is short."""

    def late(*_):
        raise AssertionError(f"took more than {SECONDS} s")

    before = [(name, signal.signal(name, late)) for name in (signal.SIGALRM, signal.SIGPROF)]
    signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of this process: others may be busy on the machine
    signal.setitimer(signal.ITIMER_REAL, 30 * SECONDS)
    _watch.update(on=True, seen=[])
    try:
        yield
    finally:
        _watch["on"] = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for name, handler in before:
            signal.signal(name, handler)
    roots = [Path(root).resolve() for root in (*allowed, os.environ["TALENTFLOW_CACHE"])]
    for event, path in _watch["seen"]:
        assert event not in NEVER, event
        where = Path(path).resolve()
        inside = "__pycache__" in where.parts or where.name == "null" or "matplotlib" in str(where)
        assert inside or any(where.is_relative_to(root) for root in roots), f"{event} outside: {path}"


def command(*arguments, out, ones=()):
    """Run a command line in this process and hold it to the contract.

    ``out`` is the only folder that it may write to; ``ones`` are the words that may come with exit code 1.

    Returns
    -------
    exit code, output, error output
    """
    said, complained, code = StringIO(), StringIO(), None
    with watched(out), redirect_stdout(said), redirect_stderr(complained):
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code or 0
    said, complained = said.getvalue(), complained.getvalue()
    hold_to_contract(code, said, complained, ones)
    return code, said, complained


def hold_to_contract(code, said, complained, ones=()):
    """The exit code and what was printed are those of a command that was done, or refused in one line."""
    assert code in (0, 2) or (code == 1 and any(word in complained + said for word in ones)), (code, complained[-500:])
    if code == 2:
        assert said == ""
        is_one_line(complained)
    assert not set(said + complained) & FORBIDDEN, "a control character reached the terminal"


def is_one_line(text):
    """It is one line, short enough to be read, of characters that a terminal shows as they are."""
    assert text.startswith("talentflow: "), text[:200]
    assert text.count("\n") == 1, text[:500]
    assert text.endswith("\n")
    assert len(text) <= LONGEST_LINE, f"{len(text)} characters"
    assert text[:-1].isprintable(), ascii(text[:300])


# what moves the cursor, colours, or turns the direction of what follows
FORBIDDEN = {
    chr(c) for c in [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
}


def refused(error_types, call, *arguments, out):
    """Call something of the library: what it returns, or None where it refuses in one line."""
    with watched(out):
        try:
            return call(*arguments)
        except error_types as error:
            is_one_line(f"talentflow: {error}\n")
            return None


@contextmanager
def folder(base):
    """An empty folder below ``base`` for one case; nothing of it is left after."""
    where = Path(base) / "case"
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir()
    yield where
    shutil.rmtree(where, ignore_errors=True)


# ---- input

NASTY = [
    "",
    " ",
    "0",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "-0",
    "1_0",
    "0x10",
    "1e-400",
    "9" * 400,
    "true",
    "none",
    "null",
    "../up",
    "/etc/passwd",
    "..\\up",
    "C:\\x",
    "~",
    "$HOME",
    "$(id)",
    "`id`",
    "; rm -rf x",
    "| id",
    "%s%n",
    "{{7*7}}",
    "{0}",
    "${7*7}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' OR 1=1 --",
    "__import__('os')",
    "a\0b",
    "\x1b[31mred\x1b[0m",
    "\x07",
    "\x9b31m",
    "\u202eltr",
    "\u2066x",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\r\n",
    "\t",
    "א",
    "ß",
    "İ",
    "🧑‍💻",
    "\ud7ff",
    "A" * 5_000,
    "[" * 200,
    "{" * 200,
    "a.b.c.d",
    "*",
    "**",
    "{a,b}",
    "{" + "a," * 600 + "}",
    "--help",
    "-",
    "--",
    "@",
    "=",
    "a=b=c",
    "nowhere",
    "usa",
    "sf_bay_area",
    "h1b_fee",
    "h1b_fee+h1b_fee",
    "+",
    "baseline",
    "share:usa",
]
BYTES = [
    b"\0",
    b"\xff",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\r",
    b"\r\n",
    b"\n",
    b'"',
    b"'''",
    b"[",
    b"]",
    b"{",
    b"=",
    b",",
    b"\x80",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    b"#",
    b"1" * 5_000,
    b"[" * 3_000,
    b"a" * 1_000_000,
    b"\x1a",
    b"\x89HDF\r\n\x1a\n",
]

nasty = st.sampled_from(NASTY) | st.text(max_size=30)
numbers = (
    st.sampled_from(
        [
            "nan",
            "inf",
            "-inf",
            "1e999",
            "-1e999",
            "0",
            "-0.0",
            "-1",
            "1",
            "2.5",
            "1e300",
            "-1e300",
            "1e-300",
            "1e15",
            "1_000",
            "0x10",
            "9" * 30,
            "9" * 5_000,
            "true",
            '"1"',
            "[]",
            "{}",
            "[1]",
            "2026-01-01",
            "12:00:00",
            "1979-05-27T07:32:00Z",
            '"none"',
        ]
    )
    | st.floats(width=32).map(repr)
    | st.integers(-10, 10**7).map(str)
)
dates = st.sampled_from(
    [
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "2025-09-21",
        "2026-01-01",
        "2026-06-15",
        "2027-01-01",
        '"2026-01-01"',
        "2026",
        "2026-01-01T00:00:00",
        "26-01-01",
        "nan",
    ]
) | st.dates().map(str)


@st.composite
def mutated(draw, content, most=4):
    """The bytes of a real file, changed in a few places."""
    data = bytearray(draw(st.sampled_from(content)) if isinstance(content, list) else content)
    for _ in range(draw(st.integers(1, most))):
        at = draw(st.integers(0, max(len(data), 1))) if len(data) else 0
        kind = draw(st.sampled_from(("flip", "insert", "delete", "cut", "double", "line", "swap", "number", "word")))
        if kind == "flip" and at < len(data):
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "insert":
            data[at:at] = draw(st.sampled_from(BYTES))
        elif kind == "delete":
            del data[at : at + draw(st.integers(1, 40))]
        elif kind == "cut":
            del data[at:]
        elif kind == "double":
            data[at:at] = data[at : at + draw(st.integers(1, 300))]
        elif kind in ("line", "swap"):
            lines = data.splitlines(keepends=True)
            if lines:
                one, other = (draw(st.integers(0, len(lines) - 1)) for _ in "ab")
                if kind == "line":
                    lines[one : one + draw(st.integers(0, 1))] = [lines[other]]
                else:
                    lines[one], lines[other] = lines[other], lines[one]
                data = bytearray(b"".join(lines))
        else:
            pattern, new = (rb"-?\d[\d_.]*", numbers) if kind == "number" else (rb"[A-Za-z_]{2,}", nasty)
            found = list(re.finditer(pattern, bytes(data[:200_000])))
            if found:
                hit = found[draw(st.integers(0, len(found) - 1))]
                data[hit.start() : hit.end()] = draw(new).encode("utf-8", "surrogatepass")
    return bytes(data)
