from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.allocation import variances
from service.calibration.designs.constraints import Constraints
from service.calibration.designs.groups import Costs
from service.calibration.designs.objective import Objective
from service.calibration.designs.questionnaire import Asked, check, whole_market
from service.calibration.errors import CalibrationError
from tests.calibration.designs.test_questions import ASKED, WEIGHT, armed, asked
from tests.calibration.studies import problems


def refused(questionnaire) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as refusal:
        check(questionnaire)
    return problems(refusal.value)


def test_the_whole_is_its_parts():
    """Any counts: variances of the whole are the questions' own, weighed; their sum for the stacked contrast."""
    rng = np.random.default_rng(0)
    for minimise in ("worst", "weighted_sum"):
        whole = whole_market(asked(minimise=minimise))
        counts = rng.uniform(5, 50, len(whole.market.groups))
        own = [
            w * variances(m.table, counts[place]).max()
            for w, m, place in zip(WEIGHT, whole.each, whole.places, strict=True)
        ]
        expected = own if minimise == "worst" else [sum(own)]
        assert variances(whole.market.table, counts) == pytest.approx(expected, rel=1e-12)


def test_one_sample_has_one_set_of_groups_that_all_questions_see():
    same = tuple(replace(one, costs=ASKED[0].costs) for one in ASKED)
    whole = whole_market(asked("same", "worst", same))
    counts = np.arange(1.0, len(whole.market.groups) + 1)
    own = [w * variances(m.table, counts).max() for w, m in zip(WEIGHT, whole.each, strict=True)]
    assert variances(whole.market.table, counts) == pytest.approx(own, rel=1e-12)
    assert whole.market.groups[1].unit_cost == pytest.approx(5 + 3 * 0.02)


def test_a_market_of_one_group_keeps_its_own_rows():
    """A free model leaves one group per question when no LLM-only unit is allowed; they must not run together."""
    free = tuple(replace(one, costs=replace(one.costs, llm=(0.0,))) for one in ASKED)
    whole = whole_market(asked("separate", "worst", free, constraints=Constraints(max_llm_only=0)))
    assert [len(m.groups) for m in whole.each] == [1, 1, 1]
    assert whole.market.table.n_groups == 3


def test_every_problem_of_the_questions_is_listed():
    bad = (
        replace(ASKED[0], weight=0.0),
        replace(ASKED[1], name="q0", effect=float("nan")),
        replace(ASKED[2], weight=float("inf")),
    )
    assert refused(asked(questions=bad)) == [
        ("/basis/questions/0/weight", "bad_weight"),
        ("/basis/questions/1/name", "duplicate_question"),
        ("/basis/questions/1/effect", "not_finite"),
        ("/basis/questions/2/weight", "bad_weight"),
    ]


def test_one_sample_needs_questions_of_one_kind():
    other = Asked("q1", armed(1.0, 0.5, "independent"), Costs(4.0, (0.1,)))
    found = refused(asked("same", "worst", (ASKED[0], other)))
    assert found == [("/basis/questions/1", "unsupported_combination")] * 3  # arms, prediction design, price
    assert check(asked("separate", "worst", (ASKED[0], other))) is None


def test_a_sum_has_one_contrast_and_a_budget():
    three = Asked("q1", armed(1.0, 0.5, "independent", ("a", "b", "c")), Costs(4.0, (0.1,)))
    target = Objective("standard_error", 0.1)
    assert refused(asked(questions=(three, ASKED[0]), objective=target)) == [
        ("/objective/kind", "unsupported_combination"),
        ("/contrasts", "unsupported_combination"),
    ]
    assert refused(asked(minimise="worst", objective=Objective("equivalence", 0.1))) == [
        ("/objective/kind", "unsupported_combination")
    ]
    assert check(asked(minimise="worst", objective=target, questions=(three, ASKED[0]))) is None
    capped = asked(minimise="worst", objective=target, constraints=Constraints(max_human=9.0, max_llm_only=9.0))
    assert refused(capped) == [
        ("/constraints/max_human", "unsupported_combination"),
        ("/constraints/max_llm_only", "unsupported_combination"),
    ]
