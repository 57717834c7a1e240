"""The server of the page: it confirms a setting by paired runs in the background, one at a time, and tells each tab.

The standard library's threading server, on this machine alone unless another address is given. A page is given a
secret; every request but that for the page itself must show it. Nothing is written, and no upload runs code.
"""

import errno
import json
import secrets
import socket
import threading
import time
import webbrowser
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from queue import Empty, Full, Queue
from socketserver import TCPServer
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from sim.arguments import is_number
from sim.errors import TalentflowError, UsageError, one_line
from sim.results.money import discount
from sim.show.page import page_html, stale_notice
from sim.study.interactive import InteractiveStudy
from sim.study.options import Options
from sim.study.response_table import BAND_YEARS, CAUSES, ResponseTable, scenario_of
from sim.study.workers import WorkerPool

PORTS = range(8501, 8600)  # tried in this order where none is asked for
BEAT = 10.0  # seconds between two signs of life on a stream
MOST_TABS = 32
MOST_BODY = 20_000  # bytes of a request
MOST_SAVED = 200  # runs in the list
PATIENCE = 30  # seconds for a request to arrive
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# a saved report is shown as a document of nobody: it runs nothing and asks nobody
SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


# --- The engine: one study at a time --------------------------------------------------------------


class Replaced(Exception):
    """A newer request of the same tab, or a closed tab, ends the work."""


@dataclass
class Tab:
    """A window of the page: the events that are sent to it, and the request that it waits for."""

    events: Queue = field(default_factory=lambda: Queue(100))
    wanted: dict | None = None  # the newest request
    streams: int = 0  # open streams


class Engine:
    """Runs the newest request of each tab, one after another, in a thread of its own.

    Parameters
    ----------
    workers : number of worker processes; one a core if None, none at all if 0
    settings : dict of population, replicates, years, start and seed: those of the table
    """

    def __init__(self, workers, settings) -> None:
        self.study, self.settings = InteractiveStudy(WorkerPool(workers)), settings
        self.tabs: OrderedDict[str, Tab] = OrderedDict()
        self.lock, self.work = threading.Condition(), None
        self.is_closed = False

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, daemon=True).start()

    def close(self) -> None:
        """End the thread and the worker processes."""
        with self.lock:
            self.is_closed = True
            self.lock.notify_all()
        self.study.pool.stop()

    def tab(self, name) -> Tab:
        """Return the tab of a name; a new one takes the place of the oldest that nobody listens to.

        Raises
        ------
        UsageError where too many windows are open
        """
        with self.lock:
            if name not in self.tabs and len(self.tabs) >= MOST_TABS:
                idle = next((key for key, tab in self.tabs.items() if not tab.streams), None)
                if idle is None:
                    raise UsageError("explore", f"{MOST_TABS} windows are open: close one")
                del self.tabs[idle]
            return self.tabs.setdefault(name, Tab())

    def ask(self, name, request) -> None:
        """Note a checked request as the newest of its tab."""
        tab = self.tab(name)
        with self.lock:
            tab.wanted = request
            self.lock.notify_all()

    def _run(self) -> None:
        """Take requests in turn, the tab that waited longest first, until closed."""
        while not self.is_closed:
            with self.lock:
                # the tab that has waited longest, or sleep until one asks
                name = next((key for key, tab in self.tabs.items() if tab.wanted), None)
                if name is None:
                    self.lock.wait(1)
                    continue
                tab = self.tabs[name]
                request = tab.wanted or {}
            try:
                self._answer(tab, request)
            except Replaced:
                # a closed tab waits for nothing any more; a newer request of an open one is taken next
                if tab.streams:
                    continue
            except TalentflowError as why:
                tell(tab, "problem", {"id": request["id"], "words": one_line(str(why))})
            except Exception as why:  # any: this thread serves all windows and must go on
                tell(tab, "problem", {"id": request["id"], "words": one_line(f"not confirmed: {why}")})
            with self.lock:
                # a newer request of the same tab stays; the tab goes to the end of the line
                if tab.wanted is request:
                    tab.wanted = None
                if name in self.tabs:
                    self.tabs.move_to_end(name)

    def _answer(self, tab, request) -> None:
        """Run a request, and tell its tab how far it is and what came out."""

        def tick(done) -> None:
            # stop between two replicates if the tab has moved on or is closed
            if self.is_closed or tab.wanted is not request or not tab.streams:
                raise Replaced
            if done != reported[0]:
                reported[0] = done
                tell(tab, "progress", {"id": request["id"], "done": done, "total": options.replicates})

        options, reported = request["options"], [-1]
        arms = {"scenario": request["scenario"]}
        result = self.study.answer(arms, request["baseline"], options, tick)
        tell(tab, "answer", {"id": request["id"], **effects_of(result)})


