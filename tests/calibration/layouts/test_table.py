from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.sample import Sample
from tests.calibration.studies import problems

NAN = np.nan


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def labels(*codes: int, names: tuple[str, ...] = ("a", "b")) -> Labels:
    return Labels(np.array(codes), names)


# eight units: three humans in each arm, two LLM-only units
Y = floats(3, 4, 2, 5, 4, 6, NAN, NAN)
ARM = labels(1, 1, 1, 0, 0, 0, -1, -1)
F0, F1 = (PredictionColumn(floats(*range(k, k + 8)) % 5, "gpt", a) for k, a in ((3, "a"), (1, "b")))
TWINS = Table((("trust", Y),), (F0, F1), ARM, "shared")
OWN = replace(
    TWINS, predictions=(replace(F0, arm=None),), arm=labels(1, 1, 1, 0, 0, 0, 0, 1), prediction_design="independent"
)
ONE = replace(TWINS, predictions=(replace(F0, arm=None),), arm=None, prediction_design=None)


def trust(y: np.ndarray) -> tuple[tuple[str, np.ndarray], ...]:
    return (("trust", y),)


def only(table: Table, missing: str = "error") -> Sample:
    (sample,) = from_table(table, missing)
    return sample


def refused(table: Table, missing: str = "error") -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        from_table(table, missing)
    assert all(p.detail for p in found.value.problems)
    return problems(found.value)


def changed(values: np.ndarray, at: int, value: float) -> np.ndarray:
    return np.where(np.arange(len(values)) == at, value, values)


def test_twins() -> None:
    sample = only(TWINS)
    assert (sample.arms, sample.outcome, sample.shared) == (("b", "a"), "trust", True)
    assert [s.y.tolist() for s in sample.human] == [[3, 4, 2], [5, 4, 6]]
    assert [(c.name, c.model, c.arm, c.pointer) for c in sample.columns] == [
        ("gpt under a", "gpt", "a", "/data/predictions/0/values"),
        ("gpt under b", "gpt", "b", "/data/predictions/1/values"),
    ]
    assert sample.human[1].c.tolist() == [F0.values[3:6].tolist(), F1.values[3:6].tolist()]
    assert [s.c.tolist() for s in sample.llm_only] == [[F0.values[6:].tolist(), F1.values[6:].tolist()]]
    assert sample.pointers == ("/data/outcomes/trust",) * 2


def test_independent_arms_have_their_own_llm_only_units() -> None:
    sample = only(OWN)
    assert sample.arms == ("b", "a")
    assert [s.c.tolist() for s in sample.llm_only] == [[[F0.values[7]]], [[F0.values[6]]]]


def test_one_population() -> None:
    sample = only(ONE)
    assert sample.arms == ("all",)
    assert (sample.human[0].n, sample.llm_only[0].n) == (6, 2)
    named = only(replace(ONE, arm=labels(0, 0, 0, 0, 0, 0, -1, -1)))
    assert (named.arms, named.human[0].n, named.llm_only[0].n) == (("a",), 6, 2)
    nobody = only(replace(ONE, outcomes=trust(floats(3, 4, 2, 5, 4, 6, 1, 2))))
    assert nobody.llm_only == (None,)


