"""Target rows: what the sampling error of a target population's own rows adds to a transported estimate.

Formula: moving the target's means t moves mu_d by beta_d, the slope of the arm's outcome on x; with m rows z_j
    influence of row j = sum_d t_d beta_d'(z_j - t) / sqrt(m (m - 1))
Stated margins have none.
Shapes: contrast t (D,), rows (k, m), influence (m,). Units: outcome units.
Assumes: rows are a simple random sample of the target population. Raises: nothing.
Source: Deville & Sarndal (1992), JASA 87 (the estimator as a function of its totals); the delta method.
Differs: the LLMs' columns move alike in pool and arm, to first order.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration.moments import FloatArray
from service.calibration.sample import Sample, Units


def influence(sample: Sample, contrast: FloatArray) -> FloatArray | None:
    """The influence (m,) of the target's rows on a contrast (D,) of arm means; None where margins are stated."""
    rows = None if sample.margins is None else sample.margins.rows
    slopes = [u.on_target[0] for u in sample.human if isinstance(u, Units) and u.on_target is not None]
    if rows is None or not slopes:
        return None
    m = rows.shape[1]
    return np.asarray((contrast @ np.array(slopes)) @ rows / sqrt(m * (m - 1)))