def tell(tab, kind, value) -> None:
    """Queue an event for a tab; one that does not listen misses it."""
    with suppress(Full):
        tab.events.put_nowait(f"event: {kind}\ndata: {json.dumps(value, allow_nan=False)}\n\n")


def effects_of(result) -> dict:
    """Return the effects of a result as the page's own table has them, in persons: flat lists.

    ``country`` (replicate, band year, country), ``hub`` (year, hub), ``spread`` (band year, hub), ``causes`` (cause,
    country), ``money`` (replicate, of ``response_table.MONEY``, country), ``base_country`` and ``base_hub`` (time, hub)
    """
    data = result.data
    # people by hub and January, in both arms
    stock = data.stock.sum("tier").transpose("arm", "replicate", "time", "hub")
    base, ours = (stock.sel(arm=arm).values for arm in ("baseline", "scenario"))
    codes = data.hub_country.values.astype(str)
    countries = list(dict.fromkeys(codes))
    inside = (np.array(countries) == codes[:, None]).astype(float)  # hub, country
    band, effect = list(BAND_YEARS), ours - base
    # flows over all years, moves inside a country left out
    across = codes[:, None] != codes
    causes = []
    for name in CAUSES:
        source = name if name in ("entrants", "exits") else "flow"
        values = data[source].sum("year")
        values = (values.sel(arm="scenario") - values.sel(arm="baseline")).mean("replicate")
        if source == "flow":
            axis = 0 if name == "arrivals" else 1
            causes.append((values.transpose("origin", "destination").values * across).sum(axis=axis) @ inside)
        else:
            causes.append((values.sum("tier") if "tier" in values.dims else values).values @ inside)
    # public money, and engineer-years, each discounted as the measure cost_per_engineer has it
    fiscal = data.fiscal.sum("part").sel(country=countries).transpose("arm", "replicate", "year", "country").values
    people = ((stock.values[:, :, :-1] + stock.values[:, :, 1:]) / 2) @ inside
    extra_cost, extra_people, factor = (
        fiscal[1] - fiscal[0],
        people[1] - people[0],
        discount(data.sizes["year"])[:, None],
    )
    money = [extra_cost.mean(axis=1), (extra_cost * factor).sum(axis=1), (extra_people * factor).sum(axis=1)]
    plain = {
        "country": effect[:, band] @ inside,
        "hub": effect[:, 1:].mean(axis=0),
        "spread": effect[:, band].std(axis=0),
        "causes": np.array(causes),
        "money": np.stack(money, axis=1),
        "base_country": base[:, band] @ inside,
        "base_hub": base.mean(axis=0),
    }
    return {"pairs": len(base)} | {name: np.round(value, 4).ravel().tolist() for name, value in plain.items()}


def read_request(text, settings) -> tuple[str, dict]:
    """Check a request for confirmation; return the name of its tab, and what is to be run.

    Raises
    ------
    UsageError, ScenarioError, AssumptionError
    """
    try:
        # the body must be one JSON object with these keys and types
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError("request", "is not JSON") from None
    if not isinstance(given, dict) or set(given) != {"tab", "id", "values", "base", "beliefs"}:
        raise UsageError("request", "needs tab, id, values, base and beliefs")
    if not all(isinstance(given[key], dict) for key in ("values", "base", "beliefs")):
        raise UsageError("request", "values, base and beliefs are tables")
    if not isinstance(given["id"], int) or isinstance(given["id"], bool):
        raise UsageError("request", "id is no whole number")
    # unknown assumptions and levers are refused by the code that the commands use
    beliefs = given["beliefs"]
    if not all(is_number(value) for value in beliefs.values()):
        raise UsageError("request", "a belief is a number")
    options = Options(**settings, assumptions=beliefs or None).checked()
    options.declared()
    return tab_name(given["tab"]), {
        "id": given["id"],
        "scenario": scenario_of(given["values"]),
        "baseline": scenario_of(given["base"]),
        "options": options,
    }


