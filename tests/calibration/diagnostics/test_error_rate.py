from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from service.calibration.diagnostics.error_rate import FIRST, PRIMARY, OneTest, adjusted, weights_of


def closed_testing(p: np.ndarray, w: np.ndarray) -> list[float]:
    """Adjusted p-values by brute force: the largest weighted Bonferroni p-value of any set with the hypothesis."""
    sets = [s for k in range(1, len(p) + 1) for s in combinations(range(len(p)), k)]
    local = {s: min(1.0, *(p[i] * sum(w[list(s)]) / w[i] for i in s)) for s in sets}
    return [max(v for s, v in local.items() if i in s) for i in range(len(p))]


@pytest.mark.parametrize("seed", range(20))
def test_weighted_holm_is_the_closed_test_of_weighted_bonferroni(seed: int) -> None:
    generator = np.random.default_rng(seed)
    names = generator.choice([FIRST, "b", "c", "d"], 6)
    tests = [OneTest(str(name), bool(sub), float(p)) for name, sub, p in
             zip(names, generator.random(6) < 0.5, generator.random(6) ** 3, strict=True)]  # fmt: skip
    weights = np.array(weights_of(tests))
    assert weights.sum() == pytest.approx(1.0)
    assert adjusted(tests) == pytest.approx(closed_testing(np.array([t.p_value for t in tests]), weights))


def test_the_parts_of_the_level() -> None:
    tests = [
        OneTest(FIRST, False, 0.01),
        OneTest(FIRST, True, 0.2),
        OneTest(FIRST, True, 0.3),
        OneTest("b", False, 0.4),
    ]
    assert weights_of(tests) == pytest.approx([PRIMARY / 2, PRIMARY / 4, PRIMARY / 4, 1 - PRIMARY])
    assert weights_of([tests[3], OneTest("c", True, 0.1)]) == pytest.approx([0.5, 0.5])
    assert adjusted([tests[0]]) == [0.01]
    assert adjusted([]) == []
