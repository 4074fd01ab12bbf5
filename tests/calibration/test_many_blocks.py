"""Blocks of many outcomes against those of one, and which numbers are left to the engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration import blocks
from service.calibration.many_blocks import Outcomes, arms, estimates
from service.calibration.matrix import arm_results
from service.calibration.plan import Plan
from service.calibration.resolution import resolve
from service.calibration.samples import ArmMatrix, Block
from tests.calibration.studies import simulate

SAMPLES = [simulate(seed, n=(20, 25), m=30, quality=0.2 * seed - 0.5).sample() for seed in range(6)]


def outcomes(plan: Plan) -> Outcomes:
    matrices = [
        ArmMatrix(
            np.array([s.human[d].y for s in SAMPLES]),
            np.concatenate([s.human[d].c for s in SAMPLES]),
            np.concatenate([s.llm_only[d].c for s in SAMPLES]),
        )
        for d in range(2)
    ]
    names = tuple(f"y{k}" for k in range(6))
    block = Block(tuple(range(6)), names, ("m0",) * 6, tuple(matrices), np.zeros(6), np.zeros(6), ((),) * 6)
    return Outcomes(resolve(SAMPLES[0], plan), block, [arm_results(m) for m in matrices], [np.ones(6, bool)] * 2)


@pytest.mark.parametrize("estimand", ["mean", "mean_difference"])
def test_what_stands_beside_an_estimate_is_what_blocks_says(estimand: str) -> None:
    plan = Plan(estimator="regression", estimand=estimand)
    found = estimates(outcomes(plan), []).blocks
    for sample, mine in zip(SAMPLES, found, strict=True):
        resolved = resolve(sample, plan)
        frame = resolved.plain
        for contrast, block in zip(resolved.contrasts, mine, strict=True):
            t = contrast.weights
            alone = blocks.llm_only(frame, t, frame.sample.directions)
            assert block.ppi_correlation == pytest.approx(blocks.ppi_correlation(frame.human, frame.whole, t))
            assert (block.llm_only.estimate, block.llm_only.standard_error) == pytest.approx(
                (alone.estimate, alone.standard_error)
            )
            assert block.models[0].name == "m0"


def test_arm_blocks_hold_sizes_and_a_mean_that_tests_nothing() -> None:
    for mine in arms(outcomes(Plan(estimator="regression"))):
        assert [(b.name, b.n_human, b.n_llm_only) for b in mine] == [("control", 20, 30), ("treatment", 25, 30)]
        assert all(b.mean.p_value is None and b.predictions[0].tuning for b in mine)


def test_a_p_value_at_the_error_rate_is_left_to_the_engine() -> None:
    plan = Plan(estimator="regression")
    found = estimates(outcomes(plan), []).blocks
    at_the_bound = replace(plan, null_value=found[3][0].result.interval.upper)
    sound = estimates(outcomes(at_the_bound), []).sound
    assert sound.tolist() == [True, True, True, False, True, True]
