from __future__ import annotations

import numpy as np
import pytest

from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import (
    Known,
    PredictionColumn,
    by_group,
    intraclass_correlation,
    mean_of_draws,
    prediction_problems,
)

VALUES = np.arange(3.0)
KNOWN = Known(("a", "b"), ("trust", "warmth"), "shared", categories=False)


def column(**more) -> PredictionColumn:
    return PredictionColumn(**{"values": VALUES, "outcome": "trust", **more})


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([column(), column(outcome="warmth")], []),
        ([column(outcome=None)], [("/data/predictions/0", "outcome_required")]),
        ([column(outcome="x")], [("/data/predictions/0/outcome", "unknown_outcome")]),
        ([column(), column()], [("/data/predictions/1", "duplicate_column")]),
        ([column(category="yes")], [("/data/predictions/0/category", "unsupported_combination")]),
        ([column(values=Labels(np.zeros(3, dtype=np.int64), ("yes",)))],
         [("/data/predictions/0/values", "mixed_column")]),
        ([column(draw=0), column(draw=1, fill=2.0)], [("/data/predictions/1", "draws_disagree")]),
        ([column(arm="z")], [("/data/predictions/0/arm", "unknown_arm")]),
    ],
)  # fmt: skip
def test_problems(columns: list[PredictionColumn], expected: list[tuple[str, str]]) -> None:
    assert [(p.pointer, p.code) for p in prediction_problems(columns, KNOWN)] == expected


def test_with_one_outcome_nobody_needs_to_name_it() -> None:
    assert prediction_problems([column(outcome=None)], Known(("a",), ("trust",), None, categories=False)) == []


def test_categories_make_columns_of_their_own() -> None:
    known = Known(("a", "b"), ("trust",), "shared", categories=True)
    assert prediction_problems([column(category="yes"), column(category="no")], known) == []


def test_columns_are_grouped_by_model_and_condition() -> None:
    sent = {3: column(model="m"), 5: column(model="m", arm="a"), 6: column(model="m", draw=1)}
    assert {group: list(columns) for group, columns in by_group(sent).items()} == {("m", None): [3, 6], ("m", "a"): [5]}


def test_draws_that_are_missing_are_left_out_of_the_mean() -> None:
    nan = np.nan
    assert mean_of_draws(np.array([[1.0, nan, nan], [3.0, 4.0, nan]])).tolist() == [
        2.0,
        4.0,
        pytest.approx(nan, nan_ok=True),
    ]


def test_draws_that_agree_have_correlation_one() -> None:
    assert intraclass_correlation(np.array([[1.0, 2.0, 5.0]] * 3)) == pytest.approx(1.0)
