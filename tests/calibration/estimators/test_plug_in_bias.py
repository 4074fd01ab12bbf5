from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.estimate import Frame, assemble
from service.calibration.estimators.plug_in_bias import fit
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from tests.calibration.studies import problems, simulate
from tests.contract.cases import sampled

T = np.array([-1.0, 1.0])
STUDY = simulate(11, (14, 17), (40, 30), models=2)
TWINS = simulate(12, (20, 24), 60, design="shared")


def weighted(sample: Sample) -> Sample:
    rng = np.random.default_rng(1)
    return replace(
        sample,
        human=tuple(replace(u, weight=rng.uniform(0.5, 2.0, u.n)) for u in sample.human),
        llm_only=tuple(replace(u, weight=rng.uniform(0.5, 2.0, u.n)) for u in sample.llm_only),
    )


def clustered(sample: Sample) -> Sample:
    return replace(
        sample,
        human=tuple(replace(u, cluster=np.arange(u.n) // 2) for u in sample.human),
        llm_only=tuple(replace(u, cluster=np.arange(u.n) // 2) for u in sample.llm_only),
    )


def test_it_is_the_llm_only_estimate_minus_the_bias_on_humans() -> None:
    found = calibrate(STUDY.sample(), Plan(estimator="plug_in_bias")).estimates[0]
    bias = [c.mean(axis=0).mean() - y.mean() for y, c in zip(STUDY.y, STUDY.c, strict=True)]
    assert found.result.estimate == pytest.approx(found.llm_only.estimate - (bias[1] - bias[0]), rel=1e-12)


@pytest.mark.parametrize(
    ("sample", "identification"),
    [
        (STUDY.sample(), None),
        (TWINS.sample(), "exchangeability"),
        (TWINS.sample(), "randomization"),
        (weighted(STUDY.sample()), None),
        (clustered(STUDY.sample()), None),
        (weighted(clustered(TWINS.sample())), "exchangeability"),
        (sampled(TWINS.sample()), None),
    ],
    ids=["arms", "twins", "randomization", "weights", "clusters", "weights and clusters", "sampling"],
)
def test_for_means_it_is_ppi_whatever_the_data(sample: Sample, identification: str | None) -> None:
    ours, theirs = (
        calibrate(sample, Plan(estimator=name, identification=identification)) for name in ("plug_in_bias", "ppi")
    )
    assert [e.result for e in ours.estimates] == [e.result for e in theirs.estimates]
    assert [a.mean for a in ours.arms] == [a.mean for a in theirs.arms]


def test_if_humans_counted_in_the_llm_only_mean_it_would_be_another_estimator() -> None:
    frame = Frame(STUDY.sample(), "exchangeability")
    pooled = assemble(frame, list(frame.sample.directions), frame.pools).theta
    own = fit(frame, T).theta
    for d, (y, c, only) in enumerate(zip(STUDY.y, STUDY.c, STUDY.llm_only, strict=True)):
        n, m = len(y), only.shape[1]
        gap = only.mean(axis=0).mean() - c.mean(axis=0).mean()
        assert own[d] == pytest.approx(y.mean() + gap, rel=1e-12)
        assert pooled[d] == pytest.approx(y.mean() + m / (n + m) * gap, rel=1e-12)
        assert abs(pooled[d] - own[d]) > 1e-3


def test_compat_changes_nothing_and_says_so() -> None:
    plain, asked = (calibrate(STUDY.sample(), Plan(estimator="plug_in_bias", compat=c)) for c in (False, True))
    assert asked.estimates[0].result == plain.estimates[0].result
    assert "compat_ignored" in [w.code for w in asked.warnings]


def test_one_llm_only_unit_is_refused() -> None:
    with pytest.raises(Exception, match="LLM-only") as refused:
        calibrate(simulate(1, (12,), 1).sample(), Plan(estimator="plug_in_bias"))
    assert problems(refused.value)[0][1] == "too_few_llm_only"
