"""Long tails are doubted of variances, and of nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.calibration import plug_ins


def codes(data, statistic: str) -> set[tuple[str, str]]:
    return {(w.code, w.pointer) for w in plug_ins.answered(data, statistic).warnings if w.code == "long_tails"}


@pytest.mark.parametrize("statistic", ["variance", "standard_deviation", "gini"])
def test_skewed_and_heavy_outcomes_are_doubted(statistic) -> None:
    data = plug_ins.table(8, covariates=False)
    z = data.outcomes[0][1] - 10.0
    expected = set() if statistic == "gini" else {("long_tails", "/data/outcomes/y")}
    for y in (np.exp(1.5 * z), 40.0 + z**3):
        assert codes(replace(data, outcomes=(("y", y),)), statistic) == expected
    assert codes(data, statistic) == set()


def test_a_thousand_humans_are_enough() -> None:
    data = plug_ins.table(2, n=1000, m=100, covariates=False)
    assert codes(replace(data, outcomes=(("y", np.exp(data.outcomes[0][1] - 10.0)),)), "variance") == set()
