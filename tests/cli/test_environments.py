"""Commands in the environments of others: a notebook's shell, a terminal without Unicode, a Jupyter kernel."""

import os
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

RUN = ["--population", "1000", "--replicates", "1", "--years", "1", "--workers", "1"]


def start(*arguments, **variables):
    """Run a command in a new process with further environment ``variables``; return it when it has ended."""
    command = [sys.executable, "-c", "from sim.cli import main; main()", *arguments]
    return subprocess.run(command, env=os.environ | variables, capture_output=True, timeout=300, check=False)


def test_drawing_ignores_a_notebooks_backend(tmp_path):
    made = start("run", "h1b_fee", *RUN, "--out", tmp_path, MPLBACKEND="module://matplotlib_inline.backend_inline")
    assert made.returncode == 0, made.stderr
    (folder,) = tmp_path.iterdir()
    assert list((folder / "figures").glob("*.png"))


def test_an_ascii_terminal_loses_no_output(tmp_path):
    scenario = tmp_path / "fee.toml"
    scenario.write_text(
        'title = "日本"\n[[policy]]\nlever = "country.usa.route.h1b.special_fee_usd"\nvalue = 1000\nsource = "x"\n',
        encoding="utf-8",
    )
    made = start("describe", scenario, PYTHONIOENCODING="ascii")
    assert made.returncode == 0, made.stderr
    assert "special fee 0 -> 1,000 USD" in made.stdout.decode("utf-8")


@pytest.fixture
def kernel(tmp_path):
    """A started Jupyter kernel and its client; a kernel imports from the folder that it is started in."""
    manager = start_new_kernel(kernel_name="python3", cwd=tmp_path)
    yield manager
    manager[1].stop_channels()
    manager[0].shutdown_kernel(now=True)


def test_a_jupyter_kernel_runs_again_after_a_restart(kernel):
    manager, client = kernel
    cell = (
        "import sim\n"
        "result = sim.run('h1b_fee', population=1000, replicates=1, years=1, workers=1)\n"
        "print(result.effect('share:usa').to_csv())"
    )

    def execute():
        """Run the cell; return what it prints, and fail with its traceback."""
        said = []
        reply = client.execute_interactive(
            cell, timeout=240, output_hook=lambda message: said.append(message["content"])
        )
        assert reply["content"]["status"] == "ok", reply["content"]
        return [text["text"] for text in said if text.get("name") == "stdout"]

    first = execute()
    assert len(first) == 1
    assert execute() == first
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=120)
    assert execute() == first
