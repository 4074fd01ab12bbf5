from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators.auto import fit, helpful
from tests.calibration.studies import Study, simulate

T = np.array([-1.0, 1.0])


def frame(study: Study) -> Frame:
    return Frame(study.sample(), "exchangeability")


def test_the_rule_is_adjusted_r_squared_above_p_over_n_minus_2() -> None:
    for seed in range(200):
        own = frame(simulate(seed, (12,), 30, models=1 + seed % 3, quality=0.4))
        found = own.screened.fits[0]
        helps = found.adjusted_r_squared > found.rank / 10
        assert helpful(own, 0) is helps


def test_arms_decide_for_themselves() -> None:
    good, bad = simulate(1, (30, 30), (60, 60)), simulate(9, (30, 30), (60, 60), quality=0.0)
    mixed = replace(good, c=(good.c[0], bad.c[1]), llm_only=(good.llm_only[0], bad.llm_only[1]))
    estimate = fit(frame(mixed), T)
    assert estimate.fixed == (False, True)
    assert estimate.theta[1] == pytest.approx(mixed.y[1].mean())


@pytest.mark.parametrize(("n", "offered"), [(4, False), (5, True)])
def test_at_least_4_humans_more_than_columns(n: int, offered: bool) -> None:
    """A perfect LLM is used with 5 humans, and not with 4."""
    study = simulate(1, (n,), 30)
    own = frame(replace(study, c=(study.y[0][None] + 1e-3 * study.c[0],)))
    assert helpful(own, 0) is offered


@pytest.mark.parametrize(
    "study",
    [simulate(1, (20,)), simulate(1, (20,), 30).with_c(np.zeros_like), simulate(1, (4,), 30, models=4)],
    ids=["no pool", "nothing varies", "no fit"],
)
def test_without_a_pool_a_column_or_a_fit_the_humans_stay(study: Study) -> None:
    assert helpful(frame(study), 0) is False
    assert fit(frame(study), np.ones(1)).theta == pytest.approx([study.y[0].mean()])


def test_the_choice_looks_at_r_squared_never_at_the_estimate() -> None:
    study = simulate(1, (20, 20), (40, 40))
    plain = fit(frame(study), T).fixed
    assert fit(frame(replace(study, y=(study.y[0], study.y[1] + 100.0))), T).fixed == plain
