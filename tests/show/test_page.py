"""The page and its server: one file that asks nobody, and a server that serves this machine's own page and no other."""

import base64
import gzip
import hashlib
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sim.scenario.files import load, loads
from sim.show import page
from sim.show.page import server as serving
from sim.study import response_table as rt
from sim.study.run import run

TAB = "0" * 24


@pytest.fixture(scope="module")
def table():
    return rt.ResponseTable.load()


@pytest.fixture(scope="module")
def html(table):
    """The page as it is exported."""
    return page.page_html(table)


# ---- the page


def test_the_page_is_one_small_file_that_asks_nobody(html):
    assert len(html.encode()) < 3_000_000
    assert "connect-src &#39;none&#39;" in html
    assert not re.findall(r"<(?:link|img|iframe|object|embed)\b|<script[^>]+src=", html)
    assert "url(" not in (page.FOLDER / "page.css").read_text()


def test_only_the_scripts_of_the_page_may_run(html):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)[1].replace("&#39;", "'")
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    assert {base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts} == allowed
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy
    own = (page.FOLDER / "page.js").read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", own)


def test_what_the_page_holds_cannot_leave_its_element():
    held = page._embedded({"title": "</script><script>alert(1)</script>"})
    assert "<" not in held
    assert json.loads(held)["title"].startswith("</script>")


def test_the_licences_of_the_libraries_are_in_the_page(html):
    assert "Mike Bostock" in html
    assert html.count("Permission to use, copy, modify") == 2


def test_every_preset_is_a_setting_of_the_table():
    for title, values in (*page.PRESETS, ("opening", page.OPENING)):
        assert rt.scenario_of(values).policies, title


def test_the_page_holds_the_table_as_it_is(table):
    rows, packed = page.packed(table)
    data = gzip.decompress(base64.b64decode(packed))
    for row in rows:
        array = np.frombuffer(data, row["type"], int(np.prod(row["shape"])), row["offset"]).reshape(row["shape"])
        assert np.array_equal(array, table.arrays[row["name"]])


