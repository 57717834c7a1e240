"""Levers answer through their mechanisms, and a mechanism that is switched off has no effect at all."""

import numpy as np
import pytest
from worlds import CENTRE, scenario, shipped_world, years_of

from sim.model import equations as eq

PUSH = {"hub.abu_dhabi_dubai.compute.h100e": 2_000_000}


def stocks(a, changes, years=3):
    """(year, hub) engineers under policies."""
    policies = scenario(changes).policies if changes else ()
    return np.array(
        [arm.counts.sum(axis=(1, 2, 3)) for arm in years_of(shipped_world(10_000, years), a, policies=policies)]
    )


def test_a_push_without_taste_and_jobs_moves_nobody():
    a = CENTRE.vary(b_compute=0, b_compute_other=0, jobs_per_1000_h100e=0)
    assert np.array_equal(stocks(a, PUSH), stocks(a, {}))


@pytest.mark.parametrize(
    "off", [{"b_compute": 0, "b_compute_other": 0}, {"jobs_per_1000_h100e": 0}], ids=["jobs", "taste"]
)
def test_a_push_moves_people_by_either_channel(off):
    a = CENTRE.vary(**off)
    assert not np.array_equal(stocks(a, PUSH), stocks(a, {}))


def test_without_relocation_nobody_is_offered_a_job_abroad():
    *_, arm = years_of(shipped_world(10_000, 2), CENTRE.vary(relocation=0))
    assert arm.visas.made.sum() == arm.visas.taken.sum() == 0
    *_, arm = years_of(shipped_world(10_000, 2))
    assert arm.visas.made.sum() >= arm.visas.taken.sum() > 0


def test_students_prefer_pay_and_work_after_study():
    assert eq.study_gain(0.0, 36, 36, 0.75, 0.13) == 1
    assert eq.study_gain(0.1, 36, 36, 0.75, 0.13) == pytest.approx(np.exp(0.075))
    assert eq.study_gain(0.0, 0, 36, 0.75, 0.13) == pytest.approx(1 - 0.39)
