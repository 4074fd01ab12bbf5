from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.designs.groups import Costs, Group, groups_on_offer, information_table, unit_costs
from service.calibration.designs.joint import Column, Joint
from service.calibration.errors import InvalidPlan, UnsupportedCombination
from tests.calibration.designs.cases import correlations, one, population, sigma_a, twins, two_samples


def test_one_population():
    joint = population(correlations(3, {(0, 1): 0.6, (0, 2): 0.3, (1, 2): 0.4})).joint
    groups = groups_on_offer(joint, Costs(5.0, (0.2, 0.005), 0.1))
    assert groups[:4] == (
        Group(None, True, (), 5.0),
        Group(None, True, (0,), 5.2),
        Group(None, True, (1,), 5.005),
        Group(None, True, (0, 1), 5.205),
    )
    assert [(g.models, g.human) for g in groups[4:]] == [((0,), False), ((1,), False), ((0, 1), False)]
    assert unit_costs(groups)[4:] == pytest.approx([0.3, 0.105, 0.305])


def test_a_twin_costs_one_answer_per_condition():
    groups = groups_on_offer(twins(sigma_a(), 1).joint, Costs(5.0, (0.02,)))
    assert [(g.arm, g.human, g.unit_cost) for g in groups] == [
        (0, True, 5.0),
        (0, True, 5.04),
        (1, True, 5.0),
        (1, True, 5.04),
        (None, False, 0.04),
    ]


def test_independent_units_belong_to_an_arm():
    groups = groups_on_offer(two_samples().joint, Costs(4.0, (0.03,)))
    assert [(g.arm, g.unit_cost) for g in groups if not g.human] == [(0, 0.03), (1, 0.03)]


def test_randomization_buys_no_llm_only_unit():
    groups = groups_on_offer(twins(sigma_a(), 1, "randomization").joint, Costs(5.0, (0.02,)))
    assert all(g.human for g in groups)
    with pytest.raises(UnsupportedCombination) as refused:
        groups_on_offer(replace(two_samples().joint, identification="randomization"), Costs(4.0, (0.03,)))
    assert refused.value.problems[0].code == "randomization_needs_shared"


def test_a_free_model_comes_with_every_unit():
    joint = population(correlations(3, {(0, 1): 0.6, (0, 2): 0.3, (1, 2): 0.4})).joint
    groups = groups_on_offer(joint, Costs(5.0, (0.2, 0.0)))
    assert [g.models for g in groups] == [(1,), (0, 1), (1,), (0, 1)]


@pytest.mark.parametrize(
    ("costs", "pointers"),
    [
        (Costs(0.0, (0.1,)), ["/costs/human"]),
        (Costs(-1.0, (0.1,), float("nan")), ["/costs/human", "/costs/persona"]),
        (Costs(1.0, (float("inf"),)), ["/costs/llm"]),
        (Costs(1.0, (0.1, 0.2)), ["/costs/llm"]),
    ],
)
def test_bad_prices(costs, pointers):
    with pytest.raises(InvalidPlan) as refused:
        groups_on_offer(one(0.5).joint, costs)
    assert [p.pointer for p in refused.value.problems] == pointers


def test_nine_models_are_too_many():
    with pytest.raises(UnsupportedCombination) as refused:
        groups_on_offer(population(np.eye(10)).joint, Costs(1.0, (0.1,) * 9))
    assert refused.value.problems[0].code == "too_many_models"


def test_information_is_the_inverse_of_the_observed_block():
    basis = twins(sigma_a(), 1)
    groups = groups_on_offer(basis.joint, Costs(5.0, (0.02,)))
    table = information_table(basis.joint, groups, basis.contrasts)
    blocks = np.split(table.factors, table.starts[1:])
    for block, seen in zip(blocks, ([0], [0, 2, 3], [1], [1, 2, 3], [2, 3]), strict=True):
        expected = np.zeros((4, 4))
        expected[np.ix_(seen, seen)] = np.linalg.inv(sigma_a()[np.ix_(seen, seen)])
        assert block.T @ block == pytest.approx(expected, abs=1e-12)
    assert table.contrasts[:, 0] == pytest.approx([1.0, -1.0, 0.0, 0.0])


def test_known_means_are_no_parameters_and_covariates_come_along():
    joint = Joint((), ("f",), (Column(0), Column(None, known_mean=True)), sigma_a()[:3, :3], "single")
    groups = groups_on_offer(joint, Costs(5.0, (0.02,)))
    table = information_table(joint, groups, np.ones((1, 1)))
    assert table.factors.shape[1] == 2
    human_alone = table.factors[: table.starts[1]]
    expected = np.linalg.inv(sigma_a()[np.ix_([0, 2], [0, 2])])[0, 0]
    assert (human_alone.T @ human_alone)[0, 0] == pytest.approx(expected)
