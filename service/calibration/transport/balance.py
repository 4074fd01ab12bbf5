"""Balance: how far a source is from the target before and after weighting, and what the weights cost.

Formula: standardised mean difference of a mean or a level's share, (mean of the units - target) / sd, sd the units' own
before weighting (base weights; of a level sqrt(p (1 - p))); overlap = sum_i min(p_i, q_i) of base shares p and target
shares q, 1 minus their total variation; Kish n = (sum w)^2 / sum w^2; largest share max q_i.
Shapes: n units, L means and levels. Units: none.
Raises: nothing.
Source: Austin (2009), Statistics in Medicine 28:3083-3107; Kish (1965), Survey Sampling.
Differs: the sd is the sample's, because a stated margin has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.calibration.answer import Balance
from service.calibration.margins import Margins, every_level
from service.calibration.moments import FloatArray, kish
from service.calibration.transport.entropy import spread

ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Source:
    """Units of one source: deviations from the target x (k, n), base weights (n,), weights (n,)."""

    x: FloatArray
    base: FloatArray
    weight: FloatArray


def joined(sources: Sequence[Source]) -> Source:
    """All units of several sources."""
    return Source(
        np.concatenate([s.x for s in sources], axis=1),
        np.concatenate([s.base for s in sources]),
        np.concatenate([s.weight for s in sources]),
    )


def balance(margins: Margins, source: Source, name: str | None) -> Balance:
    """A source's balance before and after weighting."""
    before, after = source.base / source.base.sum(), source.weight / source.weight.sum()
    levels = np.concatenate([every_level(margin, rows) for margin, rows, _ in margins.parts(source.x)])
    scale = spread(levels, before)
    return Balance(
        name=name,
        n=int(after.shape[0]),
        kish_n=kish(after),
        overlap=float(np.minimum(before, after).sum()),
        largest_share=float(after.max()),
        smd_before=_named(margins, levels @ before / scale),
        smd_after=_named(margins, levels @ after / scale),
    )


def _named(margins: Margins, values: FloatArray) -> Mapping[str, float]:
    values = np.where(np.abs(values) < ROUNDING, 0.0, values)
    return dict(zip(margins.names, values.tolist(), strict=True))
