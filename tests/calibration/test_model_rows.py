from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidPlan
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.survey import Survey
from service.calibration.model_rows import everyone, slots
from service.calibration.plan import Model
from tests.calibration.choices import PRICED, categories, choices
from tests.calibration.models import TERMS, sample, table, twins

ARMS = Model(("x",), treatment=True)
LEVEL = 1e9  # dwarfs the spread, so that the sample holds deviations


def two_arms(n: int = 40, m: int = 100):
    """Two arms of humans and of personas of their own."""
    data = table(n=n, m=m)
    codes = np.concatenate((np.arange(n) % 2, (np.arange(m) % 4 > 0).astype(int)))
    return replace(data, arm=Labels(codes, ("control", "treatment")), prediction_design="independent")


def test_the_terms_stand_between_the_intercept_and_the_arms() -> None:
    data = two_arms()
    rows = everyone(sample(data, ARMS), ARMS, "exchangeability").human
    x, codes = dict(data.covariates)["x"][:40], data.arm.codes[:40]
    order = np.argsort(codes, kind="stable")
    assert rows.design.names == ("intercept", "x", "arm=treatment")
    assert rows.design.keys == ("/plan/estimand", "/plan/estimand/terms/0", "/plan/estimand/treatment")
    assert rows.design.baselines == (None, None, "arm=control")
    assert np.array_equal(rows.design.x, np.array([np.ones(40), x, codes])[:, order])
    assert np.array_equal(rows.arm, np.sort(codes))
    assert np.array_equal(rows.weight, np.ones(40))
    assert (rows.survey, rows.probability) == (None, None)


def test_the_treatment_needs_a_second_arm() -> None:
    with pytest.raises(InvalidPlan) as refused:
        everyone(sample(table(), ARMS), ARMS, "exchangeability")
    assert [(p.pointer, p.code) for p in refused.value.problems] == [("/plan/estimand/treatment", "too_few_arms")]


def test_predictions_are_in_the_callers_scale() -> None:
    data = table(n=30, m=50)
    f = data.predictions[0].values + LEVEL
    found = sample(replace(data, predictions=(PredictionColumn(f),)), TERMS)
    assert found.columns[0].origin != 0.0
    assert everyone(found, TERMS, "exchangeability").human.c[0] == pytest.approx(f[:30], rel=1e-15)
    assert everyone(found, TERMS, "exchangeability").pool.parts[0].c[0] == pytest.approx(f[30:], rel=1e-15)


def test_weights_of_the_human_fit_have_mean_1_and_known_probabilities_divide_them() -> None:
    rng = np.random.default_rng(3)
    weight, probability = rng.uniform(0.5, 2.0, 90), rng.uniform(0.1, 0.9, 90)
    weighted = sample(table(n=30, m=60, survey=Survey(weight=weight)), TERMS)
    rows = everyone(weighted, TERMS, "exchangeability").human
    assert rows.weight == pytest.approx(weight[:30] / weight[:30].mean(), rel=1e-12)
    assert rows.survey / rows.survey[0] == pytest.approx(weight[:30] / weight[0], rel=1e-12)
    known = sample(table(n=30, m=60, survey=Survey(weight=weight, sampling_probability=probability)), TERMS)
    rows, share = everyone(known, TERMS, "sampling").human, weight[:30] / probability[:30]
    assert rows.weight == pytest.approx(share / share.mean(), rel=1e-12)
    assert rows.probability == pytest.approx(probability[:30], rel=1e-15)
    assert everyone(known, TERMS, "exchangeability").human.weight == pytest.approx(weight[:30] / weight[:30].mean())


def test_the_pool_of_independent_predictions_is_the_humans_and_each_arms_personas() -> None:
    data = two_arms()
    pool = everyone(sample(data, ARMS), ARMS, "exchangeability").pool
    (others,) = pool.parts
    assert (pool.given, pool.size, pool.weight) == (False, 100, None)
    assert others.arm.tolist() == [0] * 25 + [1] * 75
    assert others.design.x[2].tolist() == others.arm.tolist()
    assert float(pool.human_weight.sum()) + float(others.weight.sum()) == pytest.approx(140.0)
    alone = everyone(sample(table(m=0), TERMS), TERMS, "exchangeability").pool
    assert (alone.parts, alone.size, alone.given, alone.standing) == ((), 0, False, slice(None))
    assert alone.of(np.array([], dtype=int)).size == 0


