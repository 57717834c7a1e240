"""The page in a real browser: levers, links, windows, haste, access; nothing leaves this machine."""

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import numpy as np
import pytest

from sim.results.facts import facts
from sim.results.narrative import answer, sentences
from sim.scenario.files import loads
from sim.show import page as built
from sim.study import response_table as rt
from sim.study.run import run

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine: apt-get install chromium"),
]
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra 'test' has it")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SMALL = {"population": 2000, "replicates": 10}
PATIENCE = 120_000  # milliseconds: a busy machine is no fault


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Address of the exported page."""
    return built.export(tmp_path_factory.mktemp("page") / "page.html").as_uri()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A served page as a user starts it: its address and its process."""
    with socket.create_server(("127.0.0.1", 0)) as asked:
        port = asked.getsockname()[1]
    command = [sys.executable, "-c", "from sim.cli import main; main()", "explore", "--no-browser", "--port", str(port)]
    command += ["--workers", "1", *(str(x) for key, value in SMALL.items() for x in (f"--{key}", value))]
    log = tmp_path_factory.mktemp("explorer") / "log"
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=log.parent, stdout=out, stderr=out, env=os.environ)
    try:
        for _ in range(600):
            if process.poll() is not None:
                pytest.fail(log.read_text())
            if "explorer:" in log.read_text():
                break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/", process
        assert "Traceback" not in log.read_text()
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def window(browser):
    """Opens windows, and at the end says what they complained of and whom they asked."""
    complaints, hosts, contexts = [], set(), []

    def window(address, width=1280, height=800, ready=True, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        page.goto(address)
        if ready:
            page.wait_for_selector("html[data-ready=yes]")
        return page

    window.complaints = complaints
    yield window
    for context in contexts:
        context.close()
    assert complaints == []
    assert {host.partition(":")[0] for host in hosts} <= {"", "127.0.0.1"}


def drag(page, key, values):
    """Drag a lever over values, faster than the page draws, and let it go."""
    page.evaluate(
        """([key, values]) => {
            const lever = document.getElementById(`lever-${key}`);
            for (const value of values) { lever.value = value; lever.dispatchEvent(new Event("input")); }
            lever.dispatchEvent(new Event("change"));
        }""",
        [key, values],
    )


def at(page, words):
    """Wait until the address of a page ends with words."""
    page.wait_for_function("words => decodeURIComponent(location.hash).endsWith(words)", arg=words)


def taken(page, chart, kind, tmp_path):
    with page.expect_download() as download:
        page.locator(f".downloads[data-chart={chart}] button", has_text=kind).first.click()
    download.value.save_as(tmp_path / "taken")
    return (tmp_path / "taken").read_bytes()


def test_the_file_opens_on_a_scenario_that_moves(window, file):
    page = window(file)
    seen = {page.locator("#lever-fee").input_value() for _ in range(20)}
    at(page, "fee=100000")
    assert page.locator("#lever-fee").input_value() == "100000"
    assert len(seen) > 1
    assert re.match(r"US: [\d,]+ fewer", page.inner_text("#big"))
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_page_adds_up_the_table_as_python_does(window, file, tmp_path):
    table = rt.ResponseTable.load()
    values = {"fee": 42_000, "cap": 60_000, "us_tax": 4, "gulf": 333_000, "opt": 1}
    page = window(f"{file}#{'&'.join(f'{k}={v}' for k, v in values.items())}&open=usa")
    rows = list(csv.DictReader(taken(page, "gains", "CSV", tmp_path).decode().splitlines()[1:]))
    effect, hubs = table.country(values)[:, -1], table.hub(values)[-1]
    base = table.header["weight"] * table.arrays["base_country"][:, -1]
    share = (base + effect) / (base + effect).sum(axis=1, keepdims=True) - base / base.sum(axis=1, keepdims=True)
    places = built.contents(table)["places"]
    for row in rows:
        (label,) = [
            key for key, place in places.items() if place["name"] == row["place"] and place["kind"] == row["level"]
        ]
        if row["level"] == "hub":
            assert float(row["people_change"]) == pytest.approx(hubs[table.header["hubs"].index(label)], abs=0.51)
            continue
        k = table.header["countries"].index(label)
        assert float(row["people_change"]) == pytest.approx(effect[:, k].mean(), abs=0.51)
        assert float(row["points"]) == pytest.approx(100 * share[:, k].mean(), abs=1e-4)
        low, high = np.quantile(effect[:, k], [0.05, 0.95], method="weibull")
        assert [float(row["low"]), float(row["high"])] == pytest.approx([low, high], abs=0.51)
    assert {row["level"] for row in rows} == {"country", "hub"}


@pytest.mark.parametrize(
    "words",
    [
        "place=__proto__&tab=constructor&year=2026.5",
        "fee=1e99&us_tax=NaN&pin.fee=&belief.b_pay=x",
        "place=toString#%&==",
    ],
)
def test_malformed_links_open_on_what_they_can_say(window, file, words):
    page = window(f"{file}#{words}")
    assert page.locator("#badge").inner_text()
    assert page.inner_text("#notice") == ""


def test_a_large_number_is_one_that_runs_agree_on(window, file):
    page = window(f"{file}#start")
    assert page.inner_text("#big").splitlines() == ["World: no change", "AI engineers on 1 January 2036"]
    for setting, words in (
        ("fee=100000&place=can", r"Canada: [\d,]+ more"),
        ("fee=100000&place=rest_of_asia", "Rest of Asia: not settled"),
        ("fee=100000&place=world", "World: no measurable effect"),
    ):
        page = window(f"{file}#{setting}&pin.fee=50000")
        assert re.match(words, page.inner_text("#big"))
        assert page.inner_text("#difference") == "Grey marks: US: fee for an H-1B petition from abroad: $50,000."


def test_a_hundred_quick_moves_undo_as_one(window, file):
    page = window(f"{file}#us_tax=3")
    drag(page, "fee", [2000 * (k * 37 % 100) for k in range(99)] + [50_000])
    at(page, "fee=50000&us_tax=3")
    words = page.inner_text("#sentence")
    page.click("#undo")
    at(page, "#us_tax=3")
    assert page.inner_text("#sentence") != words
    page.keyboard.press("Control+y")
    at(page, "fee=50000&us_tax=3")
    assert page.inner_text("#sentence") == words
    other = window(page.url)
    assert other.inner_text("#sentence") == words
    page.click("#reset")
    at(page, "#start")
    assert "Nothing is moved" in page.inner_text("#sentence")


def test_the_back_button_returns_to_what_was_chosen(window, file):
    page = window(f"{file}#us_tax=3")
    length = page.evaluate("history.length")
    drag(page, "fee", [20_000, 50_000])
    at(page, "fee=50000&us_tax=3")
    assert page.evaluate("history.length") == length  # a moved lever is no visit
    drag(page, "fee", [60_000])  # an address not yet written when the next choice is made
    page.click("#tab-table")
    page.select_option("#preset", "none")
    at(page, "#tab=table")
    for tab, setting in (("table", "fee=60000&us_tax=3&tab=table"), ("why", "#fee=60000&us_tax=3")):
        page.go_back()
        at(page, setting)
        assert page.input_value("#lever-fee") == "60000"
        assert page.locator(f"#tab-{tab}[aria-selected=true]").count() == 1
    page.go_forward()
    page.go_forward()
    at(page, "#tab=table")
    assert "Nothing is moved" in page.inner_text("#sentence")


def test_every_lever_and_view_is_reached_by_keyboard(window, file):
    page = window(f"{file}#start")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "result"
    assert page.url.endswith("#start")
    page.focus("#lever-fee")
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "PageUp"):
        page.keyboard.press(key)
    at(page, "fee=30000")
    page.get_by_role("radio", name="by wage level").focus()
    page.keyboard.press("Enter")
    at(page, "selection=1")
    page.focus("#tab-why")
    for tab in ("table", "map", "ranks", "beliefs", "saved"):
        page.keyboard.press("ArrowRight")
        assert page.locator(f"#tab-{tab}[aria-selected=true]").count() == 1
        assert page.inner_text("#panel").strip() or page.locator("#panel svg").count()
    page.get_by_role("button", name=re.compile("^Canada,")).press("Enter")
    at(page, "place=can&tab=saved")
    assert page.inner_text("#big").startswith("Canada")
    page.wait_for_function("() => document.getElementById('spoken').textContent.startsWith('Canada')")


