"""Category shares: they sum to 1, each is the mean of its indicator, and categories nobody chose are no failure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.layouts.categories import Categories
from service.calibration.layouts.labels import Labels
from service.calibration.layouts.predictions import PredictionColumn
from service.calibration.layouts.reading import Reading
from service.calibration.layouts.survey import Survey
from service.calibration.layouts.table import Table, from_table
from service.calibration.plan import Costs, NamedContrast, Plan
from service.calibration.report import paragraph

NAMES = ("agree", "neutral", "refuse", "unsure")
ARMS = ("control", "treatment")


def study(seed: int, n: int = 60, m: int = 200, *, probabilities: bool = False, quality: float = 1.5, **more) -> Table:
    """Twins in two arms: n humans who chose one of four categories, m LLM-only units, one LLM asked under each arm."""
    rng = np.random.default_rng(seed)
    size = n + m
    appeal = rng.normal(size=(size, 4)) * quality + np.array([0.4, 0.0, -0.4, 0.2])
    arm = np.where(np.arange(size) < n, rng.integers(0, 2, size), -1)
    chosen = (appeal + rng.gumbel(size=(size, 4)) + 0.5 * (arm[:, None] == 1) * [1, 0, 0, 0]).argmax(axis=1)
    columns = []
    for a, name in enumerate(ARMS):
        shifted = appeal + 0.5 * a * np.array([1, 0, 0, 0])
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        if probabilities:
            columns += [PredictionColumn(p[:, k], "gpt", name, category=NAMES[k]) for k in range(4)]
        else:
            columns.append(
                PredictionColumn(Labels((shifted + rng.gumbel(size=(size, 4))).argmax(axis=1), NAMES), "gpt", name)
            )
    y = Labels(np.where(arm >= 0, chosen, -1), NAMES)
    return Table((("vote", y),), tuple(columns), Labels(arm, ARMS), "shared", **more)


PLAN = Plan(estimand="proportions", identification="exchangeability")
ESTIMATORS = ("auto", "regression", "human_only", "ppi")


def answered(table: Table, **plan):
    return calibrate(from_table(table, reading=Reading(Categories())), replace(PLAN, **plan))


@pytest.mark.parametrize("probabilities", [False, True])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("seed", range(5))
def test_the_shares_of_an_arm_sum_to_1_and_their_differences_to_0(
    seed: int, estimator: str, probabilities: bool
) -> None:
    table = study(seed, probabilities=probabilities)
    shares = answered(table, estimator=estimator)
    assert [(e.name, e.component) for e in shares.estimates] == [(a, k) for a in shares_arms(table) for k in NAMES]
    for arm in ARMS:
        own = [e for e in shares.estimates if e.name == arm]
        assert sum(e.result.estimate for e in own) == pytest.approx(1.0, abs=1e-12)
        assert sum(e.human_only.estimate for e in own) == pytest.approx(1.0, abs=1e-12)
        assert sum(e.llm_only.estimate for e in own) == pytest.approx(1.0, abs=1e-12)
        assert len({e.verdict for e in own}) == 1
    effects = answered(table, estimator=estimator, control="control").estimates
    assert [e.name for e in effects] == ["treatment - control"] * 4
    assert sum(e.result.estimate for e in effects) == pytest.approx(0.0, abs=1e-12)
    assert sum(e.llm_only.estimate for e in effects) == pytest.approx(0.0, abs=1e-12)


def shares_arms(table: Table) -> tuple[str, ...]:
    return from_table(table, reading=Reading(Categories()))[0].arms


def test_auto_decides_once_per_arm_on_all_categories() -> None:
    """A category that nobody of the arm chose has no R^2 and no slope whatever is decided."""
    decided = set()
    for seed in range(60):
        answer = answered(study(seed, n=30, quality=0.35))
        for arm in ARMS:
            verdicts = {a.verdict for a in answer.arms if a.name == arm and a.r_squared}
            assert len(verdicts) <= 1
            decided |= verdicts
    assert decided >= {"llm_used", "human_only_chosen"}


def test_a_share_is_the_mean_of_its_indicator_on_the_same_columns() -> None:
    samples = from_table(study(3), reading=Reading(Categories()))
    for share in samples:
        as_mean = calibrate(
            replace(share, component=None, categories=(), chosen=()),
            replace(PLAN, estimand="mean", estimator="regression"),
        )
        mine = [
            e
            for e in calibrate(samples, replace(PLAN, estimator="regression")).estimates
            if e.component == share.component
        ]
        assert [e.result for e in mine] == [e.result for e in as_mean.estimates]


def test_two_categories_mirror_each_other() -> None:
    """Whatever is said of yes is said of no, reversed: also by the estimators that trust the LLM's scale."""
    table = study(5)
    halves = tuple((name, Labels(np.where(v.codes < 0, -1, v.codes % 2), ("no", "yes"))) for name, v in table.outcomes)
    columns = tuple(replace(c, values=Labels(c.values.codes % 2, ("no", "yes"))) for c in table.predictions)
    both = replace(table, outcomes=halves, predictions=columns)
    for estimator in (*ESTIMATORS, "power_tuned", "arm_tuned"):
        answer = answered(both, estimator=estimator, control="control")
        no, yes = answer.estimates
        assert no.result.estimate == pytest.approx(-yes.result.estimate, rel=1e-10)
        assert no.result.standard_error == pytest.approx(yes.result.standard_error, rel=1e-10)
        assert no.llm_only.standard_error == pytest.approx(yes.llm_only.standard_error, rel=1e-10)


