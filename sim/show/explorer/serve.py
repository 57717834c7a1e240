"""The server of the explorer and the worker processes behind it."""

import socket
import threading
import time
import webbrowser
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from sim.errors import UsageError
from sim.scenario.files import load
from sim.show.explorer.state import BASELINE, POPULATIONS, State, options_of, scenario_of
from sim.study import attribution
from sim.study.interactive import InteractiveStudy
from sim.study.workers import WorkerPool

# ------------------------------------------------------------------------------
# The one engine of a server, shared by all windows: what they ask is run by its hands, never by the page itself.
# ------------------------------------------------------------------------------


ROUGH_BELOW = 100_000  # larger worlds are preceded by a first answer of the smallest
WHY_PAIRS = 6  # pairs of the split over channels
KEPT = 24  # splits that are kept


@dataclass
class Settings:
    """What the command line said; the page reads it.

    Attributes
    ----------
    out : folder whose runs and sweeps may be opened
    workers : number of worker processes; one a core if None, none at all if 0
    """

    out: Path = Path("outputs")
    workers: int | None = None


SETTINGS = Settings()


@cache
def engine():
    """The engine; its processes start when first asked for."""
    return InteractiveStudy(WorkerPool(SETTINGS.workers))


def warm_up():
    """Start the processes and find the first draws, while the page is still loading."""
    engine().pool.start()
    threading.Thread(target=engine().draws, args=(options_of(State()), 2), daemon=True).start()


def is_empty(scenario):
    """Whether a scenario leaves everything as the baseline has it."""
    return not scenario.policies


def answers(state, tick=lambda done: None):
    """The answer to the levers of a state: rough at first, then settled; a large world after a small one.

    Yields
    ------
    PartialResult

    Raises
    ------
    TalentflowError in one line
    """
    arms, options = {"scenario": scenario_of(state)}, options_of(state)
    if options.population > ROUGH_BELOW:
        first = options_of(replace(state, population=POPULATIONS[0], pairs=min(2, state.pairs)))
        for told in engine().answers(arms, load(BASELINE), first, tick):
            yield replace(told, total=max(state.pairs, told.done + 1))  # not settled, however few are asked for
    yield from engine().answers(arms, load(BASELINE), options, tick)


def compared(state, tick=lambda done: None):
    """The same for the levers beside other scenarios, all on the same pairs.

    Raises
    ------
    UsageError where fewer than two different scenarios are left
    """
    scenarios = [scenario_of(state), *map(load, state.beside)]
    arms = {scenario.name: scenario for scenario in scenarios if not is_empty(scenario)}
    if len(arms) < 2:
        raise UsageError("choose two scenarios that differ: move a lever or take a preset, and one or two beside it")
    yield from engine().answers(arms, load(BASELINE), options_of(state), tick)


_splits = {}


def why(state, measure, progress=lambda done, total: None):
    """An effect split over channels, on the first few of the same pairs.

    Parameters
    ----------
    measure : str, a measure with a single value
    progress : function of (pairs done, pairs in all)

    Returns
    -------
    pandas.DataFrame, see ``results.parts.parts_table``
    """
    scenario = scenario_of(state)
    options = options_of(replace(state, population=POPULATIONS[0], pairs=min(WHY_PAIRS, state.pairs)))
    key = (scenario.policies, options.seed, options.years, options.replicates, state.beliefs, measure)
    if key not in _splits:
        lab = engine().experiment(replace(options, progress=progress))
        while len(_splits) >= KEPT:
            _splits.pop(next(iter(_splits)))
        _splits[key] = attribution.table_of(lab, scenario, load(BASELINE), measure, "channels")
    return _splits[key]


# ------------------------------------------------------------------------------
# The server of the page: on this machine alone unless told otherwise, and nothing asks an outside address.
# ------------------------------------------------------------------------------


PAGE = Path(__file__).with_name("page.py")
PORTS = range(8501, 8600)  # tried in this order where none is asked for
MISSING = "needs streamlit and plotly: pip install 'talentflow[explorer]'"
OPTIONS = {
    "server.headless": "true",
    "browser.gatherUsageStats": "false",
    "server.fileWatcherType": "none",
    "server.maxUploadSize": "1",
    "client.toolbarMode": "minimal",
    "server.showEmailPrompt": "false",
    "theme.light.primaryColor": "#0b4f8a",
    "theme.dark.primaryColor": "#74b8f5",
    "logger.level": "error",
}


def serve(settings, port=None, host="127.0.0.1", browser=True, say=lambda words: None):
    """Serve the page until interrupted.

    Parameters
    ----------
    settings : ``engine.Settings`` as a dict: out, workers
    port : int, or None for the first free one from 8501 on
    host : address to listen on; anything but this machine's own is said to be open to others
    browser : whether to open one
    say : function of a line that the user must read

    Raises
    ------
    UsageError where the extra is not installed, or the port is taken
    """
    try:
        import plotly  # noqa: F401
        from streamlit.web.cli import main
    except ImportError:
        raise UsageError("explore", MISSING) from None
    port = free_port(port, host)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"

    for name, value in settings.items():
        setattr(SETTINGS, name, value)
    warm_up()
    if not is_local(host):
        say(
            f"listening on {host}: whoever reaches port {port} of this machine can run scenarios on it and read the "
            f"runs in {SETTINGS.out}; there is no password and no encryption"
        )
    say(f"explorer: {address} (Ctrl+C ends it)")
    if browser:
        threading.Thread(target=_open, args=(host, port, address), daemon=True).start()
    flags = [f"--{name}={value}" for name, value in OPTIONS.items()]
    try:
        main(["run", str(PAGE), f"--server.port={port}", f"--server.address={host}", *flags], standalone_mode=False)
    finally:
        engine().pool.stop()


def is_local(host):
    """Whether an address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(port, host):
    """The port asked for, or the first one that is free.

    Raises
    ------
    UsageError
    """
    for asked in PORTS if port is None else (port,):
        try:
            with socket.create_server((host, asked)):
                return asked
        except OSError as why:
            problem = why.strerror or str(why)
    raise UsageError(f"--port {port}" if port else "explore", f"cannot listen on {host}: {problem}")


def _open(host, port, address):
    """Open a browser once the server answers."""
    for _ in range(100):
        try:
            socket.create_connection((host, port), 0.2).close()
            break
        except OSError:
            time.sleep(0.1)
    webbrowser.open(address)
