"""The explorer in a real browser: sliders, presets, downloads, links, windows, haste; nothing leaves this machine."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from sim.results.narrative import answer
from sim.scenario.files import load, loads
from sim.show.explorer.state import from_query, options_of, scenario_of
from sim.study.run import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine: apt-get install chromium"),
]
pytest.importorskip("streamlit", reason="the extra 'explorer' is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra 'test' has it")

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SMALL = "population=2000&pairs=3&years=2"
FEE = "US: fee for an H-1B petition from abroad"
PATIENCE = 180_000  # milliseconds: a busy machine is no fault


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The address of an explorer that runs as a user starts it."""
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port = asked.getsockname()[1]
    command = [sys.executable, "-c", "from sim.cli import main; main()", "explore", "--no-browser", "--port", str(port)]
    log = tmp_path_factory.mktemp("explorer") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=log.parent, stdout=out, stderr=out, env=os.environ)
    try:
        for _ in range(600):
            if process.poll() is not None:
                pytest.fail(log.read_text())
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        assert "Traceback" not in log.read_text()
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with sync_api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def window(browser, server):
    """Opens windows, and at the end says what they complained of and whom they asked."""
    complaints, hosts, contexts = [], set(), []

    def window(query="", **options):
        contexts.append(browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda said: complaints.append(f"{said.text} ({said.location['url']})") if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
        page.goto(f"{server}/?{SMALL}{query}" if not query.startswith("http") else query)
        return page

    yield window
    for context in contexts:
        context.close()
    assert complaints == []
    assert hosts - {""} == {urlsplit(server).netloc}


def state_of(page):
    state, problems = from_query(parse_qs(urlsplit(page.url).query))
    assert problems == []
    return state


def answered(state, scenario=None):
    """The first sentence that the programming interface gives for a state."""
    options = options_of(state)
    result = run(
        scenario or scenario_of(state),
        population=options.population,
        replicates=options.replicates,
        years=options.years,
        seed=options.seed,
        workers=1,
    )
    return answer(result)


def shows(page, words):
    """Wait until the page shows a sentence under a settled answer."""
    typeset = " ".join(words.replace("->", "\u2192").split())
    sync_api.expect(page.get_by_test_id("stMain")).to_contain_text(typeset, timeout=PATIENCE)
    sync_api.expect(page.get_by_text("Settled answer:")).to_be_visible(timeout=PATIENCE)


def slider(page, title=FEE):
    return page.get_by_role("slider", name=re.compile(re.escape(title)))


def moved(page, presses, key="ArrowRight"):
    """Move the fee by so many steps from the keyboard."""
    slider(page).focus()
    for _ in range(presses):
        page.keyboard.press(key)


def with_fee(page, usd):
    """The state of the page once its address says so."""
    page.wait_for_url(re.compile(f"special_fee_usd%3D{usd}(&|$)"), timeout=PATIENCE)
    return state_of(page)


def test_a_moved_slider_gives_the_numbers_of_the_api_and_the_link_reopens_them(window):
    page = window()
    sync_api.expect(page.get_by_text("Nothing is moved yet")).to_be_visible(timeout=PATIENCE)
    moved(page, 4)
    words = answered(with_fee(page, 20_000))
    shows(page, words)
    other = window(page.url)
    shows(other, words)
    sync_api.expect(slider(other)).to_have_value("20000", timeout=PATIENCE)


def test_a_preset_is_loaded_and_its_scenario_file_gives_the_same_numbers(window, tmp_path, talentflow):
    page = window()
    page.get_by_role("combobox", name=re.compile("Presets")).fill("H-1B cap cut")
    page.get_by_role("option", name=load("h1b_cap_cut").title).click()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile("scenario=h1b_cap_cut"), timeout=PATIENCE)
    state = state_of(page)
    shows(page, answered(state))
    moved(page, 2)
    state = with_fee(page, 10_000)
    words = answered(state)
    shows(page, words)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Scenario file").click()
    file = tmp_path / "explored.toml"
    taken.value.save_as(file)
    assert loads(file.read_text(encoding="utf-8")).policies == scenario_of(state).policies
    said = page.locator("[data-testid=stCode]").inner_text().split()
    options = said[said.index("--population") :]
    code, out, err = talentflow("run", file, *options, "--json", "--out", tmp_path)
    assert code == 0, err
    assert words in " ".join(out.split())


def test_two_windows_at_once_do_not_mix(window):
    one, other = window(), window("&scenario=h1b_fee")
    for page in (one, other):
        slider(page).wait_for()
    moved(one, 3)
    moved(other, 5, "ArrowLeft")
    moved(one, 3)
    found = [with_fee(one, 30_000), with_fee(other, 75_000)]
    for page, state in zip((one, other), found, strict=True):
        shows(page, answered(state))
    assert found[0].presets == ()
    assert found[1].presets == ("h1b_fee",)


def test_a_hundred_quick_moves_end_on_the_last_one(window):
    page = window()
    slider(page).wait_for()
    for _ in range(10):
        moved(page, 7)
        moved(page, 3, "ArrowLeft")
    sync_api.expect(slider(page)).to_have_value("185000", timeout=PATIENCE)  # it stops at 200,000 in the last round
    state = with_fee(page, 185_000)
    shows(page, answered(state))


def test_every_view_can_be_reached_by_keyboard_and_draws(window):
    page = window("&scenario=h1b_fee&beside=us_tax_up&hub=paris&home=ind")
    sync_api.expect(page.get_by_text("Settled answer:")).to_be_visible(timeout=PATIENCE)
    for name, said in (
        ("Compare", "Effect by hub and scenario"),
        ("A hub", "Why: over channels"),
        ("A home country", "Brain drain"),
        ("Assumptions", "Disagree with"),
        ("Saved runs", "No run and no sweep lies in"),
    ):
        button = page.get_by_role("radio", name=name, exact=True).or_(page.get_by_role("button", name=name, exact=True))
        button.first.focus()
        page.keyboard.press("Enter")
        sync_api.expect(page.get_by_text(said).first).to_be_visible(timeout=PATIENCE)
    assert page.get_by_test_id("stException").count() == 0
    assert page.locator("[data-testid=stAlertContentError]").count() == 0


def test_the_data_figures_and_report_can_be_taken_along_from_a_dark_page(window, tmp_path):
    page = window("&scenario=h1b_fee", color_scheme="dark")
    shows(page, answered(replace(state_of(page), presets=("h1b_fee",))))
    assert page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor") != (
        "rgb(255, 255, 255)"
    )
    for label, begins in (("Data (CSV)", b"PK"), ("Report (HTML)", b"<!DOCTYPE html>"), ("Figures (PNG)", b"PK")):
        with page.expect_download() as taken:
            page.get_by_role("button", name=label).click()
        taken.value.save_as(tmp_path / "taken")
        assert (tmp_path / "taken").read_bytes().startswith(begins)
