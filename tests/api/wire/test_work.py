from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.api.limits import Limits
from service.api.wire.doubts import PER_SECOND, WORK_LIMIT
from service.api.wire.work import (
    BOOTSTRAP,
    CELL,
    PAIR,
    PER_CELL,
    PER_CONTRAST,
    PER_MODEL,
    PER_OUTCOME,
    PER_RESPONSE,
    PER_SOURCE,
    PER_TRIED,
    REFIT,
    TARGET_ROW,
    TIPPING,
    solving,
    work,
)
from service.calibration.estimators import ESTIMATORS
from service.calibration.layouts.table import from_table
from service.calibration.margins import Margins
from service.calibration.plan import Costs, Model, NamedContrast, Plan
from service.calibration.sample import Sample
from tests.calibration import models, nonresponse
from tests.calibration.conjoints import MODEL, conjoint
from tests.calibration.studies import as_moments, categorised, simulate

ONE = simulate(1, (10,), 40).sample()
ARMS = simulate(1, (10, 12), (40, 50), models=2).sample()

PAIRS = (("education", "job"), ("job", "sex"))


def test_every_number_is_used_once_per_column_and_fit() -> None:
    assert work([ONE], Plan()) == (20 + 40) * 1 * 2
    assert work([ARMS], Plan()) == (22 * 3 + 90 * 2) * 2 * 3
    assert work([as_moments(ONE)], Plan()) == (4 + 1) * 2


def test_comparing_is_work_for_every_estimator() -> None:
    assert work([ONE], Plan(compare=True)) == len(ESTIMATORS) * work([ONE], Plan())


def test_contrasts_costs_and_outcomes_add_up() -> None:
    named = tuple(NamedContrast(f"d{k}", {"control": 1.0, "treatment": -1.0}) for k in range(4))
    assert work([ARMS], Plan(contrasts=named)) - work([ARMS], Plan()) == pytest.approx(
        4 * PER_CONTRAST * (1 + 2 / 3) * 3
    )
    assert work([ONE], Plan(costs=Costs(1.0, 0.1))) - work([ONE], Plan()) == solving(1, 1)
    assert work([ONE, ARMS], Plan()) == work([ONE], Plan()) + work([ARMS], Plan()) + PER_OUTCOME
    shares = categorised(simulate(1, (20,), 30)).samples()
    assert work(shares, Plan()) == 3 * work(shares[:1], Plan()) + 2 * PER_OUTCOME


@pytest.mark.parametrize("interval", ["bootstrap", "bootstrap_t", "randomization"])
def test_resampling_grows_with_replicates_and_estimates(interval: str) -> None:
    plan = Plan(interval=interval, replicates=1000)
    plain = work([ARMS], Plan())
    once, twice = (work([ARMS], replace(plan, replicates=r)) - plain for r in (1000, 2000))
    assert twice == 2 * once > 0.0
    assert work([ARMS, ARMS], plan) == 2 * work([ARMS], plan) + PER_OUTCOME
    assert work([ARMS], replace(plan, interval="score")) == plain


def test_interactions_are_work_by_pair() -> None:
    of = conjoint(1)
    plain, once, twice = (
        work([of.sample(model)], Plan(estimand="amce", model=model))
        for model in (MODEL, replace(MODEL, interactions=PAIRS[:1]), replace(MODEL, interactions=PAIRS))
    )
    assert once - plain == PAIR * 240 * (5 + 9) ** 2 + PER_CELL * 720 * 9
    assert twice - once == PAIR * 240 * (5 + 6) ** 2 + PER_CELL * 720 * 6


def test_a_bootstrap_of_many_units_costs_no_more_than_its_moments() -> None:
    small, large = (simulate(1, (50,), m).sample() for m in (30_000, 60_000))
    plan = Plan(interval="bootstrap")
    assert work([large], plan) - work([large], Plan()) == work([small], plan) - work([small], Plan())


def test_betting_searches_and_simultaneous_intervals_draw() -> None:
    assert work([ONE], Plan(interval="betting")) > 1e7
    few, many = (work([ARMS] * k, Plan(multiplicity="max_t")) for k in (10, 1000))
    assert 1e4 < few < 1e7
    assert 1e8 < many < WORK_LIMIT
    assert work([ARMS] * 10_000, Plan(multiplicity="max_t")) > WORK_LIMIT


def test_a_bootstrap_of_coefficients_sums_the_products_of_their_rows() -> None:
    model, of = models.TERMS, models.sample(models.table(n=60, m=300), models.TERMS)
    plan = Plan(estimand="linear", model=model, interval="bootstrap", replicates=1000)
    drawn = work([of], plan) - work([of], replace(plan, interval="t"))
    assert drawn == BOOTSTRAP * 1000 * 360 * (3 * 2 + 1) + REFIT * 1000 * 60 * 3**2


def test_coefficients_are_work_by_their_square() -> None:
    """189 coefficients of a multinomial model took 4 seconds and were taken for a twentieth of one."""
    terms = Model(("x", "d"))
    sample = models.sample(models.table(n=60, m=300), terms)
    without = replace(sample, terms=())
    asked = Plan(estimand="linear", model=terms)
    assert work([sample], asked) - work([without], asked) == 2 * PER_MODEL * 360 * (3**2 - 1**2)


