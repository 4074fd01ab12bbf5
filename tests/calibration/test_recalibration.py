from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.errors import UnsupportedCombination
from service.calibration.estimate import Frame
from service.calibration.isotonic import monotone
from service.calibration.layouts.arrays import ArmArrays, from_arrays
from service.calibration.recalibration import FOLDS, recalibrated
from service.calibration.sample import Sample, Units
from service.calibration.strata import stratified
from tests.calibration.studies import as_moments, categorised, problems, simulate


def frame(sample: Sample) -> Frame:
    return Frame(sample, "exchangeability")


def expected(f: np.ndarray, y: np.ndarray, fold: np.ndarray, elsewhere: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """h of one arm's equally weighted humans and of other units, fold by fold."""
    own, others = np.empty_like(f), np.zeros_like(elsewhere)
    for k in range(FOLDS):
        train = fold != k
        g = monotone(f[train], y[train] - y[train].mean(), np.ones(int(train.sum())))
        own[~train] = g.at(f[~train])
        others += g.at(elsewhere) * (~train).mean()
    return own, others


def dealt(f: np.ndarray) -> np.ndarray:
    fold = np.empty(len(f), dtype=int)
    fold[np.argsort(f)] = np.arange(len(f)) % FOLDS
    return fold


def test_every_arm_learns_from_its_own_humans_outside_the_fold() -> None:
    study = simulate(5, (23, 31), (40, 50), covariates=1)
    found = recalibrated(frame(study.sample())).sample
    for d in range(2):
        own, others = expected(study.c[d][0], study.y[d], dealt(study.c[d][0]), study.llm_only[d][0])
        assert found.human[d].c[0] == pytest.approx(own, abs=1e-12)
        assert found.llm_only[d].c[0] == pytest.approx(others, abs=1e-12)
        assert found.human[d].c[1].tolist() == study.c[d][1].tolist()


def test_a_humans_outcome_has_no_part_in_its_own_fold() -> None:
    study = simulate(8, (40,), 30)
    before = recalibrated(frame(study.sample())).sample
    fold = dealt(study.c[0][0])
    moved = study.y[0].copy()
    moved[7] += 50.0
    after = recalibrated(frame(replace(study, y=(moved,)).sample())).sample
    same = fold == fold[7]
    assert after.human[0].c[0][same].tolist() == before.human[0].c[0][same].tolist()
    assert not np.allclose(after.human[0].c[0][~same], before.human[0].c[0][~same])
    assert not np.allclose(after.llm_only[0].c[0], before.llm_only[0].c[0])


def test_the_other_folds_mean_outcome_is_no_part_of_h() -> None:
    """Without a relation h has no correlation with the outcome; raw values would have one of about -.2 here."""
    found = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y, f = rng.standard_normal((2, 30))
        h = recalibrated(frame(from_arrays([ArmArrays("all", y, f, rng.standard_normal(60))]))).sample.human[0].c[0]
        found.append(float((y - y.mean()) @ h) / 30)
    assert abs(np.mean(found)) < 3.5 * np.std(found) / np.sqrt(200)


def test_twins_learn_their_condition_from_its_arm_and_elsewhere_take_the_average() -> None:
    study = simulate(2, (26, 34), 45, design="shared")
    found = recalibrated(frame(study.sample())).sample
    for j in range(2):
        elsewhere = np.concatenate([study.c[1 - j][j], study.llm_only[0][j]])
        own, others = expected(study.c[j][j], study.y[j], dealt(study.c[j][j]), elsewhere)
        assert found.human[j].c[j] == pytest.approx(own, abs=1e-12)
        assert np.concatenate([found.human[1 - j].c[j], found.llm_only[0].c[j]]) == pytest.approx(others, abs=1e-12)


def test_a_prediction_for_no_condition_learns_from_all_arms_around_their_means() -> None:
    study = simulate(2, (26, 34), 45, design="shared")
    plain = study.sample()
    sample = replace(plain.with_columns([0]), columns=(replace(plain.columns[0], arm=None),))
    shifted = replace(sample, human=(sample.human[0], replace(sample.human[1], y=sample.human[1].y + 90.0)))
    ours, theirs = recalibrated(frame(sample)).sample, recalibrated(frame(shifted)).sample
    for source, moved in zip(ours.human, theirs.human, strict=True):
        assert moved.c == pytest.approx(source.c, abs=1e-9)
    assert np.ptp(theirs.human[1].c) < 10.0


def test_clusters_stay_whole_and_their_personas_take_the_folds_function() -> None:
    study = simulate(6, (60,), 40)
    sample, codes = study.sample(), np.arange(60) % 20
    only = np.concatenate([np.arange(20), np.arange(100, 120)])
    sample = replace(
        sample,
        human=(replace(sample.human[0], cluster=codes),),
        llm_only=(replace(sample.llm_only[0], cluster=only),),
    )
    before = recalibrated(frame(sample)).sample
    moved = replace(sample.human[0], y=sample.human[0].y + 40.0 * (codes == 3))
    after = recalibrated(frame(replace(sample, human=(moved,)))).sample
    assert after.human[0].c[0][codes == 3].tolist() == before.human[0].c[0][codes == 3].tolist()
    assert after.llm_only[0].c[0][3] == before.llm_only[0].c[0][3]
    assert (after.llm_only[0].c[0][20:] != before.llm_only[0].c[0][20:]).all()
    everyone = recalibrated(frame(replace(sample, llm_only=(replace(sample.llm_only[0], cluster=only + 200),)))).sample
    assert (everyone.llm_only[0].c[0][:20] != before.llm_only[0].c[0][:20]).any()


def test_weights_count_as_copies_of_units_in_one_cluster() -> None:
    study = simulate(9, (30,), 20)
    weight = 1.0 + np.arange(30) % 3
    sample = study.sample()
    weighted = replace(sample, human=(replace(sample.human[0], weight=weight, cluster=np.arange(30)),))
    copied = np.repeat(np.arange(30), weight.astype(int))
    units = sample.human[0]
    copies = replace(sample, human=(Units(units.c[:, copied], units.y[copied], cluster=copied),))
    ours, theirs = recalibrated(frame(weighted)).sample, recalibrated(frame(copies)).sample
    assert ours.human[0].c[:, copied] == pytest.approx(theirs.human[0].c, abs=1e-12)
    assert ours.llm_only[0].c == pytest.approx(theirs.llm_only[0].c, abs=1e-12)


def test_strata_of_an_arm_learn_together_around_their_own_means() -> None:
    study = simulate(3, (40,), 30)
    strata = np.arange(40) % 2
    sample = study.sample()
    human = replace(sample.human[0], stratum=strata, y=sample.human[0].y + 70.0 * strata)
    only = replace(sample.llm_only[0], stratum=np.arange(30) % 2)
    cells = stratified(replace(sample, human=(human,), llm_only=(only,), strata=("a", "b")))
    found = recalibrated(frame(cells)).sample
    assert all(np.ptp(units.c[0]) < 10.0 for units in found.human)
    everyone = np.concatenate([units.c[0] for units in cells.human])
    learned = np.concatenate([units.c[0] for units in found.human])
    for k in range(FOLDS):
        mine = dealt(everyone) == k
        order = np.argsort(everyone[mine])
        assert (np.diff(learned[mine][order]) >= -1e-12).all()


def test_refusals_neither_teach_nor_are_taught() -> None:
    study = simulate(4, (30,), 25)
    sample = study.sample()
    refused, refused_only = np.arange(30) % 6 == 0, np.arange(25) % 5 == 0
    column = replace(sample.columns[0], name="refusal", kind="refusal")

    def filled(fill: float) -> Sample:
        human = np.vstack([np.where(refused, fill, sample.human[0].c[0]), refused])
        only = np.vstack([np.where(refused_only, fill, sample.llm_only[0].c[0]), refused_only])
        return replace(
            sample,
            columns=(sample.columns[0], column),
            human=(Units(human, sample.human[0].y),),
            llm_only=(Units(only),),
        )

    high = recalibrated(frame(filled(99.0))).sample
    assert (high.human[0].c[0][refused] == 0.0).all()
    assert (high.llm_only[0].c[0][refused_only] == 0.0).all()
    assert high.human[0].c[1].tolist() == refused.tolist()
    assert np.count_nonzero(high.human[0].c[0]) == 25


def test_an_indicator_stays_as_it_is_and_probabilities_learn_who_chose_their_category() -> None:
    shares = categorised(simulate(7, (40,), 30))
    for sample in shares.samples():
        assert recalibrated(frame(sample)).sample.human[0].c.tolist() == sample.human[0].c.tolist()
    rng = np.random.default_rng(1)
    likely = shares.with_c(lambda c: 0.6 * c + 0.2 * rng.random(c.shape))
    first, *others = (recalibrated(frame(s)).sample for s in likely.samples())
    for other in others:
        assert other.human[0].c.tolist() == first.human[0].c.tolist()
    chosen = likely.y[0] == 1.0
    own, _ = expected(likely.c[0][0], chosen.astype(float), dealt(likely.c[0][0]), likely.llm_only[0][0])
    assert first.human[0].c[0] == pytest.approx(own, abs=1e-12)


def test_what_it_cannot_do_is_refused() -> None:
    sample = simulate(1, (20,), 30).sample()
    known = replace(sample, columns=(replace(sample.columns[0], population_mean=0.3),))
    for refused, expected_problem in (
        (as_moments(sample), ("/plan/estimator", "rows_required")),
        (replace(sample, spare=3.0), ("/plan/estimator", "unsupported_combination")),
        (known, ("/data/predictions/0", "unsupported_combination")),
    ):
        with pytest.raises(UnsupportedCombination) as refusal:
            recalibrated(frame(refused))
        assert problems(refusal.value) == [expected_problem]


def test_a_hundred_thousand_humans() -> None:
    rng = np.random.default_rng(1)
    f = rng.standard_normal(100_000)
    y = f**3 + rng.standard_normal(100_000)
    h = recalibrated(frame(from_arrays([ArmArrays("all", y, f, f[:10])]))).sample.human[0].c[0]
    assert np.corrcoef(h, f**3)[0, 1] > 0.995
