"""The explorer's page without a browser: what is moved is run, what is shown is what ``run`` gives, faults are told."""

import io
import zipfile

import pytest
from fake_result import fake_comparison, fake_result
from sweep_models import ISHIGAMI, ishigami

pytest.importorskip("streamlit", reason="the extra 'explorer' is not installed")

from streamlit.testing.v1 import AppTest

from sim.results.record import compare as differing
from sim.results.result import Result
from sim.scenario.files import loads
from sim.show.explorer import contents, serve, views
from sim.show.explorer.contents import folders, opened
from sim.show.explorer.state import POPULATIONS, State, scenario_of
from sim.study.interactive import PartialResult
from sim.study.run import run
from sim.study.sweep.factors import number
from sim.study.sweep.runner import explore

SMALL = {"population": ["2000"], "pairs": ["2"], "years": ["2"]}
SIZE = {"population": 2_000, "replicates": 2, "years": 2, "workers": 1}
FEE = "country.usa.route.{h1b,h1b_exempt}.special_fee_usd"


@pytest.fixture(autouse=True)
def _own_workers(monkeypatch, tmp_path):
    """The page's engine works in this process, and its runs lie in a folder of the test."""
    monkeypatch.setattr(serve.SETTINGS, "workers", 0)
    monkeypatch.setattr(serve.SETTINGS, "out", tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _own_engine():
    serve.engine.cache_clear()
    yield
    serve.engine.cache_clear()


def opened_at(**query):
    """The page at an address, drawn once."""
    page = AppTest.from_file(str(serve.PAGE), default_timeout=120)
    for key, values in (SMALL | query).items():
        page.query_params[key] = values
    return page.run()


def lever(page, path=FEE):
    return page.slider(key=f"lever {path}")


def address(page, key):
    """The values of a parameter of the page's address."""
    value = page.query_params[key]
    return [value] if isinstance(value, str) else value


def texts(page):
    return "\n".join(each.value for each in page.markdown)


def shown(page):
    """The result that the page shows."""
    key, told, _ = page.session_state["seen scenario"]
    assert key is not None, "the answer is settled"
    return told.result


def test_a_moved_slider_gives_what_run_gives():
    page = opened_at()
    assert not page.exception
    lever(page).set_value(50_000.0).run()
    state = page.session_state["state"]
    assert differing(shown(page).data, run(scenario_of(state), **SIZE).data) == []
    assert address(page, "set") == [f"{FEE}=50000"]
    assert "settled" in texts(page)
    assert "50,000" in texts(page)
    assert not page.error


def test_a_lever_put_back_leaves_the_baseline():
    page = opened_at(set=[f"{FEE}=50000"])
    lever(page).set_value(0.0).run()
    assert page.session_state["state"].moves == ()
    assert "Nothing is moved yet" in texts(page)


def test_a_preset_moves_its_levers_and_is_put_back():
    page = opened_at()
    page.multiselect(key="presets").set_value(["h1b_fee"]).run()
    assert lever(page).value == 100_000
    assert differing(shown(page).data, run("h1b_fee", **SIZE).data) == []
    assert address(page, "scenario") == ["h1b_fee"]
    next(button for button in page.button if button.label == "Put every lever back").click().run()
    assert lever(page).value == 0
    assert page.multiselect(key="presets").value == []


def test_a_link_reopens_the_page():
    page = opened_at(scenario=["eu_fast_track+h1b_fee"], set=[f"{FEE}=25000"], seed=["3"])
    state = page.session_state["state"]
    assert state == State(("eu_fast_track", "h1b_fee"), state.moves, population=2_000, pairs=2, years=2, seed=3)
    assert lever(page).value == 25_000
    assert shown(page).record["seed"] == 3


def test_presets_that_contradict_are_said_and_the_page_lives_on():
    page = opened_at(scenario=["h1b_fee+h1b_fee_chilling"])
    assert len(page.error) == 1
    assert "also set, at overlapping dates" in page.error[0].value
    page.multiselect(key="presets").set_value(["h1b_fee"]).run()
    assert not page.error
    assert shown(page).record["name"] == "h1b_fee"


def test_an_address_that_makes_no_sense_is_said():
    page = opened_at(scenario=["../../etc/passwd"], population=["1e99"])
    assert len(page.warning) >= 2
    assert not page.exception


def test_a_fault_in_one_part_is_told_and_leaves_the_page_alive(monkeypatch):
    page = opened_at()
    monkeypatch.setattr(views, "which", lambda *_: 1 / 0)
    lever(page).set_value(10_000.0).run()
    assert "ZeroDivisionError" in page.error[0].value
    monkeypatch.undo()
    serve.SETTINGS.workers = 0
    lever(page).set_value(15_000.0).run()
    assert not page.error
    assert shown(page).record["name"] == "explored"


def test_every_other_lever_can_be_searched_and_moved():
    page = opened_at()
    page.text_input(key="search").set_value("seoul openings").run()
    page.button(key="add hub.seoul.openings").click().run()
    page.slider(key="lever hub.seoul.openings").set_value(2.0).run()
    assert address(page, "set") == ["hub.seoul.openings=2"]
    assert differing(shown(page).data, run(scenario_of(page.session_state["state"]), **SIZE).data) == []


def test_flags_and_choices_are_moved_too():
    page = opened_at()
    page.toggle(key="lever country.usa.route.phd_green_card.is_open").set_value(True).run()
    page.selectbox(key="lever country.usa.route.h1b.selection").set_value("weighted_lottery").run()
    assert address(page, "set") == [
        "country.usa.route.phd_green_card.is_open=true",
        "country.usa.route.h1b.selection=weighted_lottery",
    ]
    assert not page.error


def test_an_answer_on_own_beliefs_is_marked_as_theirs():
    page = opened_at(view=["beliefs"], scenario=["h1b_fee"])
    page.selectbox(key="belief").set_value("b_compute").run()
    page.number_input(key="mine b_compute").set_value(0.0).run()
    next(button for button in page.button if button.label == "Hold it there").click().run()
    assert page.session_state["state"].beliefs == (("b_compute", 0.0),)
    page.segmented_control(key="view").set_value("world").run()
    assert any(warning.value.startswith("Yours") for warning in page.warning)
    assert differing(shown(page).data, run("h1b_fee", assumptions={"b_compute": 0.0}, **SIZE).data) == []


@pytest.mark.parametrize(("view", "said"), [("hub", "Who comes"), ("home", "Brain drain")])
def test_hubs_and_homes_have_pages(view, said):
    page = opened_at(view=[view], scenario=["h1b_fee"], hub=["paris"], home=["ind"])
    assert said in texts(page)
    assert not page.error
    assert not page.exception
    if view == "hub":
        assert "Why: over channels" in texts(page)


def test_a_group_of_countries_has_no_drain():
    page = opened_at(view=["home"], home=["eas"])
    assert "is not known" in page.info[0].value
    assert not page.error


def test_a_large_world_is_preceded_by_a_small_one_that_is_not_yet_the_answer(monkeypatch):
    class Fake:
        def answers(self, arms, baseline, options, tick):
            worlds.append(options.population)
            yield PartialResult(fake_result(replicates=options.replicates, years=2), options.replicates)

    worlds = []
    monkeypatch.setattr(serve, "engine", Fake)
    told = list(serve.answers(State(population=POPULATIONS[-1], pairs=2)))
    assert worlds == [POPULATIONS[0], 1_900_000]
    assert [one.is_complete for one in told] == [False, True]


def test_scenarios_are_set_side_by_side():
    page = opened_at(view=["compare"], scenario=["h1b_fee"])
    assert "Choose one or two" in page.info[0].value
    page.multiselect(key="beside").set_value(["us_tax_up", "eu_fast_track"]).run()
    _, told, _ = page.session_state["seen comparison"]
    assert told.result.arms == ["h1b_fee", "us_tax_up", "eu_fast_track"]
    assert address(page, "beside") == ["us_tax_up", "eu_fast_track"]
    page.multiselect(key="beside").set_value(["h1b_fee"]).run()
    assert "choose two scenarios that differ" in page.error[0].value


@pytest.mark.parametrize(("method", "n", "said"), [("sobol", 64, "of the variance"), ("morris", 4, "x3")])
def test_a_saved_sweep_is_opened_without_running(method, n, said, tmp_path):
    factors = [number(f.name, f.low, f.high, grade="D") for f in ISHIGAMI[:3]]
    explore(ishigami, factors, method, n, store=tmp_path / "mine-sweep").close()
    page = opened_at(view=["saved"], folder=["mine-sweep"])
    assert not page.error
    assert not page.exception
    assert "saved sweep" in texts(page)
    assert said in texts(page)
    assert set(page.dataframe[0].value.factor) == {f.name for f in factors}


def test_saved_runs_are_opened_without_running(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "answers", None)
    one, several = fake_result(replicates=3, years=2).save(tmp_path), fake_comparison(["a", "b"], 3, 2).save(tmp_path)
    for folder in (one, several):
        page = opened_at(view=["saved"], folder=[folder.name])
        assert not page.error
        assert not page.exception
        assert "saved run" in texts(page)
    page = opened_at(view=["saved"], folder=["../secret"])
    assert not page.exception
    assert page.selectbox(key="folder").value is None


def test_only_what_lies_in_the_folder_of_runs_is_opened(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    saved = fake_result(replicates=2, years=2).save(outside)
    assert folders(inside) == {}
    with pytest.raises(Exception, match="no saved run"):
        opened(inside, f"../out/{saved.name}")
    assert isinstance(opened(outside, saved.name), Result)


def test_a_damaged_run_is_said(tmp_path):
    folder = fake_result(replicates=2, years=2).save(tmp_path)
    (folder / "result.nc").write_bytes(b"no")
    page = opened_at(view=["saved"], folder=[folder.name])
    assert "damaged or edited" in page.error[0].value


def test_what_is_taken_along_is_what_is_shown():
    page = opened_at(set=[f"{FEE}=60000"])
    result = shown(page)
    text = contents.scenario_file(result, "talentflow run explored.toml").decode()
    assert text.startswith("# talentflow run explored.toml")
    again = run(loads(text, "explored"), **SIZE)
    assert differing(again.data, result.data) == []
    with zipfile.ZipFile(io.BytesIO(contents.data_zip(result))) as packed:
        assert set(packed.namelist()) == {"effects.csv", "shares.csv", "flows.csv"}
        assert b"share,hub,paris,2028" in packed.read("effects.csv")


@pytest.mark.slow
def test_the_whole_run_can_be_taken_along_and_opened(tmp_path):
    result = fake_result(replicates=3, years=2)
    with zipfile.ZipFile(io.BytesIO(contents.run_zip(result))) as packed:
        packed.extractall(tmp_path / "run")
    assert differing(Result.load(tmp_path / "run").data, result.data) == []
    assert b"<!DOCTYPE html>" in contents.report(result)
    with zipfile.ZipFile(io.BytesIO(contents.figures_zip(result))) as packed:
        assert "effects.png" in packed.namelist()
