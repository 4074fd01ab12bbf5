from __future__ import annotations

import dataclasses

import pytest

from service.api.wire import estimates as wire
from service.calibration import answer as core
from service.calibration.inference import Interval, Result

RESULT = Result(1.0, 0.2, 7.5, 0.04, Interval("t", 0.9, 0.6, None))


@pytest.mark.parametrize(("mine", "theirs"), [(wire.Interval, Interval), (wire.Result, Result)])
def test_struct_and_dataclass_have_the_same_fields(mine, theirs) -> None:
    assert list(mine.__struct_fields__) == [f.name for f in dataclasses.fields(theirs)]


def test_every_field_of_an_arms_prediction_travels() -> None:
    prediction = core.PredictionBlock("gpt", "control", 0.5, "yes", 0.7, 3, dropped=True)
    block = core.ArmBlock("a", "y", "yes", 10, 20, None, None, "llm_used", RESULT, (prediction,))
    found = wire.arm(block)
    assert found.predictions == [wire.Prediction("gpt", "control", "yes", 0.5, 0.7, 3, dropped=True)]
    assert (found.name, found.outcome, found.component, found.n_human, found.n_llm_only) == ("a", "y", "yes", 10, 20)
    assert (found.mean.estimate, found.mean.standard_error, found.mean.df, found.mean.p_value) == (1.0, 0.2, 7.5, 0.04)
    assert found.mean.interval == wire.Interval("t", 0.9, 0.6, None)


def test_every_field_of_a_subgroup_travels() -> None:
    arm = core.ArmBlock("a", "y", None, 10, 20, None, None, "llm_used", RESULT, (), "f")
    pooled = core.PooledResult(0.9, 0.1, 12.0, RESULT.interval, 0.25)
    block = core.EstimateBlock(
        *("a - b", "y", None, "confirmatory", "llm_used", RESULT, RESULT, None, ()),
        *(0.5, 10, 20.0, 0.7, (), 0.04, "f", pooled),
    )
    found = wire.estimate(block)
    assert (wire.arm(arm).subgroup, found.subgroup) == ("f", "f")
    assert found.pooled == wire.Pooled(0.9, 0.1, 12.0, wire.Interval("t", 0.9, 0.6, None), 0.25)
    assert wire.estimate(dataclasses.replace(block, pooled=None)).pooled is None


def test_every_field_of_heterogeneity_travels() -> None:
    fields = ("a - b", "y", None, 4, 3.2, 0.3, 0.1, 0.05)
    assert wire.heterogeneity(core.Heterogeneity(*fields)) == wire.Heterogeneity(*fields)
    assert list(wire.Heterogeneity.__struct_fields__) == [f.name for f in dataclasses.fields(core.Heterogeneity)]
