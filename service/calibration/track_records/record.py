"""The record of past studies and the new LLM-only effect: parsed once, finite and complete behind this file.

**Shapes** n past effects (contrasts), T studies; effects (n,), covariance (n, n).
**Units** every effect, human or LLM, on one declared scale and sign.
**Assumes** nothing: what is assumed of the studies stands in the answer.
**Breaks** two names that differ by a blank are two studies.
**Raises** InvalidSample with every problem: too_few_studies, bad_standard_error, bad_error_split, length_mismatch,
not_symmetric, covariance_disagrees.
**Source** the wire contract of /v1/track-records.
**Differs** in nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.calibration.errors import LISTED, InvalidSample, Problem
from service.calibration.moments import FloatArray

LEVEL = 0.95
SHARES = (0.1, 0.2, 0.7)  # of the error: the new LLM effect, the past gaps, the choice of tasks
ROUNDING = 1e-9
TINIEST = 1e-60  # its fourth power is still a double
AGREES = 1e-6  # relative difference of a variance and the square of its standard error


@dataclass(frozen=True, slots=True)
class Effects:
    """Estimates (n,) and their standard errors (n,)."""

    estimate: FloatArray
    standard_error: FloatArray


@dataclass(frozen=True, slots=True)
class NewEffect:
    """The effect that only LLMs have measured."""

    name: str
    estimate: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """Past effects measured by humans and by LLMs, the new one, and what is asked.

    ``names``: the study of each effect; effects of one name are contrasts of one study. ``covariance``: sampling
    covariance (n, n) of the human estimates, None: independent. ``error_split``: errors (LLM, past gaps, tasks).
    """

    names: tuple[str, ...]
    human: Effects
    llm: Effects
    covariance: FloatArray | None
    new: NewEffect
    confidence_level: float
    error_split: tuple[float, float, float]

    @property
    def studies(self) -> NDArray[np.intp]:
        """The study (n,) of each effect, numbered."""
        return np.unique(np.array(self.names, dtype=object), return_inverse=True)[1].reshape(-1)

    @property
    def n_studies(self) -> int:
        """How many studies there are."""
        return len(set(self.names))


def split_of(confidence_level: float) -> tuple[float, float, float]:
    """The default errors 10:20:70 of 1 - level."""
    error = 1.0 - confidence_level
    return SHARES[0] * error, SHARES[1] * error, SHARES[2] * error


def checked(record: TrackRecord) -> TrackRecord:
    """The record itself; raises ``InvalidSample`` with every problem."""
    problems = [*_study_problems(record), *_split_problems(record), *_covariance_problems(record)]
    if problems:
        raise InvalidSample(problems)
    return record


def _study_problems(record: TrackRecord) -> Iterator[Problem]:
    if not record.names:
        text, hint = "there is no past study", "send every study that has a human and an LLM effect"
        yield Problem("/studies", "too_few_studies", text, hint)
    for kind, effects, least in (("human", record.human, "positive"), ("llm", record.llm, "zero or positive")):
        bad = effects.standard_error < TINIEST if kind == "human" else effects.standard_error < 0
        for i in np.flatnonzero(bad)[:LISTED]:
            yield _error_problem(f"/studies/{i}/{kind}/standard_error", least)
    if record.new.standard_error < 0:
        yield _error_problem("/new/llm/standard_error", "zero or positive")


def _error_problem(pointer: str, least: str) -> Problem:
    return Problem(pointer, "bad_standard_error", f"this standard error has to be {least}", "the root of its variance")


def _split_problems(record: TrackRecord) -> Iterator[Problem]:
    error, split = 1.0 - record.confidence_level, record.error_split
    if min(split) <= 0 or abs(sum(split) - error) > ROUNDING:
        text = "three positive errors that sum to 1 - confidence_level"
        yield Problem("/error_split", "bad_error_split", f"expected {text}", "leave it out for 10:20:70")


def _covariance_problems(record: TrackRecord) -> Iterator[Problem]:
    matrix, n = record.covariance, len(record.names)
    if matrix is None:
        return
    if matrix.shape != (n, n):
        text, hint = f"expected {n} rows of {n} numbers", "one row and one column per entry of studies"
        yield Problem("/covariance", "length_mismatch", text, hint)
        return
    scale = np.sqrt(np.outer(np.abs(np.diagonal(matrix)), np.abs(np.diagonal(matrix))))
    if np.any(np.abs(matrix - matrix.T) > AGREES * scale):
        yield Problem("/covariance", "not_symmetric", "the covariance is not symmetric", "entry i, j equals j, i")
    variances = record.human.standard_error**2
    for i in np.flatnonzero(np.abs(np.diagonal(matrix) - variances) > AGREES * variances)[:LISTED]:
        text = "this variance is not the square of the study's human standard error"
        yield Problem(f"/covariance/{i}/{i}", "covariance_disagrees", text, "send covariances of the same estimates")


def effects(estimates: Sequence[float], errors: Sequence[float]) -> Effects:
    """Effects from plain numbers."""
    return Effects(np.array(estimates, dtype=np.float64), np.array(errors, dtype=np.float64))
