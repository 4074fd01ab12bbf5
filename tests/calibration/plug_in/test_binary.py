"""Ratios are of events: other answers than 0 and 1 are refused, of humans only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from tests.calibration import plug_ins


@pytest.mark.parametrize("statistic", ["risk_ratio", "odds_ratio"])
@pytest.mark.parametrize(("other", "code"), [(0.5, "not_binary"), (2.0, "outside_range")])
def test_humans_answer_zero_or_one(statistic, other, code) -> None:
    data = plug_ins.table(1, arms=True, binary=True)
    y = np.where(data.outcomes[0][1] == 1.0, other, data.outcomes[0][1])
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(replace(data, outcomes=(("y", y),)), statistic)
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/data/outcomes/y", code)]
    assert plug_ins.answered(data, statistic).estimates[0].verdict == "llm_used"


def test_an_arm_with_few_events_is_doubted() -> None:
    data = plug_ins.table(2, n=20, arms=True, binary=True)
    y = data.outcomes[0][1].copy()
    mine = (data.arm.codes == 1) & ~np.isnan(y)
    y[mine] = np.arange(20) < 4
    for events, doubted in ((y, True), (data.outcomes[0][1], False)):
        codes = [w.code for w in plug_ins.answered(replace(data, outcomes=(("y", events),)), "odds_ratio").warnings]
        assert codes.count("rare_outcome") == doubted
