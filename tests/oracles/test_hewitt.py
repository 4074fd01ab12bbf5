"""The archive's published analysis (R metafor), and what intervals from 69 studies say of the seventieth.

The table of docs/track_records.md: python -m tests.oracles.test_hewitt
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from service.calibration.track_records.conformal import conformal
from service.calibration.track_records.line import Line, line
from service.calibration.track_records.llm_effects import LlmEffects, llm_effects
from service.calibration.track_records.prediction import predicted
from service.calibration.track_records.record import Effects, TrackRecord
from service.calibration.track_records.sampling import sampling
from service.calibration.track_records.track_record import track_record
from tests.oracles.hewitt import ABSENT, CASES, FOLDER, about, record_of, without

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=ABSENT)
PREDICTORS = sorted(case.split("|")[1] for case in CASES)
EXACT, FITTED = 1e-8, 1e-6
LEVELS = (0.95, 0.9)


class Covered(NamedTuple):
    """Shares of studies covered, each contrast of a study counting as much as its study has others."""

    conformal: float
    random_effects: float
    random_effects_for_estimates: float


def left_out(predictor: str) -> dict[float, Covered]:
    """Every study in turn as the new one, by level: its human estimates against the intervals from all others."""
    whole = record_of(predictor)
    shares: dict[float, list[np.ndarray]] = {level: [] for level in LEVELS}
    for study in sorted(set(whole.names)):
        rest = without(whole, study)
        llm = llm_effects(rest.llm)
        fitted = line(rest, sampling(rest), llm)
        mine = [i for i, name in enumerate(whole.names) if name == study]
        for level in LEVELS:
            asked = [about(rest, whole.llm.estimate[i], level) for i in mine]
            found = [covered(a, fitted, llm, truth(whole.human, i)) for a, i in zip(asked, mine, strict=True)]
            shares[level].append(np.mean(found, axis=0))
    return {level: Covered(*map(float, np.mean(shares[level], axis=0))) for level in LEVELS}


def truth(human: Effects, i: int) -> tuple[float, float]:
    return float(human.estimate[i]), float(human.standard_error[i])


def covered(record: TrackRecord, fitted: Line, llm: LlmEffects, human: tuple[float, float]) -> tuple[bool, bool, bool]:
    """By the conformal interval, the random-effects interval, and that one widened by the human estimate's error."""
    estimate, error = human
    tasks, found = conformal(record).interval, predicted(record, fitted, llm)
    wide = stats.t.ppf((1 + record.confidence_level) / 2, found.df) * np.hypot(found.standard_error, error)
    return (
        tasks.lower <= estimate <= tasks.upper,
        found.interval.lower <= estimate <= found.interval.upper,
        abs(estimate - found.estimate) <= wide,
    )


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_the_published_numbers(predictor):
    expected, answer = CASES[f"run1|{predictor}"], track_record(record_of(predictor))
    line, together, near = answer.random_effects, answer.correlation, answer.agreement
    assert together.raw == pytest.approx(expected["cor_raw"], abs=EXACT)
    assert near.rmse == pytest.approx(expected["rmse"], abs=EXACT)
    assert near.rmse_adjusted == pytest.approx(expected["rmse_adj"], abs=EXACT)
    assert near.sign_agreement == pytest.approx(expected["sign_agreement_all"], abs=EXACT)
    assert near.sign_agreement_significant == pytest.approx(expected["sign_agreement_p05"], abs=EXACT)
    assert near.significant == expected["n_p05"]
    assert together.attenuation_corrected == pytest.approx(expected["cor_adj"], abs=FITTED)
    assert line.slope == pytest.approx(expected["slope_b"], abs=FITTED)
    assert line.tau2 == pytest.approx(expected["tau2_resid"], abs=FITTED)
    assert line.tau2_total == pytest.approx(expected["tau2_no_predictor"], abs=FITTED)


def least(level: float) -> float:
    """The nominal rate minus binomial error over 70 studies."""
    return level - 1.96 * float(np.sqrt(level * (1 - level) / 70))


def test_the_conformal_interval_covers_studies_left_out():
    for level, found in left_out("pred_gpt_4").items():
        assert found.conformal >= least(level)
        assert 0.7 < found.random_effects < found.random_effects_for_estimates


@pytest.mark.slow
@pytest.mark.parametrize("predictor", PREDICTORS)
def test_whoever_predicts(predictor):
    assert all(found.conformal >= least(level) for level, found in left_out(predictor).items())


if __name__ == "__main__":
    for name in PREDICTORS:
        for tried, share in left_out(name).items():
            print(f"| {name.removeprefix('pred_')} | {tried} | {' | '.join(f'{value:.3f}' for value in share)} |")
