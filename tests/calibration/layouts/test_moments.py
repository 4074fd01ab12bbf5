from __future__ import annotations

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import InvalidSample
from service.calibration.estimators import ESTIMATORS
from service.calibration.layouts.moments import Entry, MomentData, from_moments
from service.calibration.plan import Plan
from tests.calibration.studies import Study, as_moments, problems, simulate

F = (("m", None),)
TWINS = simulate(21, (9, 12), 15, design="shared", models=2)


def entry(arm: str | None, rows: np.ndarray) -> Entry:
    return Entry(arm, rows.shape[1], rows.mean(axis=1), np.cov(rows, ddof=1).reshape(len(rows), -1))


def human(name: str = "a", n: int = 8, k: int = 2, seed: int = 1) -> Entry:
    return entry(name, np.random.default_rng(seed).normal(size=(k, n)))


def whole(study: Study) -> MomentData:
    return MomentData(
        columns=tuple((c.model, c.arm) for c in study.columns),
        arms=tuple(entry(a, np.vstack([y, c])) for a, y, c in zip(study.arms, study.y, study.c, strict=True)),
        llm_only=tuple(
            entry(None if study.design == "shared" or len(study.y) == 1 else study.arms[k], c)
            for k, c in enumerate(study.llm_only)
            if c is not None
        ),
        prediction_design=study.design,
    )


def refused(*arms: Entry, only=(), columns=F, design=None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidSample) as found:
        from_moments(MomentData(columns, arms, tuple(only), design))
    return problems(found.value)


