from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators.human_only import fit
from tests.calibration.studies import simulate


def test_means_and_their_variances() -> None:
    study = simulate(3, (9, 12), (20, 20))
    estimate = fit(Frame(study.sample(), "exchangeability"), np.array([-1.0, 1.0]))
    assert estimate.theta == pytest.approx([y.mean() for y in study.y])
    assert estimate.variance == pytest.approx([np.var(y, ddof=1) / len(y) for y in study.y])
    assert estimate.df.tolist() == [8.0, 11.0]
    assert not estimate.slope.any()