def test_who_is_human_may_be_said() -> None:
    """A unit with an outcome may be no human; one without is then a missing answer."""
    human = (True,) * 6 + (False, False)
    sample = only(replace(ONE, outcomes=trust(floats(3, 4, 2, 5, 4, 6, 9, 9)), human=human))
    assert (sample.human[0].n, sample.llm_only[0].n) == (6, 2)
    assert "human_answer_ignored" in [w.code for w in sample.warnings]
    asked = replace(ONE, human=(True,) * 7 + (False,))
    assert refused(asked) == [("/data/outcomes/trust/6", "missing_human_answer")]
    dropped = only(asked, "drop_unit")
    assert (dropped.human[0].n, dropped.llm_only[0].n, dropped.n_dropped) == (6, 1, 1)
    assert [w.code for w in dropped.warnings] == ["missing_human_dropped", "few_humans"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (replace(TWINS, prediction_design=None), [("/data/prediction_design", "prediction_design_required")]),
        (replace(TWINS, arm=labels(*[1] * 6, -1, -1), prediction_design=None, predictions=(F1,)),
         [("/data/predictions/0/arm", "arm_not_allowed")]),
        (replace(TWINS, arm=labels(1, -1, 1, 0, 0, 0, -1, 1)), [
            ("/data/arm/1", "missing_arm"), ("/data/arm/7", "llm_only_arm"),
        ]),
        (replace(OWN, arm=labels(1, 1, 1, 0, 0, 0, -1, 1)), [("/data/arm/6", "missing_arm")]),
        (replace(OWN, predictions=(F0,)), [("/data/predictions/0/arm", "arm_not_allowed")]),
        (replace(TWINS, predictions=(F0, F1, F0)), [("/data/predictions/2", "duplicate_column")]),
        (replace(TWINS, predictions=(replace(F0, arm="z"),)), [("/data/predictions/0/arm", "unknown_arm")]),
        (replace(TWINS, outcomes=trust(changed(Y, 1, np.inf))), [("/data/outcomes/trust/1", "not_finite")]),
        (replace(ONE, outcomes=(("a/b", changed(Y, 1, 1e80)),)), [("/data/outcomes/a~1b/1", "numeric_overflow")]),
        (replace(ONE, predictions=(replace(F0, arm=None, values=changed(F0.values, 7, -np.inf)),)),
         [("/data/predictions/0/values/7", "not_finite")]),
        (replace(ONE, predictions=(replace(F0, arm=None, values=F0.values * NAN),)),
         [("/data/predictions/0/values", "no_usable_answers")]),
        (replace(ONE, covariates=(("age", changed(Y, 7, 3)),)), [("/data/covariates/age/6", "missing_covariate")]),
        (replace(ONE, covariates=(("a/~", changed(F0.values, 2, 1e99)),)),
         [("/data/covariates/a~1~0/2", "numeric_overflow")]),
        (replace(ONE, covariates=(("s", labels(0, 1, -1, 0, 1, 0, 1, 0)),)),
         [("/data/covariates/s/2", "missing_covariate")]),
        (replace(TWINS, arm=labels(*[-1] * 8), outcomes=trust(Y * NAN)), [
            ("/data/arm", "no_arms"),
            ("/data/predictions/0/arm", "unknown_arm"), ("/data/predictions/1/arm", "unknown_arm"),
        ]),
        (replace(ONE, outcomes=trust(floats(1, 2, *[NAN] * 6))), [("/data/outcomes/trust", "too_few_humans")]),
    ],
)  # fmt: skip
def test_every_refusal_at_its_place(table: Table, expected: list[tuple[str, str]]) -> None:
    assert refused(table) == expected


def test_every_length_is_compared_with_the_outcome() -> None:
    short = Table(
        (("y", Y),),
        (PredictionColumn(floats(1.0)),),
        labels(0),
        covariates=(("x", floats(1.0)), ("s", labels(0))),
        human=(True,),
    )
    places = ["predictions/0/values", "covariates/x", "covariates/s", "arm", "human"]
    assert refused(short) == [(f"/data/{place}", "length_mismatch") for place in places]


def test_covariates_are_columns_and_names_become_indicators() -> None:
    sex = labels(2, 0, 2, 0, 2, 0, 2, 2, names=("m", "unused", "f"))
    sample = only(replace(ONE, covariates=(("age", F1.values), ("sex", sex))))
    assert [(c.name, c.kind, c.model, c.pointer) for c in sample.columns[1:]] == [
        ("age", "covariate", None, "/data/covariates/age"),
        ("sex (level 2)", "covariate", None, "/data/covariates/sex"),
    ]
    assert sample.human[0].c[2].tolist() == [0, 1, 0, 1, 0, 1]
    assert sample.llm_only[0].c[2].tolist() == [0, 0]