@pytest.mark.parametrize(
    "study",
    [TWINS, simulate(21, (9, 12), (15, 0), models=2), simulate(21, (9,), 15)],
    ids=["shared", "independent", "one population"],
)
def test_moments_are_those_of_the_rows(study: Study) -> None:
    sample, expected = from_moments(whole(study)), as_moments(study.sample())
    for ours, theirs in zip((*sample.human, *sample.llm_only), (*expected.human, *expected.llm_only), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert (ours.n, ours.mean.tolist()) == (theirs.n, pytest.approx(theirs.mean))
            assert ours.scatter == pytest.approx(theirs.scatter)
    assert sample.arms == study.arms
    assert [(c.model, c.arm, c.kind) for c in sample.columns] == [(c.model, c.arm, "prediction") for c in study.columns]
    assert [w.code for w in sample.warnings] == ["few_humans"]
    assert sample.warnings[0].pointer == "/data/arms/0"


@pytest.mark.parametrize("estimator", [e.name for e in ESTIMATORS if not e.by_row])
def test_shards_answer_like_the_whole(estimator: str) -> None:
    """Three sites send their own entries; arms appear in order of first mention."""
    data = whole(TWINS)
    tables = {a: np.vstack([y, c]) for a, y, c in zip(TWINS.arms, TWINS.y, TWINS.c, strict=True)}
    shards = tuple(entry(a, part) for a, t in tables.items() for part in np.array_split(t, 3, axis=1))
    only = tuple(entry(None, part) for part in np.array_split(TWINS.llm_only[0], 4, axis=1))
    sites = MomentData(data.columns, shards, only, "shared")
    plan = Plan(estimator=estimator, identification="exchangeability")
    ours, theirs = (calibrate(from_moments(d), plan).estimates[0].result for d in (sites, data))
    assert [ours.estimate, ours.standard_error, ours.df] == pytest.approx(
        [theirs.estimate, theirs.standard_error, theirs.df], rel=1e-12
    )


def test_a_single_unit_is_an_entry_without_spread() -> None:
    rows = np.random.default_rng(3).normal(size=(2, 8))
    parts = [entry("a", rows[:, :7]), Entry("a", 1, rows[:, 7], np.zeros((2, 2)))]
    found = from_moments(MomentData(F, tuple(parts))).human[0]
    assert (found.n, found.scatter == pytest.approx(7 * np.cov(rows))) == (8, True)


def test_no_prediction_column_is_no_pool() -> None:
    only = Entry(None, 5, np.zeros(0), np.zeros((0, 0)))
    sample = from_moments(MomentData((), (human(k=1),), (only,)))
    assert (sample.columns, sample.llm_only) == ((), (None,))


BAD = np.array([[1.0, 2.0], [2.0, 1.0]])


@pytest.mark.parametrize(
    ("arms", "more", "expected"),
    [
        ([], {}, [("/data/arms", "no_arms")]),
        ([human(), human("b")], {}, [("/data/prediction_design", "prediction_design_required")]),
        ([human(), human("b")], {"columns": (("m", "a"),), "only": [human(None, k=1)]},
         [("/data/prediction_design", "prediction_design_required")]),
        ([human(k=3)], {}, [("/data/arms/0/mean", "length_mismatch")]),
        ([Entry("a", 8, np.zeros(2), np.eye(3))], {}, [("/data/arms/0/covariance", "length_mismatch")]),
        ([Entry("a", 8, np.array([0.0, np.nan]), np.eye(2))], {}, [("/data/arms/0/mean", "not_finite")]),
        ([Entry("a", 8, np.zeros(2), np.full((2, 2), np.inf))], {}, [("/data/arms/0/covariance", "not_finite")]),
        ([Entry("a", 8, np.array([1e71, 0.0]), np.eye(2))], {}, [("/data/arms/0/mean", "not_finite")]),
        ([Entry("a", 8, np.zeros(2), np.eye(2) * 1e141)], {}, [("/data/arms/0/covariance", "not_finite")]),
        ([Entry("a", 8, np.zeros(2), BAD)], {}, [("/data/arms/0/covariance", "not_a_covariance")]),
        ([Entry("a", 8, np.zeros(2), np.eye(2) + np.triu(np.ones((2, 2)), 1))], {},
         [("/data/arms/0/covariance", "not_a_covariance")]),
        ([Entry("a", 8, np.zeros(2), -np.eye(2))], {}, [("/data/arms/0/covariance", "not_a_covariance")]),
        ([human(n=2)], {}, [("/data/arms/0/n", "too_few_humans")]),
        ([Entry("a", 8, np.zeros(2), np.diag([0.0, 1.0]))], {}, [("/data/arms/0/covariance/0/0", "no_variation")]),
        ([human(k=3)], {"columns": F * 2}, [("/data/predictions/1", "duplicate_column")]),
        ([human()], {"columns": (("m", "z"),)}, [("/data/predictions/0/arm", "unknown_arm")]),
        ([human()], {"columns": (("m", "a"),)}, [("/data/predictions/0/arm", "arm_not_allowed")]),
        ([human()], {"only": [human("z", k=1)]}, [("/data/llm_only/0/arm", "unknown_arm")]),
        ([human()], {"only": [human(None)]}, [("/data/llm_only/0/mean", "length_mismatch")]),
        ([human(), human("b")], {"design": "shared", "only": [human("a", k=1)]},
         [("/data/llm_only/0/arm", "llm_only_arm")]),
        ([human(), human("b")], {"design": "independent", "only": [human(None, k=1)]},
         [("/data/llm_only/0/arm", "missing_arm")]),
        ([human(n=2), human("a", k=3), human("b")], {"columns": (("m", "q"),)},
         [("/data/arms/1/mean", "length_mismatch"), ("/data/prediction_design", "prediction_design_required"),
          ("/data/predictions/0/arm", "unknown_arm")]),
    ],
)  # fmt: skip
def test_every_refusal_at_its_place(arms: list[Entry], more: dict, expected: list[tuple[str, str]]) -> None:
    assert refused(*arms, **more) == expected


def test_the_second_mention_of_an_arm_does_not_move_its_place() -> None:
    few = [human("a", n=5), human("b", n=2)]
    one = Entry("b", 1, np.zeros(2), np.zeros((2, 2)))
    assert from_moments(MomentData(F, (few[0], few[1], one), (), "independent")).pointers == (
        "/data/arms/0",
        "/data/arms/1",
    )


@pytest.mark.parametrize("arm", [None, "a"])
def test_one_population_takes_llm_only_units_with_or_without_its_name(arm: str | None) -> None:
    sample = from_moments(MomentData(F, (human(),), (human(arm, k=1),)))
    assert sample.llm_only[0].n == 8
    assert sample.prediction_design == "independent"
