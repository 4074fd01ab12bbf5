from __future__ import annotations

import numpy as np
import pytest

from service.calibration.track_records.agreement import agreement
from tests.calibration.track_records.records import drawn, record


def test_by_hand():
    found = agreement(record([0.3, -0.2, 0.0], [0.1, 0.1, 0.0], se=[0.1, 0.3, 0.1], llm_se=[0.1, 0.0, 0.0]))
    assert found.rmse == pytest.approx(np.sqrt((0.04 + 0.09) / 3))
    assert found.rmse_adjusted == pytest.approx(np.sqrt((0.04 + 0.09 - 0.02 - 0.09 - 0.01) / 3))
    assert (found.sign_agreement, found.significant) == (pytest.approx(2 / 3), 1)
    assert found.sign_agreement_significant == 1.0
    assert found.slope_through_origin == pytest.approx(0.01 / 0.02)


def test_turning_contrasts_round_changes_nothing():
    past = drawn(9)
    signs = np.resize([1, -1], 9)
    turned = record(past.human.estimate * signs, past.llm.estimate * signs, se=past.human.standard_error)
    assert agreement(turned) == agreement(past)


def test_what_there_is_not_is_none():
    found = agreement(record([0.01, -0.01], [0.0, 0.0], se=[0.5, 0.5]))
    assert (found.rmse_adjusted, found.sign_agreement_significant, found.slope_through_origin) == (None, None, None)
