"""Standard deviation: exactly the root of the variance, interval included."""

from __future__ import annotations

import numpy as np
import pytest

from tests.calibration import plug_ins


@pytest.mark.parametrize("estimator", ["auto", "regression", "ppi", "human_only"])
def test_it_is_the_root_of_the_variance_interval_and_all(estimator) -> None:
    data = plug_ins.table(1)
    whole, root = (
        plug_ins.answered(data, name, estimator=estimator, null_value=null).estimates[0]
        for name, null in (("variance", 1.44), ("standard_deviation", 1.2))
    )
    for of, squared in ((root.result, whole.result), (root.human_only, whole.human_only)):
        assert of.estimate**2 == pytest.approx(squared.estimate, rel=1e-12)
        assert of.interval.lower**2 == pytest.approx(squared.interval.lower, rel=1e-10)
        assert of.interval.upper**2 == pytest.approx(squared.interval.upper, rel=1e-10)
        assert of.p_value == pytest.approx(squared.p_value, rel=1e-9)
    assert root.llm_only.estimate**2 == pytest.approx(whole.llm_only.estimate, rel=1e-12)
    assert root.human_only.estimate == pytest.approx(np.std(plug_ins.humans(data)[0], ddof=1), rel=1e-12)
