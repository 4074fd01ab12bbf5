"""What ``with`` may name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.layouts.labels import Labels
from service.calibration.plan import Model
from tests.calibration import plug_ins


def refusals(data, model: Model, statistic: str = "spearman"):
    with pytest.raises(CalibrationError) as refused:
        plug_ins.answered(data, statistic, model=model)
    return [(p.pointer, p.code) for p in refused.value.problems]


def test_none_levels_and_a_covariate_without_variation_are_refused() -> None:
    data = plug_ins.table(1, arms=True)
    assert refusals(data, Model()) == [("/plan/estimand/with", "with_required")]
    three = Labels(np.arange(480) % 3, ("a", "b", "c"))
    assert refusals(replace(data, covariates=(("x", three),)), Model(("x",))) == [
        ("/plan/estimand/with", "covariate_of_levels")
    ]
    x = np.where(data.arm.codes == 1, 2.0, data.covariates[0][1])
    assert refusals(replace(data, covariates=(("x", x),)), Model(("x",))) == [("/plan/estimand/with", "constant_term")]


def test_other_statistics_take_none() -> None:
    assert refusals(plug_ins.table(2), Model(("x",)), "variance") == [
        ("/plan/estimand/with", "unsupported_combination")
    ]
