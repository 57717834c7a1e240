"""Offers by level: they add up to the pay tables, and published packages are read as they were printed."""

import numpy as np
import pytest

from sim.show.offers import PARTS, hub_of, offers_table, packages, premium_table
from sim.show.statements import figures
from sim.world.categories import SECTORS, TIERS
from sim.world.setting import load_setting


@pytest.fixture(scope="module")
def rows():
    return offers_table()


def total(row):
    return sum(row[part] for part in PARTS[:4])


def test_offers_average_to_the_pay_of_the_hub(rows):
    s = load_setting()
    for place, hub in (("San Francisco", "sf_bay_area"), ("London", "london"), ("Singapore", "singapore")):
        share = s.sector_share[s.hubs.index(hub), SECTORS.index("frontier_lab")]
        for tier, name in enumerate(TIERS):
            labs, others = (row for row in rows if (row["place"], row["year"], row["level"]) == (place, 2026, name))
            mean = share * total(labs) + (1 - share) * total(others)
            assert mean == pytest.approx(s.pay[s.hubs.index(hub), tier].sum())
            assert total(labs) > 1.3 * total(others)  # two universes


def test_an_offer_of_a_lab_is_that_of_the_statements(rows):
    known = figures()
    labs = {row["level"]: row for row in rows if row["offer"] == "frontier labs" and row["place"] == "San Francisco"
            and row["year"] == 2026}  # fmt: skip
    assert total(labs["expert"]) == pytest.approx(known["lab_expert_sf"])
    assert labs["expert"]["equity"] == pytest.approx(known["lab_equity"])


def test_earlier_offers_are_base_pay_alone(rows):
    earlier = [row for row in rows if row["year"] == 2023 and row["offer"] != "printed"]
    assert len(earlier) == 6
    for row in earlier:
        (now,) = (r for r in rows if (r["place"], r["offer"], r["level"], r["year"]) ==
                  (row["place"], row["offer"], row["level"], 2026))  # fmt: skip
        assert row["base"] == pytest.approx(now["base"] * np.exp(-3 * 0.046), rel=0.01)
        assert all(row[part] is None for part in PARTS[1:])


def test_published_packages_are_read_as_printed(rows):
    printed = [row for row in rows if row["offer"] == "printed"]
    assert [(row["year"], row["base"], row["liquid"], row["illiquid"]) for row in printed[:2]] == [
        (2023, 220, None, 400),
        (2026, 310, 250, None),
    ]
    assert [(row["base"], row["equity"], row["sign_on"], row["relocation"]) for row in printed[2:]] == [
        (170, 25, 30, 20),
        (115, 30, 20, 15),
        (100, 20, 15, 10),
    ]


def test_places_are_those_of_the_statements(rows):
    assert list(dict.fromkeys(row["place"] for row in rows)) == list(packages())
    assert [hub_of(place) for place in packages()] == ["sf_bay_area", "london", "singapore"]
    assert hub_of("Atlantis") is None


@pytest.mark.parametrize(
    "more", [["nosuch"], ["--views"], ["--region"], ["--year", "2030"], ["--replicates", "20"], ["--out", "x"]]
)
def test_options_of_a_run_are_refused(talentflow, more):
    code, out, err = talentflow("index", *more, "--offers")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "runs nothing" in err


def test_the_command_prints_them_without_a_run(talentflow):
    code, out, _ = talentflow("index", "--offers")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "\u2026" not in out  # nothing is cut
    assert out.count("printed C") == 5
    assert "30+20" in out  # sign-on and relocation
    assert "28 for AI skills in a posting" in " ".join(out.split())


def test_premia_of_roles_average_to_nothing():
    s, rows = load_setting(), premium_table()
    assert [row["premium"] for row in rows[:2]] == [20, 28]
    ours = np.array([row["premium"] for row in rows[2:]])
    assert s.stock @ s.role_share @ ours == pytest.approx(0, abs=1e-6 * s.stock.sum())
