"""The moments layout on the wire: counts, means and covariances, no rows."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import numpy as np

from service.api.wire.columns import Finite, Name
from service.calibration.errors import InvalidSample, Problem
from service.calibration.layouts import arrays, moments
from service.calibration.layouts.draft import Missing
from service.calibration.layouts.reading import AS_NUMBERS, Reading
from service.calibration.sample import Sample

Count = Annotated[float, msgspec.Meta(ge=1, le=2**53, multiple_of=1)]


class MomentColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One prediction column of the moments layout."""

    model: Name | None = None
    arm: Name | None = None


class HumanMoments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Count, mean and covariance of (outcome, predictions) over an arm's humans."""

    name: Name
    n: Count
    mean: list[Finite]
    covariance: list[list[float]]


class LlmOnlyMoments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Count, mean and covariance of the predictions over LLM-only units."""

    n: Count
    mean: list[Finite]
    covariance: list[list[float]]
    arm: Name | None = None


class MomentsLayout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="moments", tag_field="layout"):
    """No rows: counts, means and covariances per arm."""

    predictions: list[MomentColumn]
    arms: list[HumanMoments]
    llm_only: list[LlmOnlyMoments] | None = None
    prediction_design: Literal["shared", "independent"] | None = None


def to_core(data: MomentsLayout, _missing: Missing, reading: Reading) -> tuple[Sample, ...]:
    """The sample; raises ``InvalidSample`` with every problem. Moments have no missing answers and no categories."""
    problems: list[Problem] = []
    if reading != AS_NUMBERS:
        text = "moments have neither categories nor a model's terms"
        hint = "supported: layouts arrays and table; or estimands mean and mean_difference"
        problems.append(Problem("/data/layout", "unsupported_combination", text, hint))
    return (moments.from_moments(content(data, problems)),)


def content(data: MomentsLayout, problems: list[Problem]) -> moments.MomentData:
    """The entries; raises ``InvalidSample`` with the ``problems`` found before and what cannot be read."""
    human = tuple(_entry(a.name, a, f"/data/arms/{i}", problems) for i, a in enumerate(data.arms))
    only = tuple(_entry(s.arm, s, f"/data/llm_only/{i}", problems) for i, s in enumerate(data.llm_only or ()))
    if problems:
        raise InvalidSample(problems)
    columns = tuple((c.model or arrays.MODEL, c.arm) for c in data.predictions)
    return moments.MomentData(columns, human, only, data.prediction_design)


def count(data: MomentsLayout) -> int:
    """How many numbers the data holds."""
    return sum(len(arm.mean) ** 2 for arm in data.arms)


def shape(data: MomentsLayout, *, categories: bool = False) -> tuple[int, int]:  # noqa: ARG001 - it has none
    """Number of columns and of models."""
    return max(1, len(data.predictions)), len({p.model for p in data.predictions})


def arms(data: MomentsLayout) -> tuple[int, str]:
    """Number of arms, and where they stand."""
    return len({arm.name for arm in data.arms}), "/data/arms"


def _entry(arm: str | None, sent: HumanMoments | LlmOnlyMoments, place: str, problems: list[Problem]) -> moments.Entry:
    lengths = {len(row) for row in sent.covariance}
    if len(lengths) > 1:
        problems.append(
            Problem(f"{place}/covariance", "length_mismatch", "the rows differ in length", "a square matrix")
        )
        return moments.Entry(arm, int(sent.n), np.zeros(0), np.zeros((0, 0)))
    covariance = np.array(sent.covariance, dtype=np.float64).reshape(len(sent.covariance), *lengths or (0,))
    return moments.Entry(arm, int(sent.n), np.array(sent.mean, dtype=np.float64), covariance)
