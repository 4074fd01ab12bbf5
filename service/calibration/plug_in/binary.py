"""Outcomes of two answers, 0 and 1.

Shapes: outcomes (n,) of every arm. Raises: ``not_binary``.
"""

from __future__ import annotations

import numpy as np

from service.calibration.errors import InvalidSample, Warned
from service.calibration.influence import Design
from service.calibration.model_rows import Rows
from service.calibration.sample import Sample, Units

FEW_MINORITY = 5


def binary(sample: Sample, human: Rows) -> tuple[Design, tuple[Warned, ...]]:
    """The design as it is; refuses human answers other than 0 and 1, doubts arms with few of one of them."""
    doubts = []
    for source, place in zip(sample.human, sample.pointers, strict=True):
        assert isinstance(source, Units)
        assert source.y is not None
        y = source.y + sample.origin
        if not np.isin(y, (0.0, 1.0)).all():
            text = "a ratio of risks or odds is of events, and an answer is neither 0 nor 1"
            hint = "code the event 1 and everything else 0; for numbers use standardized_mean_difference"
            raise InvalidSample.at(place, "not_binary", text, hint)
        if min(np.count_nonzero(y), np.count_nonzero(y == 0.0)) < FEW_MINORITY:
            text = f"fewer than {FEW_MINORITY} humans of an arm gave the rarer of two answers: no ratio is trustworthy"
            doubts.append(Warned("rare_outcome", text, place))
    return human.design, tuple(dict.fromkeys(doubts))
