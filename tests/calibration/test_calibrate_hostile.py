"""Numbers that break arithmetic: an answer that is right, or a refusal; never a crash and never a silent infinity."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError, InvalidSample, NotIdentified
from service.calibration.estimators import ESTIMATORS
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.calibration.studies import Study, as_moments, problems, simulate

T = {"identification": "exchangeability", "compare": True}
ESTIMATOR = [e.name for e in ESTIMATORS if not e.by_probability]
FORMS = [  # of a sample: its rows, or moments where these serve
    pytest.param(e.name, rows, id=f"{'rows' if rows else 'moments'}-{e.name}")
    for e in ESTIMATORS
    for rows in (True, False)
    if not e.by_probability and (rows or not e.by_row)
]

pytestmark = pytest.mark.unwatched


def scaled(y: float, c: float, only: float, *, seed: int = 1, design: str = "independent") -> Study:
    study = simulate(seed, (7, 8), 9 if design == "shared" else (9, 9), design=design)
    return replace(
        study,
        y=tuple(v * y for v in study.y),
        c=tuple(v * c for v in study.c),
        llm_only=tuple(v * only for v in study.llm_only),
    )


def outcome(sample: Sample, plan: Plan) -> Answer | list[tuple[str, str]]:
    """The answer, or the problems of the refusal."""
    try:
        return calibrate(sample, plan)
    except CalibrationError as refusal:
        return problems(refusal)


@pytest.mark.parametrize(("estimator", "rows"), FORMS)
@pytest.mark.parametrize("design", ["independent", "shared"])
def test_powers_of_ten_end_in_finite_numbers_or_a_refusal(estimator: str, rows: bool, design: str) -> None:
    answered = 0
    for y, c, only in product((1e-69, 1e-30, 1.0, 1e69), (1e-69, 1e-8, 1.0, 1e69), (1e-69, 1.0, 1e40, 1e69)):
        sample = scaled(y, c, only, design=design).sample()
        answer = outcome(sample if rows else as_moments(sample), Plan(estimator=estimator, **T))
        if not isinstance(answer, Answer):
            assert answer == [("/data", "numeric_overflow")]
            continue
        answered += 1
        for e in answer.estimates:
            numbers = [e.result.estimate, e.result.standard_error, e.result.df, e.result.p_value]
            numbers += [e.variance_ratio, e.effective_sample_size, e.ppi_correlation, e.llm_only.estimate]
            numbers += [a.effective_sample_size for a in e.alternatives] + [m.ppi_correlation for m in e.models]
            assert all(x is None or np.isfinite(x) for x in numbers)
    assert answered > 20


def test_overflow_is_a_refusal_that_says_what_to_do() -> None:
    with pytest.raises(NotIdentified) as refused:
        calibrate(scaled(1.0, 1e-69, 1e69).sample(), Plan(estimator="regression"))
    assert problems(refused.value) == [("/data", "numeric_overflow")]
    assert "rescale" in refused.value.problems[0].hint


@pytest.mark.parametrize("scale", [1e-60, 1e-30, 1e30, 1e60])
@pytest.mark.parametrize("estimator", ESTIMATOR)
def test_units_of_measurement_do_not_matter(estimator: str, scale: float) -> None:
    plain = calibrate(scaled(1.0, 1.0, 1.0).sample(), Plan(estimator=estimator)).estimates[0].result
    found = calibrate(scaled(scale, scale, scale).sample(), Plan(estimator=estimator)).estimates[0].result
    assert found.estimate == pytest.approx(plain.estimate * scale, rel=1e-9)
    assert found.standard_error == pytest.approx(plain.standard_error * scale, rel=1e-9)
    assert [found.df, found.p_value] == pytest.approx([plain.df, plain.p_value], rel=1e-9)


@pytest.mark.parametrize(("estimator", "rows"), FORMS)
def test_llms_whose_mean_is_the_outcome_exactly(estimator: str, rows: bool) -> None:
    """The residual variance is 0 up to rounding, which may fall on either side of it."""
    for seed in range(20):
        study = simulate(seed, (10, 11), (6, 7), models=3)
        noise = [np.random.default_rng(seed).normal(size=(2, len(y))) for y in study.y]
        c = tuple(np.vstack([y + d[0], y + d[1], y - d[0] - d[1]]) for y, d in zip(study.y, noise, strict=True))
        sample = replace(study, c=c).sample()
        result = calibrate(sample if rows else as_moments(sample), Plan(estimator=estimator)).estimates[0].result
        assert result.standard_error > 0.0


@pytest.mark.parametrize(
    ("values", "code"),
    [([1e308, 1.0, 2.0], "numeric_overflow"), ([np.inf, 1.0, 2.0], "not_finite"), ([5e-324, 0.0, 0.0], "no_variation")],
)
def test_single_values_beyond_use_are_named(values: list[float], code: str) -> None:
    study = replace(simulate(1, (3,), 5), y=(np.array(values),))
    with pytest.raises(InvalidSample) as refused:
        study.sample()
    place = "/data/arms/0/human" + ("" if code == "no_variation" else "/0")
    assert problems(refused.value) == [(place, code)]
