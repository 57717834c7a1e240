"""Pictures and the answer in the README: ``python -m sim.show.pictures`` runs the fee and draws it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- answer: begin, made by python -m sim.show.pictures -->", "<!-- answer: end -->"
SCENARIO = "h1b_fee"
KINDS = ("effects", "shares", "flow_map")


def write(result, root=ROOT) -> None:
    """Draw the pictures of the documents and put the answer into the README, under one headline.

    Parameters
    ----------
    result : Result of the scenario
    root : path of the project
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from sim.results.display import as_text
    from sim.show.plots import draw

    # draw each picture and write the headline into it, compressed
    for kind in KINDS:
        path = draw(result, kind, root / "docs" / f"{SCENARIO}_{kind}.png")
        note = PngInfo()
        note.add_text("Description", result.headline)  # by which a test sees that it shows these numbers
        with Image.open(path) as picture:
            picture.load()
            picture.save(path, pnginfo=note, optimize=True)
    # put the answer as text between the two marks of the README
    page = root / "README.md"
    text = page.read_text(encoding="utf-8")
    shown = as_text(result, f"outputs/{SCENARIO}-...")  # the digest in the folder's name changes with the code
    answer = re.sub(r", \d+ s;", ";", shown)  # how long it took depends on the machine
    block = "\n".join(f"    {line}".rstrip() for line in answer.split("\n"))
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    page.write_text(f"{before}{BEGIN}\n\n{block}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    from sim.study.run import run

    write(run(SCENARIO))
