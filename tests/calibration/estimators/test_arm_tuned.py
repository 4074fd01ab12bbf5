from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators.arm_tuned import fit
from service.calibration.tuning import tuning
from tests.calibration.studies import simulate

T = np.array([-1.0, 1.0])


def test_every_arm_at_the_lambda_of_its_own_mean() -> None:
    frame = Frame(simulate(6, (12, 14), (20, 25)).sample(), "exchangeability")
    lams = [tuning(frame, unit) for unit in np.eye(2)]
    assert fit(frame, T).slope[:, 0].tolist() == lams
    assert lams[0] != pytest.approx(lams[1])


def test_the_contrast_does_not_matter() -> None:
    frame = Frame(simulate(6, (12, 14), 20, design="shared").sample(), "exchangeability")
    assert fit(frame, T).theta.tolist() == fit(frame, np.array([0.0, 1.0])).theta.tolist()