def test_export_writes_one_file(tmp_path, talentflow):
    code, out, err = talentflow("explore", "--export", tmp_path / "page.html")
    assert (code, err) == (0, "")
    assert out.strip() == str(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_stale_table_says_so(table):
    old = rt.ResponseTable(table.header | {"digest": "0"}, table.arrays)
    assert page.stale_notice(old) == "This table was made by another version: the model or the world has changed."


# ---- confirmation


def test_confirmed_effects_are_laid_out_as_the_table():
    result = run(rt.scenario_of({"fee": 100_000}), population=2000, replicates=2, workers=1)
    told = serving.effects_of(result)
    stock = result.data.stock.sum("tier")
    effect = (stock.sel(arm="scenario") - stock.sel(arm="baseline")).values
    assert told["pairs"] == 2
    assert np.reshape(told["hub"], (10, -1)) == pytest.approx(effect[:, 1:].mean(axis=0), abs=1e-3)
    country = np.reshape(told["country"], (2, len(rt.BAND_YEARS), -1))
    assert country.sum(axis=2) == pytest.approx(effect[:, list(rt.BAND_YEARS)].sum(axis=2), abs=1e-2)
    arrivals, departures, entrants, exits = np.reshape(told["causes"], (4, -1))
    assert arrivals - departures + entrants - exits == pytest.approx(country[:, -1].mean(axis=0), abs=1e-2)


class Study:
    """A study that notes what it is asked, and answers when it is let."""

    def __init__(self):
        self.asked, self.go = [], threading.Event()
        self.pool = type("Pool", (), {"stop": lambda self: None})()

    def answer(self, arms, baseline, options, tick):
        self.asked.append(arms["scenario"].title)
        while not self.go.is_set():
            tick(0)
            time.sleep(0.01)
        return {}


@pytest.fixture
def engine(monkeypatch):
    monkeypatch.setattr(serving, "effects_of", dict)
    made = serving.Engine(0, {"population": 2000, "replicates": 2, "years": 10, "start": 2026, "seed": 0})
    made.study = Study()
    made.start()
    yield made
    made.study.go.set()
    made.close()


def body(**changes):
    return json.dumps({"tab": TAB, "id": 1, "values": {"fee": 5}, "base": {}, "beliefs": {}} | changes)


def until(true):
    for _ in range(500):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def test_a_newer_request_replaces_the_older_one(engine):
    engine.tab(TAB).streams = 1
    for fee in (1000, 2000, 3000):
        engine.ask(*serving.read_request(body(values={"fee": fee}), engine.settings))
        until(lambda: engine.study.asked)
    until(lambda: "3,000" in engine.study.asked[-1])
    # the older requests are given up unanswered, each asked once at most
    assert [title.count("1,000") for title in engine.study.asked] == [1] + [0] * (len(engine.study.asked) - 1)
    engine.study.go.set()
    until(lambda: engine.tab(TAB).wanted is None)
    assert "3,000" in engine.study.asked[-1]


def test_a_closed_window_holds_up_no_other(engine):
    closed, other = engine.tab(TAB), "1" * 24
    closed.streams = engine.tab(other).streams = 1
    engine.ask(*serving.read_request(body(values={"fee": 1000}), engine.settings))
    until(lambda: engine.study.asked)
    closed.streams = 0
    engine.ask(*serving.read_request(body(tab=other, values={"fee": 2000}), engine.settings))
    until(lambda: "2,000" in engine.study.asked[-1])
    assert closed.wanted is None
    assert len(engine.study.asked) == 2


def test_no_more_windows_than_the_limit(engine, monkeypatch):
    monkeypatch.setattr(serving, "MOST_TABS", 2)
    first = engine.tab("a")
    first.streams = engine.tab("b").streams = 1
    with pytest.raises(serving.UsageError, match="windows are open"):
        engine.tab("c")
    first.streams = 0
    assert engine.tab("c").streams == 0


# ---- the server


@pytest.fixture
def server(table, engine, tmp_path):
    """A server of this machine; a run with a report lies in its folder."""
    (tmp_path / "one-123").mkdir()
    (tmp_path / "one-123" / "run.json").write_text('{"title": "A <b>run</b>"}')
    (tmp_path / "one-123" / "report.html").write_text("<h1>Report</h1>")
    (tmp_path / "secret.html").write_text("secret")
    made = serving.Server(("127.0.0.1", 0), table, engine, tmp_path)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def asked(server, path="/", method="GET", content=None, **headers):
    """Status, headers and text of an answer."""
    link = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    link.request(method, path, content, {key.replace("_", "-"): value for key, value in headers.items()})
    answer = link.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def confirm(server, content, **headers):
    known = {"X_Talentflow": server.token, "Content_Type": "application/json"}
    return asked(server, "/confirm", "POST", content, **(known | headers))


def test_the_page_has_the_secret_of_its_server(server):
    status, headers, text = asked(server)
    assert status == 200
    assert f'name="talentflow-token" content="{server.token}"' in text
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers or "Python" not in headers["Server"]


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_other_names_and_other_sites_are_refused(server, headers):
    for path in ("/", "/saved", f"/events?tab={TAB}&token={server.token}"):
        assert asked(server, path, **headers)[0] == 403
    assert confirm(server, body(), **headers)[0] == 403


def test_without_the_secret_nothing_is_run_or_listed(server):
    assert confirm(server, body(), X_Talentflow="")[0] == 403
    assert asked(server, "/saved")[0] == 403
    assert asked(server, f"/events?tab={TAB}&token=x")[0] == 403
    assert server.engine.study.asked == []


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "1",
        "[" * 5000,
        body(id="1"),
        body(tab="../x"),
        body(values={"fee": -1}),
        body(values={"fees": 1}),
        body(values=[1]),
        body(values={"fee": "1; import os"}),
        body(beliefs={"b_pay": 1e9}),
        body(beliefs={"nothing": 1}),
        body(beliefs={"b_pay": "x"}),
        body(more=1),
        '{"tab": NaN}',
    ],
)
def test_senseless_requests_are_refused_in_one_line(server, content):
    status, _, text = confirm(server, content)
    assert status == 400
    assert len(text.splitlines()) == 1
    assert "Traceback" not in text