def test_todays_law_is_its_own_baseline(window, file):
    page = window(f"{file}#start")
    page.select_option("#base", "law")
    at(page, "base=law")
    assert "Today's law against itself" in page.inner_text("#sentence")
    drag(page, "fee", [100_000])
    at(page, "base=law")
    assert "than without the policy" in page.inner_text("#sentence")


def test_downloads_are_what_they_say(window, file, tmp_path):
    page = window(f"{file}#fee=100000&de_new=0.2&law=1", color_scheme="dark")
    assert taken(page, "lines", "PNG", tmp_path).startswith(b"\x89PNG")
    svg = taken(page, "gains", "SVG", tmp_path).decode()
    assert "Source: talentflow" in svg
    assert "var(--" not in svg
    with page.expect_download() as download:
        page.click("#scenario-file")
    download.value.save_as(tmp_path / "explored.toml")
    ours = loads((tmp_path / "explored.toml").read_text(encoding="utf-8"))
    assert set(ours.policies) == set(rt.scenario_of({"fee": 100_000, "de_new": 0.2, "law": 1}).policies)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 640)])
def test_a_phone_shows_the_number_before_levers(window, file, width, height):
    page = window(f"{file}#fee=100000", width, height)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#big").bounding_box()["y"] < height / 3
    assert not page.locator("#lever-fee").is_visible()
    page.click("#tab-map")
    cut = "[...document.querySelectorAll('#panel text')].map(t => t.getBoundingClientRect())"
    cut += ".filter(box => box.x < 0 || box.right > innerWidth).length"
    assert page.evaluate(cut) == 0
    page.click("#sheet")
    assert page.locator("#lever-fee").is_visible()
    assert page.locator("#levers").bounding_box()["height"] < height / 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(window, file, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="the extra 'test' has it")
    page = window(f"{file}#fee=100000&us_tax=3&open=usa", color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    for tab in ("why", "table", "beliefs"):
        page.click(f"#tab-{tab}")
        found = axe.Axe().run(page).response["violations"]
        serious = [(row["id"], row["nodes"][0]["html"]) for row in found if row["impact"] in ("serious", "critical")]
        assert serious == []


def test_a_result_is_confirmed_by_runs(window, server):
    address, _ = server
    one, other = window(f"{address}#fee=100000"), window(f"{address}#us_tax=10&tab=beliefs")
    for page, values in ((one, {"fee": 100_000}), (other, {"us_tax": 10})):
        sync_api.expect(page.locator("#badge")).to_have_text("confirmed by 10 paired runs", timeout=PATIENCE)
        told = run(rt.scenario_of(values), workers=1, **SMALL)
        assert answer(told).startswith(page.inner_text("#sentence").replace("−", "-"))
        assert sentences(facts(told))["money"].startswith(page.inner_text("#money").removesuffix("."))
        assert "The table said" in page.inner_text("#difference")
    drag(one, "fee", [150_000])
    assert "from the table" in one.inner_text("#badge")
    assert "confirmed" in other.inner_text("#badge")


def test_a_sleeping_laptop_does_not_lose_its_server(window, tmp_path):
    # a server of this test's own: it notes what is asked, and sends what it is told to
    fake = """
        window.asked = [];
        window.fetch = async (_, options) => { asked.push(JSON.parse(options.body)); return { ok: true }; };
        window.EventSource = class extends EventTarget { constructor() { super(); window.stream = this; } };
    """
    send = "([kind, value]) => stream.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(value) }))"
    (tmp_path / "page.html").write_text(built.page_html(rt.ResponseTable.load(), "secret"), encoding="utf-8")
    page = window("about:blank", ready=False)
    page.clock.install()
    page.add_init_script(fake)
    page.goto(f"{(tmp_path / 'page.html').as_uri()}#fee=100000")
    page.wait_for_selector("html[data-ready=yes]")
    page.evaluate("stream.onopen()")
    # a long confirmation is alive as long as it tells how far it is
    for done in range(4):
        page.clock.fast_forward(20_000)
        page.evaluate(send, ["progress", {"id": 1, "done": done, "total": 20}])
    assert page.inner_text("#notice") == ""
    assert "3 of 20" in page.inner_text("#difference")
    # progress of one setting is not told of another
    drag(page, "fee", [50_000])
    assert "3 of 20" not in page.inner_text("#difference")
    # after a long silence the next beat brings the server back, and the setting of now is asked for
    page.clock.fast_forward(100_000)
    assert "The server has stopped" in page.inner_text("#notice")
    assert page.evaluate("asked.map(r => r.values.fee)") == [100_000]
    page.evaluate(send, ["beat", 1])
    assert page.inner_text("#notice") == ""
    assert page.evaluate("asked.map(r => r.values.fee)") == [100_000, 50_000]


def test_the_page_goes_on_when_its_server_has_gone(window, server):
    address, process = server
    page = window(f"{address}#fee=100000")
    process.terminate()
    process.wait(30)
    sync_api.expect(page.locator("#notice")).to_contain_text("The server has stopped", timeout=PATIENCE)
    drag(page, "fee", [50_000])
    at(page, "fee=50000")
    assert "from the table" in page.inner_text("#badge")
    page.close()
    window.complaints.clear()  # the browser itself says that nobody answers
