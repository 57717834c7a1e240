"""The command that opens the explorer: refused in one line where it cannot, and open to nobody else unless told so."""

import socket
import subprocess
import sys

import pytest

from sim.show.explorer import serve
from sim.study.workers import WorkerPool


@pytest.fixture
def taken():
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def started(monkeypatch):
    """What streamlit was asked for instead of serving."""
    cli = pytest.importorskip("streamlit.web.cli", reason="the extra 'explorer' is not installed")
    asked = []
    monkeypatch.setattr(cli, "main", lambda arguments, **_: asked.extend(arguments))
    monkeypatch.setattr("sim.show.explorer.serve.warm_up", lambda: None)
    monkeypatch.setattr("sim.show.explorer.serve.engine", lambda: type("Engine", (), {"pool": WorkerPool(0)}))
    return asked


def test_help_is_quick_and_needs_no_extra():
    code = (
        "import sys; from sim.cli import main\ntry: main(['explore', '--help'])\nexcept SystemExit: pass\n"
        "print(*({'streamlit', 'plotly', 'numpy', 'pandas'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "--no-browser" in done.stdout
    assert done.stderr.strip() == ""


def test_a_missing_extra_is_one_line(monkeypatch, talentflow):
    monkeypatch.setitem(sys.modules, "streamlit.web.cli", None)
    code, out, err = talentflow("explore")
    assert (code, out) == (2, "")
    assert err == "talentflow: explore: needs streamlit and plotly: pip install 'talentflow[explorer]'\n"


def test_a_taken_port_is_one_line(taken, started, talentflow):
    code, _, err = talentflow("explore", "--no-browser", "--port", taken)
    assert code == 2
    assert err.startswith(f"talentflow: --port {taken}: cannot listen on 127.0.0.1: ")
    assert len(err.splitlines()) == 1
    assert started == []


def test_without_a_port_the_first_free_one_is_taken(taken, monkeypatch):
    monkeypatch.setattr(serve, "PORTS", (taken, 0))
    assert serve.free_port(None, "127.0.0.1") == 0


def test_by_default_nobody_else_can_reach_it(started, talentflow):
    code, _, err = talentflow("explore", "--no-browser")
    assert code == 0
    assert {"--server.address=127.0.0.1", "--browser.gatherUsageStats=false"} <= set(started)
    assert "password" not in err
    assert err.startswith("explorer: http://127.0.0.1:85")


def test_whoever_opens_it_to_others_is_told_what_that_means(started, talentflow):
    _, _, err = talentflow("explore", "--no-browser", "--host", "0.0.0.0")
    assert "--server.address=0.0.0.0" in started
    assert "there is no password and no encryption" in err


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.5", False)],
)
def test_what_is_this_machine_alone(host, local):
    assert serve.is_local(host) is local


def test_a_host_that_is_not_there_is_one_line(started, talentflow):
    code, _, err = talentflow("explore", "--no-browser", "--host", "203.0.113.9")
    assert code == 2
    assert "cannot listen on 203.0.113.9" in err
