from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.permutations import MORE, PERMUTATIONS, permutation_p_value


def test_the_first_stage_and_the_second() -> None:
    assert permutation_p_value(lambda: 4) == pytest.approx(5 / 1000)
    counts = iter([0, 1, 0, 2, 0, 0])
    assert permutation_p_value(lambda: next(counts)) == pytest.approx(4 / 4996)
    assert permutation_p_value(lambda: 0) == pytest.approx(1 / (1 + MORE * PERMUTATIONS))


def test_it_is_valid_at_every_level() -> None:
    generator = np.random.default_rng(1)
    chance = generator.random(40_000)
    found = np.array([permutation_p_value(lambda c=c: int(generator.binomial(PERMUTATIONS, c))) for c in chance])
    for level in (0.0005, 0.001, 0.002, 0.01, 0.05):
        assert np.mean(found <= level) < level + 3 * np.sqrt(level / chance.size)
    assert np.mean(found <= 0.05) > 0.045
