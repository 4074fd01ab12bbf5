from __future__ import annotations

import numpy as np
import pytest

from tests.api.wire.layouts.study import MOMENTS, changed, read, refused


def test_moments() -> None:
    sample = read(MOMENTS)
    assert (sample.arms, sample.shared, sample.has_rows) == (("control", "treatment"), True, False)
    assert [(c.model, c.arm) for c in sample.columns] == [("gpt", "control"), ("llm", "treatment")]
    assert sample.human[0].covariance().tolist() == pytest.approx(np.array(MOMENTS["arms"][0]["covariance"]))
    assert sample.llm_only[0].n == 600
    assert read(changed(MOMENTS, llm_only=None)).llm_only == (None,)


@pytest.mark.parametrize(
    ("covariance", "code"),
    [([[1.0, 2.0], [3.0]], "length_mismatch"), ([], "length_mismatch"), ([[]], "length_mismatch"), ([[1.0]], None)],
)
def test_matrices_that_are_none(covariance: list[list[float]], code: str | None) -> None:
    """Rows of different length, no rows, empty rows; and a 1 x 1 matrix without any prediction, which is one."""
    arm = {"name": "a", "n": 9, "mean": [1.0], "covariance": covariance}
    document = {"layout": "moments", "predictions": [], "arms": [arm]}
    if code is None:
        assert read(document).human[0].n == 9
    else:
        assert refused(document) == [("/data/arms/0/covariance", code)]
