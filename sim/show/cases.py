"""Case studies: policy questions of 2024 to 2026, the answer with its cost, and the published figures beside it.

``python -m sim.show.cases`` runs every scenario of ``docs/cases`` and rewrites the page beside it and the list.
"""

import time
from pathlib import Path

from sim.results.facts import facts
from sim.results.narrative import published_sentences, sentences
from sim.results.record import digest
from sim.scenario.files import load
from sim.study.options import Options
from sim.study.replicate import experiment
from sim.study.run import written_up

FOLDER = Path(__file__).parents[2] / "docs" / "cases"
SIZE = Options(population=20_000, replicates=20)
LIST = """# Case studies

Real questions of 2024 to 2026, each a scenario with what others have published on it (`[[published]]`), and the
model's answer with its public cost. Run one again with `talentflow run docs/cases/NAME.toml`;
`python -m sim.show.cases` rewrites the pages. Where a figure was taken at second hand, the page says so.

| question | answer |
|---|---|
"""


def cases(folder=FOLDER) -> list[Path]:
    """Return the scenario files of the case studies, in the order of their names."""
    return sorted(folder.glob("*.toml"))


def page(path, lab) -> str:
    """Run a case and return its page: question, answer, cost, and others' published figures beside the model's.

    Parameters
    ----------
    path : scenario file
    lab : Experiment, whose sample of the assumptions all cases share
    """
    started, scenario, baseline = time.perf_counter(), load(path), load("baseline")
    # run the case and its baseline, and write both up as a saved run is
    pairs = lab.run([baseline, scenario])
    result = written_up({"scenario": scenario}, baseline, lab.options, pairs, lab.draws, started)
    outcome = facts(result)
    texts = sentences(outcome)
    notes = [row.note for row in scenario.published if row.note]
    parts = [f"# {scenario.title}", f"*{scenario.question}*", f"**{texts['headline']}** {texts['others']}".strip()]
    parts += [f"Why. {texts['why']}"] if texts["why"] else []
    parts += [f"Public money. {texts['money']}"] if texts["money"] else []
    said = published_sentences(outcome)
    # each published figure with its source, then what the file notes about it
    sources = [f"{text} Source: {row.source}." for text, row in zip(said, scenario.published, strict=True)]
    parts += ["What others have published:\n\n" + "\n".join(f"- {text}" for text in sources)]
    parts += ["To note:\n\n" + "\n".join(f"- {note}" for note in notes)] if notes else []
    parts += [f"How far to trust it. {texts['trust']}"]
    size = texts["size"].partition(", seed")[0]
    parts += [f"Scenario: [{path.name}]({path.name}); {size}, run {digest(result.record)}."]
    return "\n\n".join(parts) + "\n"


def headline(text) -> tuple[str, str]:
    """Return title and answer of a page."""
    lines = text.split("\n")
    answer = next(line for line in lines if line.startswith("**"))
    return lines[0].removeprefix("# "), answer.split("**")[1]


def write(names=(), options=SIZE) -> None:
    """Write the pages of some cases, all if none is named, and the list of all pages."""
    with experiment(options.checked()) as lab:
        for path in cases():
            if not names or path.stem in names:
                path.with_suffix(".md").write_text(page(path, lab), encoding="utf-8")
    pages = [path for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"]
    rows = [(path, *headline(path.read_text(encoding="utf-8"))) for path in pages]
    table = "\n".join(f"| [{title}]({path.name}) | {answer} |" for path, title, answer in rows)
    (FOLDER / "README.md").write_text(f"{LIST}{table}\n", encoding="utf-8")


if __name__ == "__main__":
    import sys

    write(sys.argv[1:])
