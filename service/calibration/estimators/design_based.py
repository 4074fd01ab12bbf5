"""Design-based: regression calibration when the probability of a human answer is known for every human.

Formula: weighted least squares inside each arm with omega = w / pi, evaluated at the mean of c over the whole frame,
q = w / sum w; an arm's level is its Hajek mean, ybar_d + b_d'(cbar* - cbar_d) (see ``estimate`` and ``leverage``).
Shapes: slope (D, p). Units: outcome units.
Assumes: the stated probabilities are right and every unit of the frame could have been asked; nothing of the LLM.
Breaks: very small probabilities: a few humans carry the estimate (``unequal_weights``).
Raises: ``unsupported_combination`` without sampling probabilities; ``too_many_columns``.
Source: Egami, Hinck, Stewart & Wei (design-based supervised learning, DSL); Sarndal, Swensson & Wretman (1992),
chapter 6; Zrnic & Candes 2403.03208 for active sampling.
Differs: Hajek levels, leverage-corrected variance and Bell-McCaffrey degrees of freedom; no cross-fitting.
"""

from __future__ import annotations

import numpy as np

from service.calibration.card import Card
from service.calibration.errors import UnsupportedCombination
from service.calibration.estimate import Estimate, Frame, assemble
from service.calibration.moments import FloatArray

CARD = Card(
    name="design_based",
    title="Design-based regression calibration (known sampling probabilities)",
    formula="inside each arm, least squares weighted by survey weight / sampling probability; evaluated at the mean of "
    "the predictions over the whole frame",
    assumptions=("the stated probabilities of a human answer are right", "every unit could have been asked"),
    limits=("needs sampling_probability for every human", "very small probabilities: few humans carry the estimate"),
    sources=("Egami et al., design-based supervised learning", "arXiv 2403.03208"),
)


def fit(frame: Frame, contrast: FloatArray) -> Estimate:  # noqa: ARG001 - slopes serve every contrast
    """Every arm on its own weighted least-squares slope."""
    if not frame.by_probability:
        raise UnsupportedCombination.at(
            "/plan/estimator",
            "unsupported_combination",
            "the data states no sampling probabilities",
            "supported: design_based with sampling_probability in the data; else regression or auto",
        )
    none = np.zeros(len(frame.sample.columns))
    slopes = [frame.slope(d) if frame.has_pool[d] else none for d in range(len(frame.sample.arms))]
    return assemble(frame, slopes, frame.pools)
