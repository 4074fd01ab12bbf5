"""Which laws hold for which estimator, and why. A new registry entry must say so here before its tests can run."""

from __future__ import annotations

from collections.abc import Mapping
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


Law = Literal[
    "shift", "reverse", "scale", "relabel", "terms", "maps", "sign_of_contrast", "swapped_control", "twice", "moments",
    "end_of_interval", "exact_ends",
]  # fmt: skip
Group = Literal["affine", "positive", "shrinking", "complement"]


@dataclass(frozen=True)
class EstimandLaws:
    """What of the laws holds for an estimand; every law that does not is named with the reason.

    ``without``: laws that say nothing of this estimand, and why. ``maps``: which maps of an LLM's answers its own fit
    absorbs (affine maps stand under the estimator's ``Laws.maps``; ``positive`` and ``shrinking`` scales do not, since
    they leave the influence values themselves alone). ``together``: whether the outcome's scale is also the LLMs'.
    """

    without: Mapping[Law, str]
    maps: Group = "affine"
    together: bool = False


NO_TERMS = "has no terms"
NO_CONTRAST = "has no contrasts: arms are terms"
NO_ARMS = "the arms of a conjoint, choice or correlation are not compared"
NO_ROWS = "influence values need every unit's row: moments are refused, see test_refusals"
OWN_WAY = "each statistic moves in its own way: tests/calibration/plug_in"
NUMBERS = "answers are numbers, not names"
ZERO_ONE = "answers are 0 or 1, which no shift or scale leaves so"
NAMES = "answers are names, which have no scale"
OF_ESTIMANDS: Mapping[str, EstimandLaws] = {
    "mean": EstimandLaws(
        {
            "relabel": NUMBERS,
            "terms": NO_TERMS,
            "sign_of_contrast": "one estimate per arm",
            "swapped_control": "one estimate per arm",
        }
    ),
    "mean_difference": EstimandLaws({"relabel": NUMBERS, "terms": NO_TERMS}),
    "proportions": EstimandLaws(
        {
            "shift": NAMES,
            "reverse": NAMES,
            "scale": NAMES,
            "terms": NO_TERMS,
            "moments": "shares need every human's category: moments are not categories, see test_refusals",
        }
    ),
    "quantile": EstimandLaws(
        {
            "relabel": NUMBERS,
            "terms": NO_TERMS,
            "reverse": "a quantile is the smallest answer that reaches q, and mirrored the largest; so are its ends",
            "twice": "indicators with few LLM answers get no slope; standard errors are steps between answers",
            "maps": "1{f <= t} is told at the humans' answers t: a map of f alone makes other indicators",
            "moments": "a distribution function needs every unit's row, see test_refusals",
            "end_of_interval": "the p-value is a step function: it jumps at human answers, where intervals end",
            "exact_ends": "an end beyond the humans' last answer is open",
        },
        together=True,
    ),
    "linear": EstimandLaws({"relabel": NUMBERS, "sign_of_contrast": NO_CONTRAST, "moments": NO_ROWS}),
    "logistic": EstimandLaws(
        {
            "shift": ZERO_ONE,
            "scale": ZERO_ONE,
            "relabel": "of two answers: the law of reversal",
            "sign_of_contrast": NO_CONTRAST,
            "moments": NO_ROWS,
        },
        maps="complement",
    ),
    "poisson": EstimandLaws(
        {
            "shift": "counts start at 0",
            "reverse": "counts start at 0",
            "relabel": NUMBERS,
            "sign_of_contrast": NO_CONTRAST,
            "moments": NO_ROWS,
        },
        maps="positive",
    ),
    "amce": EstimandLaws(
        {
            "relabel": NUMBERS,
            "terms": "terms are levels, not numbers",
            "sign_of_contrast": NO_CONTRAST,
            "swapped_control": NO_ARMS,
            "moments": NO_ROWS,
        }
    ),
    "correlation": EstimandLaws(
        {"relabel": NUMBERS, "sign_of_contrast": NO_CONTRAST, "swapped_control": NO_ARMS, "moments": NO_ROWS}
    ),
    "plug_in": EstimandLaws(
        {
            "shift": OWN_WAY,
            "reverse": OWN_WAY,
            "scale": OWN_WAY,
            "relabel": NUMBERS,
            "terms": "one statistic has a covariate: tests/calibration/plug_in/test_spearman.py",
            "sign_of_contrast": "comparisons are with the control",
            "twice": "divisors n - 1 count units",
            "moments": NO_ROWS,
        },
        maps="shrinking",
    ),
    "conditional_logit": EstimandLaws(
        {
            "shift": ZERO_ONE,
            "reverse": "one alternative is chosen of each set, so its reverse is no choice",
            "scale": ZERO_ONE,
            "relabel": "alternatives have no names, only terms",
            "sign_of_contrast": NO_CONTRAST,
            "swapped_control": NO_ARMS,
            "moments": NO_ROWS,
        },
        maps="shrinking",
    ),
    "multinomial": EstimandLaws(
        {
            "shift": NAMES,
            "reverse": NAMES,
            "scale": NAMES,
            "maps": "the fit of probabilities absorbs no map of them that leaves them probabilities",
            "sign_of_contrast": NO_CONTRAST,
            "swapped_control": NO_ARMS,
            "moments": NO_ROWS,
        }
    ),
}
COEFFICIENTS = ("linear", "logistic", "poisson", "amce", "correlation", "conditional_logit", "multinomial", "plug_in")
NO_QUANTILE = ("power_tuned", "arm_tuned", "difference_in_predictions", "design_based", "recalibrated", "plug_in_bias")
REFUSED: Mapping[tuple[str, str], str] = {
    **{("recalibrated", name): "influence values are no monotone function of a prediction" for name in COEFFICIENTS},
    **{(name, "quantile"): "does not calibrate distribution functions" for name in NO_QUANTILE},
}


def holds(law: Law, estimand: str) -> bool:
    """Whether a law says something of an estimand."""
    return law not in OF_ESTIMANDS[estimand].without


def maps(estimator: str, estimand: str) -> Group | Maps | None:
    """The maps of LLM answers that leave a pair's answer alone; None: only the identity."""
    own, group = LAWS[estimator].maps, OF_ESTIMANDS[estimand].maps
    if not holds("maps", estimand):
        return None
    if group == "affine":
        return own
    return None if group == "complement" and own == "shift" else group
