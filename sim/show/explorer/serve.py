"""The server of the page: on this machine alone unless told otherwise, and nothing asks an outside address."""

import socket
import threading
import time
import webbrowser
from ipaddress import ip_address
from pathlib import Path

from sim.errors import UsageError

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
    from sim.show.explorer import engine

    for name, value in settings.items():
        setattr(engine.SETTINGS, name, value)
    engine.warm_up()
    if not is_local(host):
        say(
            f"listening on {host}: whoever reaches port {port} of this machine can run scenarios on it and read the "
            f"runs in {engine.SETTINGS.out}; there is no password and no encryption"
        )
    say(f"explorer: {address} (Ctrl+C ends it)")
    if browser:
        threading.Thread(target=_open, args=(host, port, address), daemon=True).start()
    flags = [f"--{name}={value}" for name, value in OPTIONS.items()]
    try:
        main(["run", str(PAGE), f"--server.port={port}", f"--server.address={host}", *flags], standalone_mode=False)
    finally:
        engine.engine().pool.stop()


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
