from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import CalibrationError
from service.calibration.plan import Plan
from service.calibration.sample import Sample
from service.calibration.survey_design import check, doubts, effective, resampling_doubts, sampling
from tests.calibration.studies import simulate

PLAIN = simulate(2, (12, 14), 30, design="shared").sample()


def clustered(codes: tuple[np.ndarray, ...]) -> Sample:
    only = replace(PLAIN.llm_only[0], cluster=np.arange(30))
    human = tuple(replace(s, cluster=c) for s, c in zip(PLAIN.human, codes, strict=True))
    return replace(PLAIN, human=human, llm_only=(only,))


def problems(sample: Sample, plan: Plan) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as refused:
        check(sample, plan)
    return [(p.code, p.pointer) for p in refused.value.problems]


def test_clusters_fewer_than_arms_plus_two_are_refused() -> None:
    assert problems(clustered((np.arange(12) % 3, np.arange(14) % 3)), Plan()) == [
        ("too_few_clusters", "/data/cluster")
    ]
    check(clustered((np.arange(12) % 4, np.arange(14) % 4)), Plan())


def test_an_arm_in_one_cluster_is_refused() -> None:
    assert problems(clustered((np.zeros(12, int), 1 + np.arange(14) % 5)), Plan()) == [
        ("too_few_clusters", "/data/arms/0/human")
    ]


def test_published_forms_know_no_survey_design() -> None:
    sample = clustered((np.arange(12), 12 + np.arange(14)))
    assert problems(sample, Plan(estimator="ppi", compat=True)) == [("unsupported_combination", "/plan/compat")]


@pytest.mark.parametrize(("weight", "refused"), [(1e6, False), (2e7, True), (1e70, True)])
def test_an_arm_whose_weight_is_one_humans_is_refused(weight: float, *, refused: bool) -> None:
    """Of weights and of probabilities: its residual would be rounding, and so would the standard error."""
    uneven = np.ones(12)
    uneven[4] = weight
    for first in (
        replace(PLAIN.human[0], weight=uneven),
        replace(PLAIN.human[0], sampling_probability=1.0 / uneven),
        replace(PLAIN.human[0], weight=np.sqrt(uneven), sampling_probability=1.0 / np.sqrt(uneven)),
    ):
        sample = replace(PLAIN, human=(first, PLAIN.human[1]))
        if refused:
            assert problems(sample, Plan()) == [("too_few_humans", "/data/arms/0/human")]
        else:
            check(sample, Plan())


def test_known_probabilities_identify_and_nothing_else_does() -> None:
    assert sampling(Plan()) == "sampling"
    assert sampling(Plan(identification="sampling")) == "sampling"
    with pytest.raises(CalibrationError) as refused:
        sampling(Plan(identification="exchangeability"))
    assert refused.value.problems[0].pointer == "/plan/identification"


def test_doubts_name_few_clusters_uneven_weights_and_shares_from_the_sample() -> None:
    few = clustered((np.arange(12) % 9, np.arange(14)))
    assert [(w.code, w.pointer) for w in doubts(few, shares_stated=True)] == [("few_clusters", "/data/arms/0/human")]
    uneven = np.where(np.arange(12) == 0, 100.0, 1.0)
    weighted = replace(
        PLAIN,
        human=(replace(PLAIN.human[0], weight=uneven), replace(PLAIN.human[1], weight=np.ones(14))),
        llm_only=(replace(PLAIN.llm_only[0], weight=np.ones(30)),),
    )
    assert [(w.code, w.pointer) for w in doubts(weighted, shares_stated=True)] == [
        ("unequal_weights", "/data/arms/0/human")
    ]
    strata = replace(PLAIN, strata=("a", "b"))
    assert [w.code for w in doubts(strata, shares_stated=False)] == ["stratum_shares_from_sample"]
    assert doubts(strata, shares_stated=True) == []


def test_a_stratum_of_two_for_half_of_the_population_is_an_unequal_weight() -> None:
    codes = np.where(np.arange(12) < 10, 0, 1)
    human = replace(PLAIN.human[0], stratum=codes)
    half = np.array([0.5, 0.5])
    assert effective(human, half) == pytest.approx(1.0 / (0.25 / 10 + 0.25 / 2))
    weight = np.linspace(1, 3, 12)
    each = weight * np.where(codes == 0, 0.5 / weight[:10].sum(), 0.5 / weight[10:].sum())
    assert effective(replace(human, weight=weight), half) == pytest.approx(1.0 / (each**2).sum())
    many = replace(PLAIN, strata=("a", "b"), human=(human, replace(PLAIN.human[1], stratum=np.arange(14) % 2)))
    assert doubts(many, half, shares_stated=True) == []
    (said,) = doubts(many, np.array([0.1, 0.9]), shares_stated=True)
    assert (said.code, said.pointer) == ("unequal_weights", "/data/arms/0/human")


def test_effective_units_count_weights_and_probabilities_together() -> None:
    units = PLAIN.human[0]
    assert effective(units) is None
    w, pi = np.linspace(1, 2, 12), np.linspace(0.2, 0.9, 12)
    v = w / pi
    assert effective(replace(units, weight=w, sampling_probability=pi)) == pytest.approx(v.sum() ** 2 / (v**2).sum())
    assert effective(replace(units, sampling_probability=np.full(12, 0.3))) == pytest.approx(12)


@pytest.mark.parametrize(
    ("interval", "clusters", "sampled", "said"),
    [
        ("bootstrap", 7, False, ["7 clusters"]),
        ("bootstrap_t", 7, False, []),
        ("bootstrap", 0, False, []),
        ("bootstrap_t", 0, True, ["sampling probabilities of 26 humans"]),
        ("bootstrap", 7, True, ["sampling probabilities of 26 humans", "7 clusters"]),
    ],
)
def test_resampled_coefficients_of_few_clusters_or_sampled_humans_are_doubted(
    interval: str, clusters: int, sampled: bool, said: list[str]
) -> None:
    sample = clustered((np.arange(12) % clusters, np.arange(14) % clusters)) if clusters else PLAIN
    if sampled:
        human = tuple(replace(s, sampling_probability=np.full(s.n, 0.5)) for s in sample.human)
        sample = replace(sample, human=human)
    found = resampling_doubts(sample, interval)
    text = f"resampled intervals are somewhat too short with {' and '.join(said)}; interval t is not"
    assert [(w.code, w.message, w.pointer) for w in found] == (
        [("few_to_resample", text, "/plan/interval")] if said else []
    )
