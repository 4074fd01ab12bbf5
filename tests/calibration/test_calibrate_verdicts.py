"""Claim, verdict, assumptions and reason are computed: one test per value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.answer import Answer
from service.calibration.calibrate import calibrate
from service.calibration.plan import NamedContrast, Plan
from tests.calibration.studies import Study, simulate

GOOD = simulate(12, (30, 30), (80, 80))
WORTHLESS = simulate(12, (30, 30), (80, 80), quality=0.0)


def away(study: Study, gap: float = 5.0) -> Study:
    """The study with LLM-only units from another population."""
    return replace(study, llm_only=tuple(None if c is None else c + gap for c in study.llm_only))


def answer(study: Study, **plan) -> Answer:
    return calibrate(study.sample(), Plan(**plan))


def status(found: Answer) -> str | None:
    return {a.name: a.status for a in found.assumptions}.get("exchangeability")


def test_an_llm_that_helps_and_personas_alike_are_confirmatory() -> None:
    found = answer(GOOD)
    assert (found.verdict, found.claim, status(found)) == ("llm_used", "confirmatory", "not_rejected")
    assert [e.claim for e in found.estimates] == ["confirmatory"]
    assert [a.verdict for a in found.arms] == ["llm_used", "llm_used"]
    assert found.applied.reason.endswith("in every arm")


def test_rejected_exchangeability_is_exploratory() -> None:
    found = answer(away(GOOD))
    assert (found.verdict, found.claim, status(found)) == ("llm_used", "exploratory", "rejected")
    assert found.estimates[0].claim == "exploratory"
    assert "exchangeability_rejected" in [w.code for w in found.warnings]
    assert next(a.p_value for a in found.assumptions if a.name == "exchangeability") < 0.05


def test_a_rejection_does_not_touch_an_answer_that_rests_on_humans() -> None:
    """auto falls back to the humans: the claim stands, and no warning says otherwise."""
    for estimator, verdict in (("auto", "human_only_chosen"), ("human_only", "human_only_requested")):
        found = answer(away(WORTHLESS), estimator=estimator)
        assert (found.verdict, found.claim) == (verdict, "confirmatory")
        assert not [w.message for w in found.warnings if "the claim is exploratory" in w.message]
    assert status(answer(away(WORTHLESS), estimator="human_only")) is None


def test_the_whole_is_as_weak_as_its_weakest_estimate() -> None:
    """Exchangeability is rejected; only the contrast of arms that use LLM-only units rests on it."""
    study = simulate(12, (30, 30, 30), (80, 0, 0))
    asked = tuple(NamedContrast(a, {a: 1.0, "treatment": -1.0}) for a in ("third", "control"))
    found = answer(away(study), contrasts=asked)
    assert [(e.name, e.verdict, e.claim) for e in found.estimates] == [
        ("third", "no_pool", "confirmatory"),
        ("control", "llm_used", "exploratory"),
    ]
    assert (found.claim, found.verdict) == ("exploratory", "no_pool")


def test_exchangeability_that_cannot_be_tested_is_exploratory() -> None:
    """ppi with one LLM that never varies: there is no mean to compare."""
    study = simulate(12, (12, 12), (5, 5)).with_c(lambda c: np.full_like(c, 3.0))
    found = answer(study, estimator="ppi")
    assert (found.verdict, found.claim, status(found)) == ("llm_used", "exploratory", "not_testable")
    assert "exchangeability_not_testable" in [w.code for w in found.warnings]
    assert next(a.p_value for a in found.assumptions if a.name == "exchangeability") is None


def test_randomization_needs_no_exchangeability() -> None:
    study = simulate(12, (30, 30), 80, design="shared")
    found = answer(away(study))
    assert (found.verdict, found.claim, status(found)) == ("llm_used", "confirmatory", None)
    assert "llm_only_ignored" in [w.code for w in found.warnings]
    opted_in = answer(away(study), identification="exchangeability")
    assert (opted_in.claim, status(opted_in)) == ("exploratory", "rejected")


def test_exchangeability_without_any_llm_only_unit_is_randomization() -> None:
    twins = simulate(12, (30, 30), design="shared")
    found = answer(twins, identification="exchangeability")
    assert (found.applied.identification, found.claim, status(found)) == ("randomization", "confirmatory", None)
    assert [(w.code, w.pointer) for w in found.warnings] == [("no_llm_only_units", "/plan/identification")]
    assert answer(twins).warnings == ()


@pytest.mark.parametrize(
    "study",
    [WORTHLESS, simulate(12, (30, 30), design="shared", quality=0.0), simulate(11, (30,), 90, quality=0.0)],
    ids=["independent", "shared", "one population"],
)
def test_a_worthless_llm_leaves_the_human_only_numbers(study: Study) -> None:
    found = answer(study)
    human = answer(study, estimator="human_only").estimates[0].result
    first = found.estimates[0]
    assert (found.verdict, found.claim, found.applied.estimator) == ("human_only_chosen", "confirmatory", "human_only")
    for ours in (first.result, first.human_only):
        assert [ours.estimate, ours.standard_error, ours.df, ours.p_value] == pytest.approx(
            [human.estimate, human.standard_error, human.df, human.p_value], rel=1e-12
        )
    assert first.effective_sample_size == first.human_sample_size
    assert "in no arm" in found.applied.reason


def test_an_arm_alone_may_use_its_llm() -> None:
    study = replace(GOOD, c=(GOOD.c[0], WORTHLESS.c[1]), llm_only=(GOOD.llm_only[0], WORTHLESS.llm_only[1]))
    found = answer(study)
    assert [a.verdict for a in found.arms] == ["llm_used", "human_only_chosen"]
    assert (found.verdict, found.applied.estimator) == ("llm_used", "regression")
    assert found.applied.reason.endswith("in 1 of 2 arms")


@pytest.mark.parametrize("estimator", ["auto", "regression", "ppi", "power_tuned", "arm_tuned"])
@pytest.mark.parametrize("arms", [1, 2])
def test_no_pool(estimator: str, arms: int) -> None:
    study = replace(simulate(12, (20, 25)[:arms]), design="independent")
    found = answer(study, estimator=estimator)
    human = answer(study, estimator="human_only").estimates[0].result
    assert (found.verdict, found.claim, status(found)) == ("no_pool", "confirmatory", None)
    assert found.estimates[0].result == human
    assert [w.code for w in found.warnings].count("no_pool") == arms
    assert found.estimates[0].effective_sample_size == found.estimates[0].human_sample_size
    if estimator == "auto":
        assert found.applied.reason == "no arm has LLM-only units, so its LLM answers cannot add anything"


def test_one_arm_with_a_pool_is_enough() -> None:
    found = answer(replace(GOOD, llm_only=(GOOD.llm_only[0], None)))
    assert [a.verdict for a in found.arms] == ["llm_used", "no_pool"]
    assert found.verdict == "llm_used"


@pytest.mark.parametrize("estimator", ["auto", "regression"])
def test_no_llm_where_only_covariates_are_left(estimator: str) -> None:
    study = simulate(12, (30, 30), design="shared", covariates=1)
    study = study.with_c(lambda c: np.vstack([np.full((2, c.shape[1]), 3.0), c[2:]]))
    found = answer(study, estimator=estimator)
    assert (found.verdict, found.claim, found.applied.estimator) == ("no_llm", "confirmatory", "regression")
    assert found.estimates[0].result.estimate != found.estimates[0].human_only.estimate
    ratio = found.estimates[0].variance_ratio
    assert found.estimates[0].effective_sample_size == pytest.approx(60 / ratio)


def test_no_llm_where_nothing_is_left() -> None:
    found = answer(GOOD.with_c(lambda c: np.full_like(c, 3.0)))
    assert (found.verdict, found.applied.estimator) == ("no_llm", "human_only")
    assert found.estimates[0].result == found.estimates[0].human_only
    assert [w.code for w in found.warnings].count("constant_column") == 2


def test_human_only_requested() -> None:
    found = answer(GOOD, estimator="human_only")
    assert (found.verdict, found.claim, found.applied.reason) == (
        "human_only_requested",
        "confirmatory",
        "as requested",
    )
    assert found.estimates[0].result == found.estimates[0].human_only
    assert found.estimates[0].effective_sample_size == 60.0


def test_human_only_needs_no_llm_at_all() -> None:
    bare = replace(GOOD, c=tuple(c[:0] for c in GOOD.c), llm_only=(None, None), columns=())
    found = answer(bare, estimator="human_only")
    assert found.verdict == "human_only_requested"
    assert found.estimates[0].llm_only is None
    assert found.estimates[0].models == ()
    assert found.estimates[0].ppi_correlation is None


def test_many_columns_are_left_alone_by_auto() -> None:
    study = simulate(12, (5, 30), (40, 40), models=4)
    found = answer(study)
    assert [a.verdict for a in found.arms] == ["human_only_chosen", "llm_used"]
    assert found.estimates[0].ppi_correlation is None
    assert found.arms[0].r_squared is None