def test_a_category_that_nobody_chose_is_estimated_with_a_warning() -> None:
    table = study(1)
    asked = Categories((*NAMES, "never"))
    for estimator in (*ESTIMATORS, "power_tuned", "arm_tuned"):
        answer = calibrate(from_table(table, reading=Reading(asked)), replace(PLAN, estimator=estimator))
        never = [e for e in answer.estimates if e.component == "never"]
        assert [e.result.estimate for e in never] == [0.0, 0.0]
        assert "category_not_chosen" in [w.code for w in answer.warnings]
        assert {(e.variance_ratio, e.ppi_correlation) for e in never} == {(None, None)}


def test_one_arm_may_lack_a_category_that_another_has() -> None:
    table = study(2)
    codes = table.outcomes[0][1].codes
    gone = np.where((codes == 3) & (table.arm.codes == 0), 0, codes)
    answer = answered(replace(table, outcomes=(("vote", Labels(gone, NAMES)),)), control="control")
    assert len(answer.estimates) == 4
    assert all(e.result.standard_error > 0.0 for e in answer.estimates)


def test_weights_clusters_and_strata_keep_the_sum() -> None:
    rng = np.random.default_rng(7)
    size = 260
    survey = Survey(rng.uniform(0.5, 2.0, size), np.floor(np.arange(size) / 4.0), np.arange(size) % 2.0)
    for estimator in ESTIMATORS:
        answer = answered(study(4, survey=survey), estimator=estimator)
        for arm in ARMS:
            total = sum(e.result.estimate for e in answer.estimates if e.name == arm)
            assert total == pytest.approx(1.0, abs=1e-12)


def test_several_outcomes_nest_names_and_categories() -> None:
    table = study(6)
    vote = table.outcomes[0][1]
    again = tuple(replace(c, outcome=o) for o in ("vote", "again") for c in table.predictions)
    two = replace(table, outcomes=(("vote", vote), ("again", vote)), predictions=again)
    found = [(e.outcome, e.name, e.component) for e in answered(two).estimates]
    arms = shares_arms(table)
    assert found == [(o, a, k) for o in ("vote", "again") for a in arms for k in NAMES]


def test_named_contrasts_costs_and_the_paragraph() -> None:
    half = NamedContrast("half", {"treatment": 0.5, "control": -0.5})
    answer = answered(study(8), contrasts=(half,), costs=Costs(5.0, 0.1, budget=500.0), compare=True)
    assert [e.name for e in answer.estimates] == ["half"] * 4
    assert answer.applied.categories == NAMES
    assert answer.applied.control is None
    assert answer.design is not None
    assert "share of category agree" in paragraph(answer)
    assert " 60 human respondents" in paragraph(answer)
    assert all(e.alternatives for e in answer.estimates)
    assert [p.category for p in answer.arms[0].predictions] == list(NAMES[1:]) * 2
