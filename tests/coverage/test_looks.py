"""The path of looks is the product's own answer at single looks, and the committed coverage is what the docs say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.inference import Settings, infer
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.moments import of_columns
from tests.coverage.looks import FIRST, KINDS, LLM_ONLY, LOOKED, REPLICATES, human_only, reach, regression
from tests.coverage.simulate import read

SETTINGS = Settings(method="confidence_sequence", null_value=None)


def product(y: np.ndarray, f: np.ndarray, only: np.ndarray, name: str) -> tuple[float, float, float]:
    """Lower end, estimate and upper end of the product, from moments."""
    rows = from_arrays([ArmArrays("all", y, f, only)])
    human, rest = of_columns(np.vstack([y, f])), of_columns(only[None])
    sample = replace(rows, human=(human,), llm_only=(rest,))
    result = infer(estimator(name).fit(Frame(sample, "exchangeability"), np.ones(1)), np.ones(1), SETTINGS)
    assert result.interval.lower is not None
    assert result.interval.upper is not None
    return result.interval.lower, result.estimate, result.interval.upper


@pytest.mark.parametrize("name", ["human_only", "regression"])
def test_the_path_is_the_products_answer_at_every_look(name: str) -> None:
    """200 random looks of random studies, to 1e-12 of the half width."""
    rng = np.random.default_rng(4)
    for trial in range(200):
        n = FIRST + int(rng.integers(0, 60))
        seen = KINDS[trial % len(KINDS)][1]
        latent = rng.standard_normal((2, n))
        y, f, only = seen(latent[0]), seen(0.7 * latent[0] + latent[1]), seen(rng.standard_normal(LLM_ONLY * n))
        path = human_only(y) if name == "human_only" else regression(y, f, only)
        lower, estimate, upper = product(y, f, only, name)
        assert path.estimate[-1] == pytest.approx(estimate, abs=1e-12 * (upper - lower))
        assert 2.0 * reach(path)[-1] == pytest.approx(upper - lower, rel=1e-12)


def test_committed_sequences_cover_at_every_look_at_once() -> None:
    """At least .95 within 2 Monte Carlo errors, but for the skewed outcome, which the docs list as failing."""
    found = {(row["kind"], row["estimator"]): row for row in read(LOOKED)}
    assert {row["replicates"] for row in found.values()} == {REPLICATES}
    for (kind, _), row in found.items():
        if kind == "lognormal":
            assert row["coverage"] < 0.93
        else:
            assert row["coverage"] >= 0.95 - 2.0 * row["coverage_mc_error"]
