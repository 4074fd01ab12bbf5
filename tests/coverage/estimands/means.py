"""A mean, for the estimators that learn the LLM's scale: people y = 0.8 z + 0.6 e, an LLM that answers z or exp(1.2 z).

Shapes: n humans and ``only`` n LLM-only units of one population. Units: the outcome's; the mean is 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.sample import Sample


@dataclass(frozen=True, slots=True)
class Mean:
    """What is drawn; ``curved``: the LLM's answers are exponential in what it knows."""

    n: int
    curved: bool = False
    only: int = 10

    @property
    def truth(self) -> Mapping[str, float]:
        """The mean."""
        return {"estimate": 0.0}

    def draw(self, rng: np.random.Generator) -> list[Sample]:
        """One study."""
        z = rng.standard_normal((1 + self.only) * self.n)
        y = 0.8 * z[: self.n] + 0.6 * rng.standard_normal(self.n)
        f = np.exp(1.2 * z) if self.curved else z
        return [from_arrays([ArmArrays("all", y, f[: self.n], f[self.n :])])]