def test_large_requests_and_other_kinds_are_refused(server):
    assert confirm(server, "x" * (serving.MOST_BODY + 1))[0] == 413
    assert confirm(server, body(), Content_Type="text/plain")[0] == 415
    assert asked(server, "/run", "POST", "{}", X_Talentflow=server.token)[0] == 404
    assert asked(server, "/../pyproject.toml")[0] == 404
    assert asked(server, "/", "PUT")[0] == 501


def test_saved_reports_run_and_read_nothing_else(server):
    status, _, text = asked(server, "/saved", X_Talentflow=server.token)
    assert json.loads(text) == [{"folder": "one-123", "title": "A <b>run</b>"}]
    status, headers, text = asked(server, "/saved/one-123")
    assert (status, text) == (200, "<h1>Report</h1>")
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    for path in ("/saved/..", "/saved/..%2Fsecret.html", "/saved/%2e%2e", "/saved/one-123%2Frun.json"):
        assert asked(server, path)[0] == 404


def test_a_stream_beats_and_tells(server, monkeypatch):
    monkeypatch.setattr(serving, "BEAT", 0.05)
    link = http.client.HTTPConnection(*server.server_address[:2], timeout=10)
    link.request("GET", f"/events?tab={TAB}&token={server.token}")
    answer = link.getresponse()
    assert answer.getheader("Content-Type") == "text/event-stream"
    assert answer.readline() == b"event: beat\n"
    serving.tell(server.engine.tab(TAB), "problem", {"id": 1, "words": "no"})
    lines = iter(answer.readline, b"")
    assert any(line == b"event: problem\n" for line in lines)
    link.close()


# ---- the command


def test_help_is_quick_and_needs_no_numbers():
    code = (
        "import sys; from sim.cli import main\ntry: main(['explore', '--help'])\nexcept SystemExit: pass\n"
        "print(*({'numpy', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--export" in done.stdout
    assert done.stderr.strip() == ""


@pytest.fixture
def started(monkeypatch):
    """Servers end as soon as they serve."""
    monkeypatch.setattr(serving.Server, "serve_forever", lambda self: None)
    monkeypatch.setattr(serving.Engine, "start", lambda self: None)


def test_a_taken_port_is_one_line(started, talentflow):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        code, _, err = talentflow("explore", "--no-browser", "--port", taken)
    assert code == 2
    assert err.startswith(f"talentflow: --port {taken}: cannot listen on 127.0.0.1: ")
    assert len(err.splitlines()) == 1


def test_a_server_open_to_others_says_so(started, talentflow):
    _, _, err = talentflow("explore", "--no-browser", "--host", "0.0.0.0")
    assert "there is no password and no encryption" in err
    _, _, err = talentflow("explore", "--no-browser")
    assert "password" not in err
    assert err.startswith("explorer: http://127.0.0.1:")
    code, _, err = talentflow("explore", "--no-browser", "--host", "203.0.113.9")
    assert code == 2
    assert "cannot listen on 203.0.113.9" in err


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.5", False)],
)
def test_what_is_this_machine_alone(host, local):
    assert serving.is_local(host) is local


def test_the_law_of_the_page_is_that_of_the_scenario(table):
    held = loads('title = "t"\nquestion = "q"\n' + page.contents(table)["lawToml"])
    assert set(held.policies) <= set(load(rt.LAW).policies)
