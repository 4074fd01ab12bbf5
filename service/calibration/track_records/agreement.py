"""How near LLM effects come to human ones: differences, signs, one factor through the origin.

Formula: rmse = sqrt(mean (human - LLM)^2); adjusted = sqrt(mean ((human - LLM)^2 - SE_h^2 - SE_l^2)); sign agreement =
share with human and LLM effects of one sign, over all and over those with |human| > 1.96 SE_h; slope through the
origin = sum(h l)/sum(l^2). None of them changes when a contrast is turned round.
**Shapes** n effects; scalars.
**Units** rmse in effect units.
**Assumes** known standard errors, for the adjusted ones.
**Breaks** sign agreement over all effects counts true zeros as coin tosses.
**Raises** nothing.
**Source** Hewitt, Ashokkumar, Ghezae & Willer: rmse, its adjustment and sign agreement as they have them.
**Differs**: significance by the normal quantile, not by the t test of each study.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from service.calibration.track_records.answer import Agreement
from service.calibration.track_records.record import TrackRecord

SIGNIFICANT = 1.959963984540054


def agreement(record: TrackRecord) -> Agreement:
    """All measures."""
    human, llm = record.human, record.llm
    squared = (human.estimate - llm.estimate) ** 2
    adjusted = float((squared - human.standard_error**2 - llm.standard_error**2).mean())
    same = np.sign(human.estimate) == np.sign(llm.estimate)
    clear = np.abs(human.estimate) > SIGNIFICANT * human.standard_error
    size = float(llm.estimate @ llm.estimate)
    return Agreement(
        rmse=sqrt(float(squared.mean())),
        rmse_adjusted=sqrt(adjusted) if adjusted >= 0 else None,
        sign_agreement=float(same.mean()),
        significant=int(clear.sum()),
        sign_agreement_significant=float(same[clear].mean()) if clear.any() else None,
        slope_through_origin=float(human.estimate @ llm.estimate) / size if size > 0 else None,
    )
