from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.cross_fitting import FOLDS, Learned, cross_fitted, dealt, training
from service.calibration.errors import NotIdentified
from service.calibration.estimate import Frame
from service.calibration.sample import Sample
from service.calibration.strata import stratified
from service.calibration.variance import contrast_variance
from tests.calibration.studies import problems, simulate

ONE = np.ones(1)


def clustered(sample: Sample, codes: list[np.ndarray], only: np.ndarray) -> Sample:
    human = tuple(replace(u, cluster=c) for u, c in zip(sample.human, codes, strict=True))
    return replace(sample, human=human, llm_only=tuple(replace(u, cluster=only) for u in sample.llm_only))


def learned(frame: Frame, seed: int = 0) -> Learned:
    folds = dealt(frame.sample, seed)
    rng = np.random.default_rng(9)
    return Learned(folds, rng.normal(size=(folds.count, len(frame.sample.arms), len(frame.sample.columns))))


def test_folds_are_even_seeded_and_cover_everybody() -> None:
    sample = simulate(1, (23, 31), 40).sample()
    here, again, other = dealt(sample, 4), dealt(sample, 4), dealt(sample, 5)
    sizes = np.bincount(np.concatenate(here.human))
    assert (here.count, sizes.sum(), np.ptp(sizes)) == (FOLDS, 54, 1)
    assert all(np.ptp(np.bincount(h, minlength=FOLDS)) <= 1 for h in here.human)
    assert [h.tolist() for h in here.human] == [h.tolist() for h in again.human]
    assert [h.tolist() for h in here.human] != [h.tolist() for h in other.human]


def test_the_estimate_is_the_average_of_the_folds_estimates() -> None:
    study = simulate(3, (23, 31), (40, 50), models=2)
    frame = Frame(study.sample(), "exchangeability")
    known = learned(frame)
    found = cross_fitted(frame, known)
    for d in range(2):
        y, c, only, fold = study.y[d], study.c[d], study.llm_only[d], known.folds.human[d]
        mean, share = 0.0, only.shape[1] / (only.shape[1] + c.shape[1])
        for k in range(FOLDS):
            mine = fold == k
            gap = only.mean(axis=1) - c[:, mine].mean(axis=1)
            mean += mine.mean() * (y[mine].mean() + share * known.slope[k, d] @ gap)
        assert found.theta[d] == pytest.approx(mean, rel=1e-12)
        shares = np.bincount(fold, minlength=FOLDS) / len(fold)
        assert found.tuning[d] == pytest.approx(shares @ known.slope[:, d], rel=1e-12)


def test_the_variance_is_that_of_the_units_written_out() -> None:
    study = simulate(3, (23,), 40, models=2)
    frame = Frame(study.sample(), "exchangeability")
    known = learned(frame)
    y, c, only, fold = study.y[0], study.c[0], study.llm_only[0], known.folds.human[0]
    n, m = len(y), only.shape[1]
    centre = c.mean(axis=1)
    h = np.array([known.slope[k, 0] @ (x - centre) for k, x in zip(fold, c.T, strict=True)])
    g = np.array([x - centre for x in only.T]) @ (np.bincount(fold, minlength=FOLDS) / n @ known.slope[:, 0])
    pool = np.concatenate([h, g])
    reach = (pool - pool.mean()) / (n + m) * np.sqrt((n + m) / (n + m - 1))
    e = (y - h) - (y - h).mean()
    human = e / np.sqrt(n * (n - 1)) + reach[:n]
    expected = human @ human + reach[n:] @ reach[n:]
    assert contrast_variance(cross_fitted(frame, known), ONE, "super")[0] == pytest.approx(expected, rel=1e-12)


def test_twins_have_an_index_per_arm_that_other_arms_share() -> None:
    study = simulate(3, (26, 24), 40, design="shared")
    frame = Frame(study.sample(), "randomization")
    known = learned(frame)
    found = cross_fitted(frame, known)
    everyone, folds = np.hstack(study.c), np.concatenate(known.folds.human)
    for d in range(2):
        centre = study.c[d].mean(axis=1, keepdims=True)
        h = np.einsum("np,pn->n", known.slope[folds, d], everyone - centre)
        own = h[:26] if d == 0 else h[26:]
        assert found.theta[d] == pytest.approx(study.y[d].mean() + h.mean() - own.mean(), rel=1e-12)


