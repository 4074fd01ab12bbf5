"""Predictions of covariates: every refusal at its place, what is needed of whom, and what is not used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import InvalidSample
from service.calibration.layouts.imputations import imputed
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Model

HUMAN = np.arange(20) < 8
VALUES = np.random.default_rng(1).normal(size=(4, 20))
DATA = Table(
    (("y", np.where(HUMAN, VALUES[0], np.nan)),),
    (PredictionColumn(VALUES[1], "gpt"), PredictionColumn(VALUES[2], "gpt", covariate="x")),
    covariates=(("x", np.where(HUMAN, VALUES[3], np.nan)), ("z", VALUES[3])),
)


def samples(data: Table, model: Model | None = Model(("x",))):  # noqa: B008 - frozen
    return from_table(data, "error", Reading(None, model))


def refusals(data: Table, model: Model | None = Model(("x",))) -> list[tuple[str, str]]:  # noqa: B008 - frozen
    with pytest.raises(InvalidSample) as refused:
        samples(data, model)
    return [(p.pointer, p.code) for p in refused.value.problems]


def with_imputed(**fields) -> Table:
    return replace(DATA, predictions=(DATA.predictions[0], replace(DATA.predictions[1], **fields)))


def test_the_column_stands_beside_and_the_mean_in_place_of_what_is_missing() -> None:
    (sample,) = samples(DATA)
    assert [(c.name, c.kind, c.model, c.covariate) for c in sample.columns] == [
        ("gpt", "prediction", "gpt", None),
        ("x by gpt", "imputed", "gpt", "x"),
        ("z", "covariate", None, None),
    ]
    assert sample.human[0].x.tolist() == [VALUES[3, :8].tolist()]
    assert sample.llm_only[0].x.tolist() == [VALUES[2, 8:].tolist()]
    more = replace(DATA, predictions=(*DATA.predictions, PredictionColumn(VALUES[0], "small", covariate="x")))
    (sample,) = samples(more)
    assert sample.llm_only[0].x[0] == pytest.approx((VALUES[2, 8:] + VALUES[0, 8:]) / 2.0)
    assert sample.models == ("gpt",)


def test_repeated_draws_are_averaged() -> None:
    draws = tuple(PredictionColumn(VALUES[k], "gpt", draw=k, covariate="x") for k in (1, 2))
    (sample,) = samples(replace(DATA, predictions=(DATA.predictions[0], *draws)))
    assert sample.llm_only[0].x[0] == pytest.approx((VALUES[1, 8:] + VALUES[2, 8:]) / 2.0)
    assert sample.columns[1].draws == 2


def test_a_covariate_missing_without_predictions_of_it_is_refused_with_what_to_send() -> None:
    bare = replace(DATA, predictions=DATA.predictions[:1])
    with pytest.raises(InvalidSample) as refused:
        samples(bare)
    first = refused.value.problems[0]
    assert (first.pointer, first.code) == ("/data/covariates/x/8", "missing_covariate")
    assert "predictions[].covariate" in first.hint
    assert len(refused.value.problems) == 12


def test_humans_give_every_covariate() -> None:
    x = DATA.covariates[0][1].copy()
    x[3] = np.nan
    assert refusals(replace(DATA, covariates=(("x", x),))) == [("/data/covariates/x/3", "missing_covariate")]


def test_names_levels_and_covariates_that_are_no_term_are_refused() -> None:
    place = "/data/predictions/1/covariate"
    full = replace(DATA, covariates=(("x", VALUES[3]), ("z", VALUES[3])))
    unknown = replace(full, predictions=with_imputed(covariate="income").predictions)
    assert refusals(unknown) == [(place, "unknown_covariate")]
    assert refusals(replace(full, predictions=with_imputed(covariate="z").predictions)) == [
        (place, "unsupported_combination")
    ]
    assert refusals(full, None) == [(place, "unsupported_combination")]
    levels = Labels(np.where(HUMAN, np.arange(20) % 2, -1), ("a", "b"))
    assert refusals(replace(DATA, covariates=(("x", levels),))) == [(place, "covariate_of_levels")]


@pytest.mark.parametrize(
    ("field", "value"), [("arm", "all"), ("outcome", "y"), ("category", "a"), ("population_mean", 0.5)]
)
def test_what_says_nothing_of_a_covariate_is_refused(field, value) -> None:
    assert refusals(with_imputed(**{field: value})) == [(f"/data/predictions/1/{field}", "unsupported_combination")]


def test_names_for_numbers_and_the_same_column_twice_are_refused() -> None:
    names = Labels(np.zeros(20, dtype=int), ("a",))
    assert ("/data/predictions/1/values", "mixed_column") in refusals(with_imputed(values=names))
    twice = replace(DATA, predictions=(*DATA.predictions, DATA.predictions[1]))
    assert refusals(twice) == [("/data/predictions/2", "duplicate_column")]
    infinite = np.where(np.arange(20) == 4, np.inf, VALUES[2])
    assert [place for place, _ in refusals(with_imputed(values=infinite))] == ["/data/predictions/1/values/4"]


def test_predictions_of_what_is_known_are_not_used() -> None:
    known = replace(DATA, covariates=(("x", VALUES[3]),))
    (sample,) = samples(known)
    assert [c.kind for c in sample.columns] == ["prediction"]
    assert [(w.code, w.pointer) for w in sample.warnings if w.code != "few_humans"] == [
        ("covariate_known", "/data/predictions/1/covariate")
    ]
    assert imputed(known.predictions, known.covariates) == frozenset()


def test_a_model_that_predicts_covariates_only_answers_with_an_outcome_that_is_known() -> None:
    alone = replace(DATA, outcomes=(("y", VALUES[0]),), predictions=DATA.predictions[1:], human=tuple(HUMAN.tolist()))
    (sample,) = samples(alone)
    assert [(c.kind, c.pointer) for c in sample.columns[:2]] == [
        ("prediction", "/data/predictions/0/values"),
        ("imputed", "/data/predictions/0/values"),
    ]
    assert sample.llm_only[0].c[0].tolist() == VALUES[0, 8:].tolist()
    assert {w.code for w in sample.warnings} == {"few_humans"}
    partly = replace(alone, outcomes=(("y", np.where(np.arange(20) < 15, VALUES[0], np.nan)),))
    (sample,) = samples(partly)
    assert [c.kind for c in sample.columns] == ["imputed", "covariate"]
    assert "human_answer_ignored" in {w.code for w in sample.warnings}


def test_a_model_that_answers_keeps_its_answer_where_the_outcome_is_known() -> None:
    known = replace(DATA, outcomes=(("y", VALUES[0]),), human=tuple(HUMAN.tolist()))
    more = replace(known, predictions=(*known.predictions, PredictionColumn(VALUES[3], "small", covariate="x")))
    (sample,) = samples(more)
    assert [(c.kind, c.model) for c in sample.columns[:2]] == [("prediction", "gpt"), ("prediction", "small")]
    assert sample.llm_only[0].c[:2].tolist() == [VALUES[1, 8:].tolist(), VALUES[0, 8:].tolist()]
