from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators.ppi import fit
from tests.calibration.studies import simulate

T = np.array([-1.0, 1.0])


def test_lambda_is_1_on_the_mean_of_the_models() -> None:
    study = simulate(4, (12, 14), (20, 25), models=2)
    estimate = fit(Frame(study.sample(), "exchangeability"), T)
    expected = [
        s.mean() + (y - c.mean(axis=0)).mean() for y, c, s in zip(study.y, study.c, study.llm_only, strict=True)
    ]
    assert estimate.theta == pytest.approx(expected)
    assert estimate.slope.tolist() == [[0.5, 0.5]] * 2
    residuals = [np.var(y - c.mean(axis=0), ddof=1) / len(y) for y, c in zip(study.y, study.c, strict=True)]
    assert estimate.variance == pytest.approx(residuals)


def test_the_reference_of_twins_is_the_llm_only_units_or_all_humans() -> None:
    study = simulate(4, (12, 14), 20, design="shared")
    for identification, units in (("exchangeability", study.llm_only[0]), ("randomization", np.hstack(study.c))):
        estimate = fit(Frame(study.sample(), identification), T)
        expected = [units[d].mean() + (y - c[d]).mean() for d, (y, c) in enumerate(zip(study.y, study.c, strict=True))]
        assert estimate.theta == pytest.approx(expected)