@pytest.mark.parametrize(("identification", "members"), [("randomization", 80), ("exchangeability", 280)])
def test_the_pool_of_twins_holds_everyone_under_every_arm(identification: str, members: int) -> None:
    data = twins()
    pool = everyone(sample(data, ARMS), ARMS, identification).pool
    assert (pool.given, pool.size, len(pool.parts)) == (True, members, 2)
    assert pool.shares == pytest.approx(np.bincount(data.arm.codes[:80]) / 80.0)
    for d, part in enumerate(pool.parts):
        assert part.design.x[2].tolist() == [float(d)] * members
        assert set(part.arm.tolist()) == {d}
    assert np.array_equal(pool.parts[0].c, pool.parts[1].c)
    assert np.array_equal(pool.parts[0].cluster, pool.parts[1].cluster)


def test_survey_weights_of_the_pool_go_along_with_its_rows() -> None:
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 280)
    whole = replace(twins(), survey=Survey(weight=weight))
    pool = everyone(sample(whole, ARMS), ARMS, "exchangeability").pool
    human = np.argsort(whole.arm.codes[:80], kind="stable")
    sent = np.concatenate((weight[:80][human], weight[80:]))
    assert pool.weight / pool.weight[0] == pytest.approx(sent / sent[0], rel=1e-12)
    few = pool.of(np.array([3, 1]))
    assert few.size == 2
    assert few.weight == pytest.approx(pool.weight[[3, 1]])
    assert few.parts[1].cluster.tolist() == pool.parts[1].cluster[[3, 1]].tolist()


def test_a_frame_of_known_probabilities_is_one_group() -> None:
    probability = np.random.default_rng(1).uniform(0.2, 0.9, 90)
    known = sample(table(n=30, m=60, survey=Survey(sampling_probability=probability)), TERMS)
    pool = everyone(known, TERMS, "sampling").pool
    assert pool.human_weight == pytest.approx(np.full(30, pool.human_weight[0]))
    assert pool.parts[0].weight == pytest.approx(np.full(60, pool.human_weight[0]))


def test_clusters_are_those_given_or_every_unit_its_own_row() -> None:
    plain = sample(table(n=20, m=30), TERMS)
    assert everyone(plain, TERMS, "exchangeability").human.cluster.tolist() == list(range(20))
    assert everyone(plain, TERMS, "exchangeability").pool.parts[0].cluster.tolist() == list(range(20, 50))
    whose = (np.arange(50) // 2).astype(float)
    given = sample(table(n=20, m=30, survey=Survey(cluster=whose)), TERMS)
    assert everyone(given, TERMS, "exchangeability").human.cluster.tolist() == [i // 2 for i in range(20)]
    bare = replace(plain, human=(replace(plain.human[0], row=None),))
    assert everyone(bare, TERMS, "exchangeability").human.cluster.tolist() == list(range(20))


def test_the_first_row_of_a_choice_set_stands_for_it() -> None:
    made = choices(2, respondents=5, more=3, uneven=True)
    rows = everyone(made.sample(), PRICED, "exchangeability").human
    first = np.unique(made.task[made.human], return_index=True)[1]
    assert np.asarray(rows.standing).tolist() == first.tolist()
    standing = rows.of(rows.standing)
    assert standing.design.choice_set.shape == (20,)
    assert np.array_equal(standing.design.x, rows.design.x[:, first])
    plain = everyone(sample(table(), TERMS), TERMS, "exchangeability").human
    assert plain.standing == slice(None)
    assert plain.of(np.array([1, 0])).design.choice_set is None


def test_slots_are_each_llms_answer_and_everything_else_on_its_own() -> None:
    data = table()
    f = data.predictions[0].values
    two = replace(data, predictions=(PredictionColumn(f, "gpt"), PredictionColumn(f**2, "claude")))
    found = slots(sample(two, TERMS))
    assert [(s.column.model or s.column.name, s.columns, s.answer) for s in found] == [
        ("gpt", ((0,),), True),
        ("claude", ((1,),), True),
        ("z", ((2,),), False),
    ]


def test_a_twins_slot_has_the_column_of_each_arm() -> None:
    (found,) = slots(sample(twins(), ARMS))
    assert (found.columns, found.answer) == (((0,), (1,)), True)


def test_an_llm_that_did_not_answer_for_every_arm_only_adjusts() -> None:
    data = twins()
    half = replace(data, predictions=(*data.predictions, replace(data.predictions[0], model="half")))
    found = slots(sample(half, ARMS))
    assert [(s.columns, s.answer) for s in found] == [(((0,), (1,)), True), (((2,), (2,)), False)]


def test_a_slot_of_categories_has_the_columns_of_all_but_the_first() -> None:
    first = categories(1)[0]
    (found,) = slots(first)
    assert [first.columns[j].category for j in found.columns[0]] == ["bus", "car"]
    assert everyone(first, Model(("age",)), "exchangeability").human.design.categories == ("bike", "bus", "car")