def tab_name(text) -> str:
    """Check the name of a tab: 24 hexadecimal digits."""
    if not isinstance(text, str) or len(text) != 24 or set(text) - set("0123456789abcdef"):
        raise UsageError("request", "tab is no name of a window")
    return text


# --- The server -----------------------------------------------------------------------------------


class Server(ThreadingHTTPServer):
    """Serves one page and its confirmations.

    Parameters
    ----------
    address : (host, port)
    table : ResponseTable
    engine : Engine
    out : folder whose runs may be opened
    """

    daemon_threads = True

    def __init__(self, address, table, engine, out) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.engine, self.out, self.token = engine, Path(out), secrets.token_urlsafe(24)
        super().__init__(address, Handler)
        self.page = page_html(table, self.token, stale_notice(table)).encode()

    def server_bind(self) -> None:
        """Bind the address, without asking a name server what this machine is called."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request, client_address) -> None:
        """Say nothing of a window that was closed while it was being written to."""

    def hosts(self) -> set[str]:
        """Return the names by which a browser may call this server."""
        host, port = self.server_name, self.server_port
        names = {host, "127.0.0.1", "localhost", "[::1]"} if is_local(host) else set()
        return {f"{f'[{name}]' if name.count(':') > 1 and name[0] != '[' else name}:{port}" for name in names}


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    server: Server
    timeout = PATIENCE
    server_version, sys_version = "talentflow", ""

    def log_message(self, *_) -> None:
        """Write no log."""

    def do_GET(self) -> None:
        """Send the page, the stream of events of a tab, or the saved runs."""
        path = urlsplit(self.path)
        if not self._is_called_rightly():
            return
        # the page is open to whoever reaches the port; all else needs its secret
        if path.path == "/":
            self._send(200, self.server.page, "text/html; charset=utf-8")
        elif path.path == "/events":
            query = parse_qs(path.query)
            if self._has_token(query.get("token", [""])[0]):
                self._stream(query.get("tab", [""])[0])
        elif path.path == "/saved":
            if self._has_token(self.headers.get("X-Talentflow", "")):
                self._json(saved_runs(self.server.out))
        elif path.path.startswith("/saved/"):
            self._report(unquote(path.path.removeprefix("/saved/")))
        elif path.path == "/favicon.ico":
            self._send(204, b"", "image/x-icon")
        else:
            self._say(404, "there is no such page")

    def do_POST(self) -> None:
        """Take a request for confirmation."""
        if not self._is_called_rightly() or not self._has_token(self.headers.get("X-Talentflow", "")):
            return
        length = self.headers.get("Content-Length", "")
        # refuse what is no request of the page, before its body is read
        if urlsplit(self.path).path != "/confirm":
            self._say(404, "there is no such page")
        elif not length.isdecimal() or int(length) > MOST_BODY:
            self._say(413, f"a request has at most {MOST_BODY:,} bytes")
        elif self.headers.get_content_type() != "application/json":
            self._say(415, "a request is JSON")
        else:
            try:
                tab, request = read_request(self.rfile.read(int(length)), self.server.engine.settings)
                self.server.engine.ask(tab, request)
                self._send(202, b"", "text/plain")
            except TalentflowError as why:
                self._say(400, one_line(str(why)))

    def _is_called_rightly(self) -> bool:
        """Refuse requests by another name or from another site's page: no foreign page may use this server."""
        hosts, host, origin = self.server.hosts(), self.headers.get("Host", ""), self.headers.get("Origin")
        if (hosts and host not in hosts) or (origin is not None and origin != f"http://{host}"):
            self._say(403, "this address is not that of talentflow explore")
            return False
        return True

    def _has_token(self, text) -> bool:
        if not secrets.compare_digest(text.encode(), self.server.token.encode()):
            self._say(403, "this window belongs to another run of talentflow explore: load the page again")
            return False
        return True

    def _stream(self, name) -> None:
        """Send the events of a tab, and a beat where nothing happens, until the window is closed."""
        try:
            tab = self.server.engine.tab(tab_name(name))
        except UsageError as why:
            self._say(400, one_line(str(why)))
            return
        # an event stream has no length and ends with the connection
        self.close_connection = True
        tab.streams += 1
        try:
            self.send_response(200)
            for key, value in {**HEADERS, "Content-Type": "text/event-stream"}.items():
                self.send_header(key, value)
            self.end_headers()
            while not self.server.engine.is_closed:
                try:
                    # a beat tells both sides that the connection lives
                    event = tab.events.get(timeout=BEAT)
                except Empty:
                    event = "event: beat\ndata: 1\n\n"
                self.wfile.write(event.encode())
                self.wfile.flush()
        except OSError:
            pass  # the window is closed
        finally:
            tab.streams -= 1

    def _report(self, folder) -> None:
        """Send the report of a saved run, which may run nothing."""
        if folder not in {row["folder"] for row in saved_runs(self.server.out)}:
            self._say(404, "there is no such run")
            return
        content = (self.server.out / folder / "report.html").read_bytes()
        self._send(200, content, "text/html; charset=utf-8", SANDBOX)

    def _json(self, value) -> None:
        self._send(200, json.dumps(value).encode(), "application/json")

    def _say(self, status, words) -> None:
        self.close_connection = True
        self._send(status, f"{words}\n".encode(), "text/plain; charset=utf-8")

    def _send(self, status, content, kind, policy="") -> None:
        self.send_response(status)
        for key, value in HEADERS.items():
            self.send_header(key, value)
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)


