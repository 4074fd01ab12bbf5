"""Which laws hold for which estimator, and why. A new registry entry must say so here before its tests can run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Maps = Literal["any", "common", "shift"]


@dataclass(frozen=True)
class Laws:
    """How far an estimator's answer is indifferent to the scale and the number of LLM columns.

    ``maps``: the affine maps of LLM columns that change nothing: each column at any scale, all at one scale, shifts.
    ``reverse``: whether reversing the outcome alone reverses the answer, or only together with the predictions.
    ``copies``: whether any column may be repeated, or only every model alike.
    ``constant_model``: whether one more LLM that always says the same changes nothing.
    ``duplication``: whether doubling every unit leaves the estimate alone.
    ``moments``: whether moments serve as well as rows: always, never, or with few columns.
    """

    maps: Maps
    reverse: Literal["outcome", "everything"]
    copies: Literal["any", "every_model"]
    constant_model: bool
    duplication: bool
    why: str
    moments: Literal["always", "never", "few_columns"] = "always"


LEAST_SQUARES = "least squares absorbs any affine map and drops what repeats or does not vary; slopes know no n"
LAWS = {
    "auto": Laws(
        *("any", "outcome", "any", True, False),
        LEAST_SQUARES + "; the rule looks at R^2 and n: doubling the units can let an arm in; ridge leaves rows out",
        moments="few_columns",
    ),
    "regression": Laws("any", "outcome", "any", True, True, LEAST_SQUARES),
    "human_only": Laws("any", "outcome", "any", True, True, "looks at no LLM column"),
    "ppi": Laws(
        *("shift", "everything", "every_model", False, True),
        "lambda is 1: a prediction counts at its own scale, and models by their equal-weight mean",
    ),
    "power_tuned": Laws(
        *("common", "outcome", "every_model", True, False),
        "lambda absorbs a scale common to all predictions (a constant model only dilutes their mean, again a scale); "
        "it mixes divisors n - 1 and T - 1, so doubling the units moves it by O(1/n)",
    ),
    "arm_tuned": Laws(*("common", "outcome", "every_model", True, False), "as power_tuned, arm by arm"),
    "difference_in_predictions": Laws(
        *("common", "outcome", "every_model", True, False), "as power_tuned, arms tuned together for a contrast"
    ),
    "design_based": Laws(
        *("any", "outcome", "any", True, True), LEAST_SQUARES + "; probabilities weigh units", moments="never"
    ),
    "recalibrated": Laws(
        *("any", "outcome", "any", True, False),
        LEAST_SQUARES
        + " of recalibrated columns, and monotone functions see ranks; a unit's double is in another fold",
        moments="never",
    ),
    "plug_in_bias": Laws(
        *("shift", "everything", "every_model", False, True), "as ppi: the LLM-only mean counts at its own scale"
    ),
}
