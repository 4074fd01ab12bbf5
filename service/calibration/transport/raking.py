"""Raking: weights scaled margin by margin until every category has its share (iterative proportional fitting).

Formula: w_i <- w_i s_level(i) / (sum of w over the level), in turn for every margin; w sums to 1.
The limit is the weights closest to the base weights in Kullback-Leibler divergence, w_i = d_i exp(lambda'x_i), the same
that entropy balancing finds.
Shapes: n units; codes (n,) and shares (L,) per margin. Units: none.
Assumes: every category with a share has a unit of positive base weight. Breaks: margins that contradict each other (it
never ends) and that nearly do (it ends slowly): ``weighting`` goes on with Newton's method.
Raises: nothing.
Source: Deming & Stephan (1940), Annals of Mathematical Statistics 11:427-444; Ireland & Kullback (1968), Biometrika 55.
Differs: from R's survey::rake in nothing but the stopping rule: shares to 1e-13, not counts to 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from service.calibration.moments import FloatArray, IntArray

ROUNDS = 100
CLOSE = 1e-13


def raked(base: FloatArray, margins: Sequence[tuple[IntArray, FloatArray]]) -> tuple[FloatArray, float]:
    """Weights (n,) that sum to 1, and the largest error of a share that is left."""
    w = base / base.sum()
    error = np.inf
    for _ in range(ROUNDS):
        for codes, shares in margins:
            found = np.bincount(codes, w, shares.shape[0])
            w = w * (shares / found)[codes]
        error = max(float(np.abs(np.bincount(c, w, s.shape[0]) - s).max()) for c, s in margins)
        if error <= CLOSE:
            break
    return w / w.sum(), error