def saved_runs(out) -> list[dict]:
    """Return the saved runs of a folder that have a report, newest first: ``folder`` and ``title``."""
    runs = []
    for path in Path(out).glob("*/run.json") if Path(out).is_dir() else ():
        report = path.parent / "report.html"
        # a link could lead out of the folder
        if path.is_symlink() or path.parent.is_symlink() or report.is_symlink() or not report.is_file():
            continue
        with suppress(OSError, ValueError):
            title = json.loads(path.read_text(encoding="utf-8")).get("title", "")
            when = path.stat().st_mtime
            runs.append((when, {"folder": path.parent.name, "title": one_line(str(title))[:300]}))
    return [row for _, row in sorted(runs, key=lambda pair: -pair[0])[:MOST_SAVED]]


def serve(out, workers=None, port=None, host="127.0.0.1", browser=True, say=lambda words: None, **settings) -> None:
    """Serve the page until interrupted.

    Parameters
    ----------
    out : folder whose runs may be opened
    workers : number of worker processes; one a core if None, none at all if 0
    port : int, or None for the first free one from 8501 on
    host : address to listen on; anything but this machine's own is said to be open to others
    browser : whether to open one
    say : function of a line that the user must read
    settings : population and replicates of the confirming runs; those of the table if left out

    Raises
    ------
    UsageError where the port is taken, or the table is missing
    """
    table = ResponseTable.load()
    # size and seed of a confirming run: those of the table, unless the user has set others
    given = {key: table.header[key] for key in ("population", "replicates", "years", "start", "seed")}
    given |= {key: value for key, value in settings.items() if value is not None}
    Options(**given).checked()
    engine = Engine(workers, given)
    server = _listening(port, host, partial(Server, table=table, engine=engine, out=out))
    port = server.server_address[1]
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else f'[{host}]' if ':' in host else host}:{port}"
    # reachable from other machines: say what that means
    if not is_local(host):
        say(
            f"listening on {host}: whoever reaches port {port} of this machine can run scenarios on it and read the "
            f"runs in {out}; there is no password and no encryption"
        )
    say(f"explorer: {address} (Ctrl+C ends it)")
    if browser:
        threading.Thread(target=_open, args=(address,), daemon=True).start()
    engine.start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        engine.close()


def is_local(host) -> bool:
    """Return whether an address is reached from this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(port, host, make) -> Server:
    """Return a server on the port asked for, or on the first one that is free.

    Raises
    ------
    UsageError
    """
    problem = ""
    for asked in PORTS if port is None else (port,):
        try:
            return make((host, asked))
        except OSError as why:
            problem = why.strerror or str(why)
            if why.errno != errno.EADDRINUSE:
                break
    raise UsageError(f"--port {port}" if port else "explore", f"cannot listen on {host}: {problem}")


def _open(address) -> None:
    """Open a browser; the server listens already."""
    time.sleep(0.1)
    webbrowser.open(address)
