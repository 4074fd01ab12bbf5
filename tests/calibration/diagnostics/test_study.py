from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.layouts import of_arrays, of_moments, of_table
from service.calibration.diagnostics.study import cells
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from service.calibration.moments import of_columns
from tests.calibration.diagnostics.studies import arm

NAN = np.nan
TWINS = Table(
    outcomes=(("a", np.array([1.0, 2, 3, NAN, NAN])), ("b", np.array([5.0, NAN, 7, NAN, NAN]))),
    predictions=(
        PredictionColumn(np.array([1.0, 2, 2, 9, 8]), "gpt", "x", outcome="a"),
        PredictionColumn(np.array([3.0, NAN, 5, 7, NAN]), "gpt", "z", outcome="a"),
        PredictionColumn(np.arange(5.0), "small", None, outcome="a"),
        PredictionColumn(np.arange(5.0), "other", None, outcome="b"),
    ),
    arm=Labels(np.array([0, 1, 1, -1, -1]), ("x", "z")),
    prediction_design="shared",
    survey=Survey(cluster=np.array([1.0, 2, 2, 3, 3])),
)


def test_own_columns_pairs_and_llm_only_answers() -> None:
    view = of_table(TWINS).views[0]
    assert view.shared
    assert view.numeric
    assert cells(view) == [("gpt", 0), ("gpt", 1), ("small", 0), ("small", 1)]
    assert cells(view, ["gpt"]) == [("gpt", 0), ("gpt", 1)]
    assert (view.own("gpt", 0), view.own("gpt", 1), view.own("small", 1)) == ([0], [1], [2])
    pairs = view.pairs("gpt", 1)
    assert (pairs.y.tolist(), pairs.f.tolist(), pairs.cluster.size) == ([3.0], [5.0], 1)
    assert view.pairs("small", 1).f.tolist() == [1.0, 2.0]
    assert view.pairs("nobody", 0) is None
    assert view.alone("gpt", 1).tolist() == [7.0]
    assert view.alone("nobody", 1).size == 0
    assert view.n_human(1) == 2
    assert (view.n_llm_only(0), view.n_llm_only(1)) == (2, 2)
    assert view.human[1].row.tolist() == [1, 2]
    assert view.llm_only[0].row.tolist() == [3, 4]
    assert view.joint("small", 1).mean.tolist() == [2.5, 1.5]
    assert view.joint("nobody", 0) is None


def test_the_study_names_outcomes_and_models() -> None:
    study = of_table(TWINS)
    assert (study.outcomes, study.models, study.paired) == (("a", "b"), ("gpt", "small", "other"), True)
    assert not of_arrays([arm([1, 2], None, [3, 4])]).paired
    assert {name: len(views) for name, views in study.by_subgroup.items()} == {None: 2}
    assert of_arrays([arm([1, 2], [3, 4])]).views[0].alone("llm", 0).size == 0


def test_moments_are_a_view_without_rows() -> None:
    rows = np.array([[1.0, 2, 4, 3], [2.0, 1, 5, 4]])
    entry = Entry("all", 4, rows.mean(axis=1), np.cov(rows))
    study = of_moments(MomentData((("gpt", None),), (entry,)))
    view = study.views[0]
    assert (view.numeric, view.pairs("gpt", 0), view.n_human(0), study.paired) == (False, None, 4, True)
    assert view.n_llm_only(0) == 0
    assert view.joint("gpt", 0).scatter == pytest.approx(of_columns(rows).scatter)
    assert view.joint("nobody", 0) is None
