"""The page in chromium: from a moved lever to the picture, from its address to its use, and its size.

``python -m benchmarks.page`` prints medians; it needs playwright and chromium.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from sim.show.page import export

MOVES = 100
# a move is a new value and its event; the picture stands when the frame that drew it has been handed over
MEASURE = """async moves => {
  const lever = document.getElementById("lever-fee"), found = [];
  for (let k = 0; k < moves; k++) {
    const begun = performance.now();
    lever.value = 2000 * (k * 37 % 100);
    lever.dispatchEvent(new Event("input"));
    await new Promise(done => requestAnimationFrame(() => {
      const after = new MessageChannel(); after.port1.onmessage = done; after.port2.postMessage(0);
    }));
    found.push(performance.now() - begun);
  }
  lever.dispatchEvent(new Event("change"));
  return found.sort((a, b) => a - b);
}"""
READY = "html[data-ready=yes]"


def main():
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as folder, sync_playwright() as started:
        file = export(Path(folder) / "page.html")
        print(f"size: {file.stat().st_size / 1e6:.2f} MB")
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        starts = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(file.as_uri() + "#start")
            page.wait_for_selector(READY, state="attached")
            starts.append(page.evaluate("performance.now()"))
        print(f"from the address to its use, file: {sorted(starts)[2]:.0f} ms (median of 5)")
        page.evaluate(MEASURE, 20)
        found = page.evaluate(MEASURE, MOVES)
        print(f"moved lever to picture: median {found[MOVES // 2]:.0f} ms, largest {found[-1]:.0f} ms of {MOVES}")
        browser.close()


if __name__ == "__main__":
    main()
