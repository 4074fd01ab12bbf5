"""How answers and covariates are read: as categories or as numbers, as columns that adjust or as terms of a model."""

from __future__ import annotations

from dataclasses import dataclass

from service.calibration.layouts.categories import Categories
from service.calibration.layouts.target import Target
from service.calibration.plan import Model


@dataclass(frozen=True, slots=True)
class Reading:
    """The categories that answers are (None: numbers), the model whose terms some covariates are, or the target."""

    categories: Categories | None = None
    model: Model | None = None
    target: Target | None = None


AS_NUMBERS = Reading()