def test_the_limit_is_less_than_the_deadline_allows() -> None:
    assert 0.7 < WORK_LIMIT / (PER_SECOND * Limits().deadline_seconds) < 0.9


def _likert(n: int, m: int, **survey: np.ndarray) -> Sample:
    """A study with answers from 1 to 5, drawn at random."""
    of, rng = simulate(1, (n,), m).sample(), np.random.default_rng(3)
    (human,), (pool,) = of.human, of.llm_only
    answers = lambda size: rng.integers(1, 6, size).astype(float)
    asked = replace(human, c=answers(human.c.shape), y=answers(n), **survey)
    return replace(of, human=(asked,), llm_only=(replace(pool, c=answers(pool.c.shape)),))


def test_a_bootstrap_of_few_values_is_priced_by_what_it_draws() -> None:
    """Ten thousand replicates of a Likert scale took a hundredth of a second and were taken for half of one."""
    plan = Plan(interval="bootstrap", replicates=10_000)
    drawn = lambda of: (work([of], plan) - work([of], Plan())) / (BOOTSTRAP * 10_000 * 3)
    assert drawn(_likert(300, 2000)) == 300 + CELL * 5  # 25 cells of two answers cost more than 300 humans
    assert drawn(_likert(2000, 30_000)) == CELL * 25 + CELL * 5
    assert drawn(_likert(2000, 30_000, weight=np.ones(2000))) == 2000 + CELL * 5
    assert drawn(_likert(2000, 9_000, cluster=np.arange(2000))) == 2000 + CELL * 5
    assert drawn(simulate(1, (300,), 2000).sample()) == 2300
    with_model = replace(plan, estimand="linear", model=Model(("x",)))
    assert work([_likert(2000, 2000)], with_model) > BOOTSTRAP * 10_000 * 4000


def test_a_design_costs_what_its_ways_of_spending_cost() -> None:
    one, eight = solving(1, 1), solving(2, 8)
    assert solving(0, 1) == one
    assert one < 0.3 * PER_SECOND
    assert 7 * PER_SECOND < eight < WORK_LIMIT < solving(64, 8)


def test_questions_cost_more_together_and_fifty_are_affordable() -> None:
    assert solving(2, 1, 2) > solving(2, 1) == solving(2, 1, 1)
    assert solving(50, 1, 50) < WORK_LIMIT < solving(200, 3, 50)


def test_contrasts_of_weighted_units_read_the_units() -> None:
    """Two hundred contrasts of 50,000 weighted units took half a second and were taken for a fiftieth of one."""
    named = tuple(NamedContrast(f"d{k}", {"control": 1.0, "treatment": -1.0}) for k in range(4))
    weighted = replace(ARMS, human=tuple(replace(u, weight=np.ones(u.n)) for u in ARMS.human))
    more = work([weighted], Plan(contrasts=named)) - work([ARMS], Plan(contrasts=named))
    assert more == pytest.approx(4 * (22 * 3 + 90 * 2) * 3)


def test_propensities_are_work_by_arm_person_and_column() -> None:
    asked = nonresponse.Asked(300, arms=2)
    with_, without = nonresponse.sample(asked, 1), from_table(nonresponse.table(asked, 1), "drop_unit")[0]
    assert 2 * PER_RESPONSE < work([with_], Plan()) - work([without], Plan()) < 2 * PER_RESPONSE + 1e5


def test_the_choice_of_a_model_is_work_by_model_and_arm_and_sixty_are_affordable() -> None:
    best, plain = (work([ARMS], Plan(model_selection=how)) for how in ("best", "all"))
    assert 2 * 2 * PER_TRIED < best - plain < 2 * 2 * PER_TRIED + 1e4
    many = simulate(1, (250, 250), (2250, 2250), models=60).sample()
    assert 60 * 2 * PER_TRIED < work([many], Plan(model_selection="best")) < WORK_LIMIT / 4


def test_a_target_is_work_by_unit_margin_and_contrast() -> None:
    """Sixty means that contradict each other took seconds and were taken for a thousandth of one."""

    def told(columns: int, rows: int | None = None, contrasts: int = 1) -> float:
        x = np.zeros((columns, 50))
        human = tuple(replace(u, x=x[:, : u.n], cluster=np.arange(u.n)) for u in ONE.human)
        only = tuple(None if u is None else replace(u, x=x[:, : u.n]) for u in ONE.llm_only)
        found = Margins((), np.zeros(columns), None if rows is None else np.zeros((columns, rows)))
        named = tuple(NamedContrast(f"c{k}", {"all": 1.0}) for k in range(contrasts))
        return work([replace(ONE, human=human, llm_only=only, margins=found)], Plan(contrasts=named))

    assert told(1) > 2 * PER_SOURCE
    assert told(60) - told(30) > 2 * (told(30) - told(1))
    assert told(2, rows=1000) - told(2) == (TARGET_ROW + 1) * 2000
    assert told(2, contrasts=11) - told(2) > 10 * TIPPING * 10
