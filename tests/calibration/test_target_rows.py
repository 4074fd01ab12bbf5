from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.target import Target
from service.calibration.plan import Plan
from service.calibration.target_rows import influence
from service.calibration.transport.transported import transported
from tests.calibration.transports import answered, people, samples, table

SEX, AGE = people(np.random.default_rng(9), 80, 0.6, 45.0)
ROWS = Target(None, (("sex", Labels(SEX, ("m", "f"))), ("age", AGE)))
STATED = Target({"sex": {"f": float(SEX.mean()), "m": 1.0 - float(SEX.mean())}, "age": float(AGE.mean())})
CONTRAST = np.array([-1.0, 1.0])


def test_rows_and_their_margins_give_one_estimate_and_the_rows_a_larger_error() -> None:
    drawn, stated = (
        answered(table(3), target, estimator="human_only").estimates[0].result for target in (ROWS, STATED)
    )
    assert drawn.estimate == pytest.approx(stated.estimate, abs=1e-9)
    made = transported(samples(table(3), ROWS), Plan(control="c"))[0]
    own = influence(made, CONTRAST)
    assert own is not None
    assert drawn.standard_error**2 == pytest.approx(stated.standard_error**2 + own @ own, rel=1e-9)


def test_influence_is_what_moving_one_row_does() -> None:
    """The whole path again with one target row counted a little more, against the row's influence."""
    made = transported(samples(table(3, 2000), ROWS), Plan(control="c"))[0]
    own = influence(made, CONTRAST)
    assert own is not None
    shares = np.full(80, 1.0 / 80.0)
    for i, step in ((0, 1e-4), (17, -1e-4)):
        q = shares + step * ((np.arange(80) == i) - shares)
        moved = Target({"sex": {"f": float(q @ SEX), "m": 1.0 - float(q @ SEX)}, "age": float(q @ AGE)})
        here, there = (
            answered(table(3, 2000), t, estimator="human_only").estimates[0].result.estimate for t in (STATED, moved)
        )
        assert (there - here) / step == pytest.approx(own[i] * np.sqrt(80 * 79), rel=2e-3)


def test_stated_margins_have_no_influence_and_samples_without_a_target_none() -> None:
    assert influence(transported(samples(table()), Plan(control="c"))[0], CONTRAST) is None
    assert influence(samples(table(), None)[0], CONTRAST) is None
    assert influence(replace(samples(table(), ROWS)[0]), CONTRAST) is None
