"""Exactness is tested in tests/oracles/test_survey.py; here what the groups of clusters are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.clusters import arm_rows, cluster_influence
from service.calibration.estimate import Frame
from service.calibration.estimators import estimator
from service.calibration.variance import contrast_variance, influences
from tests.calibration.studies import simulate

T = np.array([-1.0, 1.0])
STUDY = simulate(4, (24, 26), 60, design="shared")


def frame(human: tuple[np.ndarray, ...], only: np.ndarray) -> Frame:
    plain = STUDY.sample()
    sample = replace(
        plain,
        human=tuple(replace(s, cluster=c) for s, c in zip(plain.human, human, strict=True)),
        llm_only=(replace(plain.llm_only[0], cluster=only),),
    )
    return Frame(sample, "exchangeability")


def test_units_that_are_their_own_clusters_have_the_variance_of_units() -> None:
    """CR2 of single units is HC2; the pool's part is inside the sum, so it is the joint form, near the closed one."""
    single = frame((np.arange(24), 24 + np.arange(26)), 50 + np.arange(60))
    plain = Frame(STUDY.sample(), "exchangeability")
    ours = estimator("regression").fit(single, T)
    found = cluster_influence(ours, T, "super")
    joint = influences(estimator("regression").fit(plain, T), T)
    assert found.human == pytest.approx(np.concatenate([joint[0].values, joint[1].values]))
    assert found.llm_only == pytest.approx(joint[2].values)


def test_the_same_clusters_for_every_contrast_and_zero_where_unused() -> None:
    study = simulate(4, (24, 26, 20), (30, 30, 30))
    plain = study.sample()
    starts = np.cumsum([0, 24, 26, 20, 30, 30, 30])
    codes = [starts[i] + np.arange(starts[i + 1] - starts[i]) // 2 for i in range(6)]
    sample = replace(
        plain,
        human=tuple(replace(s, cluster=c) for s, c in zip(plain.human, codes[:3], strict=True)),
        llm_only=tuple(replace(s, cluster=c) for s, c in zip(plain.llm_only, codes[3:], strict=True)),
    )
    estimate = estimator("regression").fit(Frame(sample, "exchangeability"), T)
    pair = cluster_influence(estimate, np.array([-1.0, 1.0, 0.0]), "super")
    whole = cluster_influence(estimate, np.array([-1.0, 0.5, 0.5]), "super")
    assert pair.human.shape == whole.human.shape == (35,)
    assert pair.llm_only.shape == whole.llm_only.shape == (45,)
    assert np.count_nonzero(pair.human) == 25
    assert np.count_nonzero(whole.human) == 35


def test_clones_of_the_humans_do_not_count_as_new_information() -> None:
    """LLM-only units that share the humans' clusters make the variance larger than if they came from elsewhere."""
    human = (np.arange(24) // 2, 12 + np.arange(26) // 2)
    spanning = estimator("regression").fit(frame(human, np.arange(60) % 25), T)
    apart = estimator("regression").fit(frame(human, 25 + np.arange(60) % 25), T)
    assert contrast_variance(spanning, T, "super")[0] != pytest.approx(contrast_variance(apart, T, "super")[0])
    assert len(influences(spanning, T)) == 1
    assert [g.source for g in influences(apart, T)] == ["clusters with humans", "LLM-only clusters"]


def test_the_sample_at_hand_has_no_pool_part() -> None:
    estimate = estimator("regression").fit(frame((np.arange(24), 24 + np.arange(26)), 50 + np.arange(60)), T)
    found = cluster_influence(estimate, T, "sample")
    assert not found.llm_only.any()
    parts = [arm_rows(estimate, d) for d in (0, 1)]
    hats = [(p.z**2).sum(axis=0) for p in parts]
    expected = sum(((p.a * p.residual) ** 2 / (1 - h)).sum() for p, h in zip(parts, hats, strict=True))
    assert found.human @ found.human == pytest.approx(expected)


def test_with_weights_the_sample_at_hand_keeps_its_pool_mean() -> None:
    """Leaving a cluster out then moves the arm only: the mean of the pool stays."""
    plain = frame((np.arange(24) // 2, 12 + np.arange(26) // 2), 25 + np.arange(60) // 3).sample
    sample = replace(
        plain,
        human=tuple(replace(s, weight=np.linspace(1.0, 2.0, s.n)) for s in plain.human),
        llm_only=(replace(plain.llm_only[0], weight=np.ones(60)),),
    )
    estimate = estimator("human_only").fit(Frame(sample, "exchangeability"), T)
    at_hand, whole = (cluster_influence(estimate, T, population) for population in ("sample", "super"))
    assert at_hand.human == pytest.approx(whole.human)
    assert at_hand.llm_only == pytest.approx(np.zeros(20), abs=1e-14)