def test_an_arm_without_slopes_is_its_humans() -> None:
    study = simulate(3, (23, 31), 40)
    frame = Frame(study.sample(), "exchangeability")
    none = Learned(dealt(frame.sample, 0), np.zeros((FOLDS, 2, 1)))
    found = cross_fitted(frame, none)
    assert found.theta.tolist() == pytest.approx([y.mean() for y in study.y])
    assert found.variance.tolist() == pytest.approx([y.var(ddof=1) / len(y) for y in study.y])


def test_clusters_stay_whole_and_their_llm_only_units_take_their_fold() -> None:
    study = simulate(3, (24, 24), 30, design="shared")
    codes = [np.arange(24) // 2, np.arange(24) // 3 + 8]
    only = np.concatenate([np.arange(20), np.arange(100, 110)])
    frame = Frame(clustered(study.sample(), codes, only), "exchangeability")
    known = learned(frame)
    folds, everyone = known.folds, np.concatenate(codes)
    for code in np.unique(everyone):
        assert len(set(np.concatenate(folds.human)[everyone == code].tolist())) == 1
    found = cross_fitted(frame, known).frame.sample.llm_only[0]
    from_centre = study.llm_only[0] - study.c[1].mean(axis=1, keepdims=True)
    for i, code in enumerate(only):
        fold = np.concatenate(folds.human)[everyone == code]
        slope = known.slope[fold[0], 1] if len(fold) else cross_fitted(frame, known).tuning[1]
        assert found.c[1, i] == pytest.approx(slope @ from_centre[:, i], rel=1e-12)


def test_training_leaves_out_the_folds_humans_and_every_llm_only_unit() -> None:
    study = simulate(3, (23, 31), 40)
    frame = Frame(study.sample(), "exchangeability")
    folds = dealt(frame.sample, 0)
    outside = training(frame, folds, 3).sample
    assert outside.llm_only == (None, None)
    for d in range(2):
        assert outside.human[d].y.tolist() == study.y[d][folds.human[d] != 3].tolist()
        assert outside.human[d].c.tolist() == study.c[d][:, folds.human[d] != 3].tolist()


def test_strata_are_dealt_and_calibrated_by_cell() -> None:
    study = simulate(3, (24, 24), 30, design="shared")
    sample = study.sample()
    strata = [np.arange(24) % 2, np.arange(24) // 12]
    human = tuple(replace(u, stratum=s) for u, s in zip(sample.human, strata, strict=True))
    only = replace(sample.llm_only[0], stratum=np.arange(30) % 2)
    cells = stratified(replace(sample, human=human, llm_only=(only,), strata=("a", "b")))
    frame = Frame(cells, "exchangeability")
    known = learned(frame)
    found = cross_fitted(frame, known)
    at, fold = study.c[1][:, 12:], known.folds.human[3]
    centre = at.mean(axis=1, keepdims=True)
    own = np.einsum("np,pn->n", known.slope[fold, 3], at - centre)
    other = np.einsum("np,pn->n", known.slope[known.folds.human[1], 3], study.c[0][:, 1::2] - centre)
    rest = found.tuning[3] @ (study.llm_only[0][:, 1::2] - centre)
    reference = np.concatenate([other, own, rest]).mean()
    assert found.theta[3] == pytest.approx(study.y[1][12:].mean() + reference - own.mean(), rel=1e-12)


def test_a_fold_that_leaves_an_arm_nobody_is_refused() -> None:
    sample = simulate(3, (24, 6), 30).sample()
    codes = [np.arange(24), np.full(6, 30)]
    human = tuple(replace(u, cluster=c) for u, c in zip(sample.human, codes, strict=True))
    with pytest.raises(NotIdentified) as found:
        dealt(replace(sample, human=human), 0)
    assert problems(found.value) == [("/data/arms/1/human", "too_few_for_folds")]


def test_an_arm_without_llm_only_units_is_its_humans() -> None:
    sample = simulate(5, (20, 20), (30, 30), models=2, quality=0.6).sample()
    whole = Frame(replace(sample, llm_only=(sample.llm_only[0], None)), "exchangeability")
    found = cross_fitted(whole, learned(whole))
    assert found.theta[1] == pytest.approx(sample.human[1].y.mean())
    assert found.theta[0] != pytest.approx(sample.human[0].y.mean())
