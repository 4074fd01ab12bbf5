from __future__ import annotations

import numpy as np

from service.calibration.estimate import Frame
from service.calibration.estimators.power_tuned import fit
from service.calibration.tuning import tuned, tuning
from tests.calibration.studies import simulate


def test_one_lambda_for_the_whole_contrast() -> None:
    frame = Frame(simulate(5, (12, 14), (20, 25)).sample(), "exchangeability")
    for contrast in (np.array([-1.0, 1.0]), np.array([1.0, 0.0])):
        lam = tuning(frame, contrast)
        assert fit(frame, contrast).slope.tolist() == [[lam], [lam]]
        assert fit(frame, contrast).theta.tolist() == tuned(frame, [lam, lam]).theta.tolist()
