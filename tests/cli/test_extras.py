"""Without its extra a command says in one line which to install, before anything is run."""

import sys

import pytest
from sweep_models import LINEAR, linear

from sim.study.sweep.runner import explore

MISSING = [
    ("cluster", "distributed", ["sweep", "h1b_fee", "--cluster", "tcp://127.0.0.1:9"]),
    ("validate", "statsmodels.genmod.families", ["backcast"]),
    ("validate", "statsmodels.genmod.families", ["validate"]),
    ("calibrate", "statsmodels", ["calibrate"]),
    ("calibrate", "sklearn", ["calibrate"]),
    (
        "portfolio",
        "sklearn",
        ["portfolio", "--place", "fra", "--budget", "1M", "--levers", "country.fra.tax.newcomer_relief"],
    ),
    ("discovery", "ema_workbench.analysis", ["discover", "sweep", "--when", "above 4"]),
]


@pytest.mark.parametrize(("extra", "module", "command"), MISSING)
def test_a_missing_extra_is_named_in_one_line(extra, module, command, tmp_path, monkeypatch, talentflow):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    if extra == "discovery":
        explore(linear, LINEAR, "lhs", 200, store=tmp_path / "sweep").close()
    before = sorted(tmp_path.rglob("*"))
    code, out, err = talentflow(*command)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert err.endswith(f"pip install 'talentflow[{extra}]'\n")
    assert sorted(tmp_path.rglob("*")) == before