def test_names_are_sorted_so_that_order_of_appearance_does_not_matter() -> None:
    three = labels(2, 0, 1, 0, 2, 1, 0, 1, names=("z", "k", "a"))
    columns = only(replace(ONE, covariates=(("s", three),))).columns
    assert [c.name for c in columns[1:]] == ["s (level 2)", "s (level 3)"]


D0 = np.array([1.0, 2.0, 3.0, 4.0, 2.0, 1.0, 3.0, NAN])
D1 = np.array([2.0, 2.0, 4.0, NAN, 2.0, 3.0, 3.0, NAN])


def test_repeated_draws_are_averaged_over_those_present() -> None:
    draws = tuple(PredictionColumn(v, "gpt", draw=k) for k, v in enumerate((D0, D1)))
    sample = only(replace(ONE, predictions=draws))
    (prediction,) = sample.columns
    assert sample.human[0].c[0].tolist() == [1.5, 2.0, 3.5, 4.0, 2.0, 2.0]
    assert (prediction.draws, sample.llm_only[0].c.tolist()) == (2, [[3.0]])
    assert prediction.pointer == "/data/predictions/0/values"


def test_draws_of_one_prediction_are_described_alike() -> None:
    for said in ({"fill": 3.0}, {"population_mean": 2.0}):
        plain, told = PredictionColumn(F0.values, "gpt", draw=0), PredictionColumn(F1.values, "gpt", draw=1, **said)
        assert refused(replace(ONE, predictions=(plain, told))) == [("/data/predictions/1", "draws_disagree")]
        assert only(replace(ONE, predictions=(replace(told, draw=0), told))).columns[0].draws == 2


def test_the_intraclass_correlation_by_hand() -> None:
    """Six units with both draws: (1,2) (2,2) (3,4) (2,2) (1,3) (3,3); one-way analysis of variance.

    Unit means 1.5 2 3.5 2 2 3, grand mean 7/3; MSB = 2 (25/36 + 1/9 + 49/36 + 1/9 + 1/9 + 4/9) / 5 = 17/15;
    MSW = (0.5 + 0 + 0.5 + 0 + 2 + 0) / 6 = 1/2; ICC = (17/15 - 1/2) / (17/15 + 1/2) = 19/49.
    """
    draws = tuple(PredictionColumn(v, "gpt", draw=k) for k, v in enumerate((D0, D1)))
    column = only(replace(ONE, predictions=draws)).columns[0]
    assert column.icc == pytest.approx(19 / 49)


def test_no_correlation_without_draws_units_or_variation() -> None:
    assert only(ONE).columns[0].icc is None
    for first, second in ((D0, changed(D0 * NAN, 0, 1.0)), (np.full(8, 2.0), np.full(8, 2.0))):
        draws = tuple(PredictionColumn(v, "gpt", draw=k) for k, v in enumerate((first, second)))
        assert only(replace(ONE, predictions=draws)).columns[0].icc is None


def test_what_is_said_of_a_column_is_kept() -> None:
    column = PredictionColumn(changed(F0.values, 3, NAN), "gpt", fill=9.0)
    assert only(replace(ONE, predictions=(column,))).human[0].c[0][3] == 9.0
    known = PredictionColumn(F0.values, "gpt", population_mean=2.5)
    assert only(replace(ONE, predictions=(known,))).columns[0].population_mean == 2.5


WARMTH = floats(1, 5, 2, 2, NAN, 4, NAN, NAN)
BOTH = replace(
    ONE,
    outcomes=(("trust", Y), ("warmth", WARMTH)),
    predictions=tuple(
        PredictionColumn(f.values, model, outcome=outcome)
        for f, model, outcome in ((F0, "gpt", "trust"), (F1, "small", "trust"), (F1, "gpt", "warmth"))
    ),
    covariates=(("age", F0.values),),
)


def test_every_outcome_has_its_own_predictions_and_all_covariates() -> None:
    trusted, warmth = from_table(BOTH, "drop_unit")
    assert [s.outcome for s in (trusted, warmth)] == ["trust", "warmth"]
    assert [c.name for c in trusted.columns] == ["gpt", "small", "age"]
    assert [(c.name, c.pointer) for c in warmth.columns] == [
        ("gpt", "/data/predictions/2/values"), ("age", "/data/covariates/age"),
    ]  # fmt: skip
    assert warmth.pointers == ("/data/outcomes/warmth",)


