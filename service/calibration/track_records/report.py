"""The paragraph for a methods section, written from one answer's numbers and nothing else.

**Shapes** one string.
**Units** those of the effects.
**Assumes** nothing.
**Breaks** nothing.
**Raises** nothing.
**Source** the answer.
**Differs** in nothing.
"""

from __future__ import annotations

from service.calibration.track_records.answer import Interval, TrackRecordAnswer


def paragraph(answer: TrackRecordAnswer) -> str:
    """LLM effect, both intervals, slope and correlation, what is assumed."""
    llm, conformal = answer.llm_only, answer.conformal
    error = "" if llm.standard_error is None else f" (standard error {_number(llm.standard_error)})"
    opening = (
        f"LLM answers alone gave an effect of {_number(llm.estimate)}{error} for {answer.name}; no human was asked. "
        f"The record has {conformal.studies} past studies with a human and an LLM effect."
    )
    told = _over_tasks(answer), _over_studies(answer), _together(answer)
    closing = (
        "This is exploratory with a track record: it holds only if the new study is exchangeable with the past ones, "
        "which is assumed and cannot be tested here."
    )
    return " ".join([opening, *(sentence for sentence in told if sentence), closing])


def _over_tasks(answer: TrackRecordAnswer) -> str:
    conformal = answer.conformal
    if conformal.interval is None:
        return (
            f"A conformal interval over studies needs {conformal.studies_needed}, "
            f"{conformal.studies_missing} more than there are."
        )
    return f"The conformal interval over studies (Tan & Zrnic) for the human effect was {_range(conformal.interval)}."


def _over_studies(answer: TrackRecordAnswer) -> str:
    effects = answer.random_effects
    if effects.estimate is None or effects.interval is None:
        return "A random-effects prediction needs more studies."
    slope = "" if effects.slope is None else f", slope {_number(effects.slope)}"
    sign = effects.wrong_sign_probability
    wrong = "" if sign is None else f"; the probability that the human effect has the other sign was {sign:.2f}"
    return (
        f"The random-effects prediction (REML, Hartung-Knapp{slope}) was {_number(effects.estimate)}, "
        f"{_range(effects.interval)}{wrong}."
    )


def _together(answer: TrackRecordAnswer) -> str:
    raw, corrected = answer.correlation.raw, answer.correlation.attenuation_corrected
    if raw is None:
        return ""
    beside = "" if corrected is None else f" ({corrected:.2f} after correction for sampling error)"
    return f"Human and LLM effects correlated at {raw:.2f}{beside} over past studies."


def _range(interval: Interval) -> str:
    return f"{100 * interval.level:g} % interval {_number(interval.lower)} to {_number(interval.upper)}"


def _number(value: float) -> str:
    return f"{value:.4g}"
