"""A contrast: a named linear combination of arm means, tau = sum_d t_d mu_d."""

from __future__ import annotations

from dataclasses import dataclass

from service.calibration.moments import FloatArray


@dataclass(frozen=True, slots=True)
class Contrast:
    """Name and weights t (D,), in the order of the sample's arms."""

    name: str
    weights: FloatArray