def test_a_human_may_be_left_out_of_one_outcome_only() -> None:
    assert refused(BOTH) == [("/data/outcomes/warmth/4", "missing_human_answer")]
    trusted, warmth = from_table(BOTH, "drop_unit")
    assert (trusted.human[0].n, trusted.n_dropped) == (6, 0)
    assert (warmth.human[0].y.tolist(), warmth.n_dropped) == ([1, 5, 2, 2, 4], 1)
    assert warmth.human[0].c[1].tolist() == F0.values[[0, 1, 2, 3, 5]].tolist()
    assert next((w.code, w.pointer) for w in warmth.warnings) == ("missing_human_dropped", "/data/outcomes/warmth")


def test_too_few_humans_of_one_outcome_are_refused_there() -> None:
    fewer = replace(BOTH, outcomes=(BOTH.outcomes[0], ("warmth", floats(1, 2, *[NAN] * 6))))
    assert refused(fewer, "drop_unit") == [("/data/outcomes/warmth", "too_few_humans")]


SURVEY = Survey(
    floats(1, 2, 3, 4, 5, 6, 7, 8), floats(1, 1, 2, 2, 3, 3, 1, 2), labels(0, 1, 0, 1, 0, 1, 0, 1),
    floats(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, NAN, NAN),
)  # fmt: skip


def test_the_survey_design_follows_the_units() -> None:
    sample = only(replace(TWINS, survey=SURVEY))
    b, a = sample.human
    assert (b.weight.tolist(), a.weight.tolist()) == ([1, 2, 3], [4, 5, 6])
    assert (b.cluster.tolist(), a.cluster.tolist()) == ([0, 0, 1], [1, 2, 2])
    assert (b.stratum.tolist(), sample.strata) == ([0, 1, 0], ("a", "b"))
    assert a.sampling_probability.tolist() == [0.4, 0.5, 0.6]
    (pool,) = sample.llm_only
    assert (pool.weight.tolist(), pool.cluster.tolist(), pool.stratum.tolist()) == ([7, 8], [0, 1], [0, 1])
    assert pool.sampling_probability is None


def test_the_survey_design_follows_dropped_units() -> None:
    without = replace(TWINS, outcomes=trust(changed(Y, 1, NAN)), human=(True,) * 6 + (False,) * 2, survey=SURVEY)
    with pytest.raises(InvalidSample):
        from_table(without, "drop_unit")
    one = replace(without, arm=None, prediction_design=None, predictions=())
    assert only(one, "drop_unit").human[0].weight.tolist() == [1, 3, 4, 5, 6]
    ends = replace(one, survey=Survey(changed(SURVEY.weight, 1, NAN)))
    assert only(ends, "drop_unit").human[0].weight.tolist() == [1, 3, 4, 5, 6]


def test_survey_columns_are_checked_with_the_rest() -> None:
    wrong = replace(TWINS, survey=replace(SURVEY, weight=SURVEY.weight - 1.0))
    assert refused(wrong) == [("/data/weight/0", "invalid_weight")]
    assert refused(replace(TWINS, survey=Survey(floats(1.0)))) == [("/data/weight", "length_mismatch")]


def test_an_outcome_of_names_is_no_outcome_of_numbers() -> None:
    """Missing answers are said first, whether or not names may stand there."""
    named = replace(ONE, outcomes=(("trust", labels(0, -1, 0, 1, 0, 1, -1, -1)),), human=(True,) * 6 + (False,) * 2)
    missing = ("/data/outcomes/trust/1", "missing_human_answer")
    assert refused(named) == [missing, ("/data/outcomes/trust", "mixed_column")]
    assert refused(named, "drop_unit") == [("/data/outcomes/trust", "mixed_column")]
    with pytest.raises(InvalidSample) as found:
        from_table(replace(named, predictions=()), reading=Reading(Categories()))
    assert problems(found.value) == [missing]
