from __future__ import annotations

import numpy as np
import pytest

from service.calibration.diagnostics.layouts import of_arrays, of_moments, of_table
from service.calibration.errors import InvalidSample
from service.calibration.layouts.choices import ArmChoices
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.moments import Entry, MomentData
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table
from tests.calibration.diagnostics.studies import arm

NAN = np.nan
YES = Labels(np.array([0, 1, 1, 0]), ("no", "yes"))


def codes(refused) -> list[tuple[str, str]]:
    return [(p.pointer, p.code) for p in refused.value.problems]


def test_arrays_are_rows_arm_by_arm() -> None:
    study = of_arrays([arm([1, None, 3], [4, 5, None], [6, None], name="a"), arm([7], None, None, name="b")])
    (view,) = study.views
    assert (view.outcome, view.arms, view.prediction_design) == ("y", ("a", "b"), "independent")
    assert [s.y.tolist() for s in view.human] == [[1, 3], [7]]
    assert view.human[0].c[0].tolist()[0] == 4
    assert np.isnan(view.human[1].c).all()
    assert view.llm_only[0].n == 2
    assert view.llm_only[1] is None
    assert [w.code for w in study.warnings] == ["missing_human_dropped"]


def test_what_cannot_be_calibrated_is_no_error() -> None:
    assert of_arrays([arm([3, 3], [1, 2])]).views[0].human[0].n == 2
    assert of_arrays([arm([], None, [1, 2])]).views[0].human[0].n == 0
    entry = Entry("all", 2, np.zeros(2), np.zeros((2, 2)))
    assert of_moments(MomentData((("gpt", None),), (entry,))).views[0].n_human(0) == 2


def test_names_are_categories_even_where_nobody_answered() -> None:
    nobody = np.full(2, NAN)
    study = of_arrays([ArmChoices("a", YES, YES, nobody), ArmChoices("b", nobody, None, YES)])
    (view,) = study.views
    assert view.categories == ("no", "yes")
    assert view.human[0].y.tolist() == [0, 1, 1, 0]
    assert view.llm_only[1].c.tolist() == [[0, 1, 1, 0]]
    assert not view.numeric


def test_what_is_wrong_is_listed_with_its_place() -> None:
    with pytest.raises(InvalidSample) as refused:
        of_arrays([arm([1, 2], [1]), arm([np.inf], None, None)])
    assert codes(refused) == [
        ("/data/arms/1/name", "duplicate_arm"), ("/data/arms/0/llm", "length_mismatch"),
        ("/data/arms/1/human/0", "not_finite"),
    ]  # fmt: skip
    with pytest.raises(InvalidSample) as refused:
        of_arrays([ArmChoices("a", YES, np.arange(4.0))])
    assert codes(refused) == [("/data/arms/0/llm", "mixed_column")]
    with pytest.raises(InvalidSample) as refused:
        of_arrays([])
    assert codes(refused) == [("/data/arms", "no_arms")]


def test_every_outcome_and_subgroup_is_a_view() -> None:
    table = Table(
        outcomes=(("a", np.array([1.0, 2, NAN, NAN])), ("b", YES)),
        predictions=(
            PredictionColumn(np.array([1.0, 2, 3, 4]), "gpt", outcome="a", draw=0),
            PredictionColumn(np.array([3.0, 4, 5, NAN]), "gpt", outcome="a", draw=1),
            PredictionColumn(np.array([0.2, 0.5, 0.5, 0.1]), "gpt", outcome="b", category="no"),
        ),
        human=(True, True, False, False),
        covariates=(("age", np.array([30.0, 40, 50, 60])),),
        survey=Survey(weight=np.array([1.0, 2, 1, 1])),
        subgroup=Labels(np.array([0, 1, 0, 1]), ("f", "m")),
    )
    study = of_table(table)
    assert [(v.outcome, v.subgroup) for v in study.views] == [
        ("a", None), ("a", "f"), ("a", "m"), ("b", None), ("b", "f"), ("b", "m"),
    ]  # fmt: skip
    whole = study.views[0]
    assert [c.kind for c in whole.columns] == ["prediction", "covariate"]
    assert whole.human[0].c.tolist() == [[2, 3], [30, 40]]
    assert whole.human[0].single.tolist() == [[1, 2], [30, 40]]
    assert whole.llm_only[0].single.tolist() == [[3, 4], [50, 60]]
    assert whole.human[0].weight.size == 2
    assert study.views[3].columns[0].category == "yes"
    assert study.views[3].human[0].c[0] == pytest.approx([0.8, 0.5])
    assert [w.code for w in study.warnings] == ["human_answer_ignored"]


def test_the_problems_of_categories_are_refused() -> None:
    columns = (PredictionColumn(np.array([0.2, 2.0]), category="no"),)
    with pytest.raises(InvalidSample) as refused:
        of_table(Table((("a", Labels(np.array([0, 1]), ("no", "yes"))),), columns))
    assert codes(refused) == [("/data/predictions/0/values/1", "not_a_probability")]
