from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.calibration.calibrate import calibrate
from service.calibration.errors import CalibrationError
from service.calibration.estimate import Frame
from service.calibration.estimators import auto, regression
from service.calibration.inference import Settings, infer
from service.calibration.model_selection import check, obstacle, selection
from service.calibration.plan import Plan
from service.calibration.report import paragraph
from service.calibration.sample import Column, Sample, Units
from tests.calibration.studies import as_moments, categorised, problems, simulate

ONE = np.ones(1)
BEST = Plan(identification="exchangeability", model_selection="best")


def generators(rng: np.random.Generator, n: int, models: int, good: float = 0.0) -> Sample:
    """One population of mean 0, models of which the last correlates ``good`` and the others nothing; N = 10 n."""
    y, f = rng.standard_normal(11 * n), rng.standard_normal((models, 11 * n))
    f[-1] = good * y + np.sqrt(1.0 - good * good) * f[-1]
    columns = tuple(Column(f"m{j}", "prediction", f"m{j}", None, None, (0,), (0,)) for j in range(models))
    return Sample(("all",), "independent", columns, (Units(f[:, :n], y[:n]),), (Units(f[:, n:]),), ("/data",))


def frame(sample: Sample) -> Frame:
    return Frame(sample, "exchangeability")


def naive(whole: Frame) -> Frame:
    """The model that looks best on the humans that calibrate, and no trace of the others."""
    columns = range(len(whole.sample.columns))
    return whole.with_columns([max(columns, key=lambda j: whole.fits_on((j,))[0].r_squared)])


def test_every_fold_takes_the_model_that_saves_most_outside_it() -> None:
    whole = frame(simulate(3, (23, 31), (40, 50), models=3, quality=0.5).sample())
    found = selection(whole, limited=False, seed=2)
    for k, taken in enumerate(found.chosen):
        worth = []
        for j in range(3):
            total = 0.0
            for d, human in enumerate(whole.sample.human):
                out = found.folds.human[d] != k
                y, f, n = human.y[out], human.c[j][out], int(out.sum())
                r_squared = np.corrcoef(y, f)[0, 1] ** 2
                total += y.var(ddof=1) * (1.0 - (1.0 - r_squared) * (n - 1) / (n - 2)) / n
            worth.append(total)
        assert taken == f"m{np.argmax(worth)}"


def test_slopes_are_least_squares_outside_the_fold() -> None:
    whole = frame(simulate(3, (23,), 40, models=2, covariates=1).sample())
    found = selection(whole, limited=False, seed=2)
    human, mean = whole.sample.human[0], np.zeros(3)
    for k, taken in enumerate(found.chosen):
        out = found.folds.human[0] != k
        own = [int(taken[1]), 2]
        design = np.vstack([np.ones(out.sum()), human.c[own][:, out]]).T
        mean[own] += np.linalg.lstsq(design, human.y[out], rcond=None)[0][1:] * (~out).mean()
    assert found.estimate.tuning[0] == pytest.approx(mean, rel=1e-10)


def test_a_humans_answer_has_no_part_in_its_own_choice_and_slopes() -> None:
    whole = frame(simulate(8, (40,), 30, models=3).sample())
    found = selection(whole, limited=False, seed=0)
    human = whole.sample.human[0]
    moved = human.y.copy()
    moved[7] += 50.0
    other = selection(frame(replace(whole.sample, human=(replace(human, y=moved),))), limited=False, seed=0)
    mine = found.folds.human[0] == found.folds.human[0][7]
    before, after = (s.estimate.frame.sample.human[0].c[0] for s in (found, other))
    assert after[mine].tolist() == before[mine].tolist()
    assert not np.any(after[~mine] == before[~mine])


def test_the_limited_harm_rule_pays_for_looking() -> None:
    """R^2 between the rule for one model and that for twenty: taken alone, not among twenty."""
    rng = np.random.default_rng(1)
    whole = frame(generators(rng, 40, 20, 0.45))
    alone = selection(whole.with_columns([19]), limited=True, seed=0)
    among = selection(whole, limited=True, seed=0)
    assert alone.chosen.count("m19") > among.chosen.count("m19")
    assert among.chosen.count(None) > 0
    none = selection(frame(generators(rng, 20, 3)), limited=True, seed=0)
    assert set(none.chosen) == {None}
    assert none.estimate.theta[0] == pytest.approx(none.frame.sample.human[0].y.mean(), rel=1e-12)
    assert none.share("m0") == 0.0


def test_covariates_stay_where_no_model_is_taken() -> None:
    study = simulate(3, (200,), 40, models=2, covariates=1)
    noise = np.random.default_rng(0)
    worthless = study.with_c(lambda c: np.vstack([noise.standard_normal((2, c.shape[1])), c[2]]))
    found = selection(frame(worthless.sample()), limited=True, seed=1)
    assert found.chosen.count(None) > 2
    for k, taken in enumerate(found.chosen):
        learned = found.estimate.frame.sample.human[0]
        assert taken is not None or np.ptp(learned.c[0][found.folds.human[0] == k]) > 0.0


def test_affine_changes_of_a_model_change_nothing() -> None:
    study = simulate(3, (53, 61), (80, 90), models=2)
    scaled = study.with_c(lambda c: c * np.array([[-7.0], [0.01]]) + np.array([[1e3], [4.0]]))
    here, there = (calibrate(s.sample(), BEST).estimates[0].result for s in (study, scaled))
    assert there.estimate == pytest.approx(here.estimate, rel=1e-9)
    assert there.standard_error == pytest.approx(here.standard_error, rel=1e-9)


def test_the_answer_says_what_was_chosen_and_what_each_model_is_worth() -> None:
    study = simulate(3, (50, 60), (400, 500), models=3)
    answer = calibrate(study.sample(), BEST)
    found = answer.estimates[0]
    assert "model_selected" in [w.code for w in answer.warnings]
    assert answer.applied.model_selection == "best"
    assert "chosen among 3 by cross-fitting" in paragraph(answer)
    assert sum(m.selected_share for m in found.models) == pytest.approx(1.0)
    ratios = [m.cross_fitted_variance_ratio for m in found.models]
    assert all(0.0 < r < 1.0 for r in ratios)
    best = max(found.models, key=lambda m: m.selected_share)
    assert best.cross_fitted_variance_ratio == min(ratios)
    assert best.variance_ratio_without != found.variance_ratio
    unused = [m for m in found.models if m.selected_share == 0.0]
    assert all(m.variance_ratio_without == found.variance_ratio for m in unused)
    assert found.effective_sample_size > 90
    assert [p.tuning != 0.0 for p in answer.arms[0].predictions] == [m.selected_share > 0.0 for m in found.models]


def test_one_model_is_no_choice() -> None:
    sample = simulate(3, (40, 50), (400, 500)).sample()
    answer, plain = calibrate(sample, BEST), calibrate(sample, replace(BEST, model_selection="all"))
    assert [w.code for w in answer.warnings] == ["nothing_to_select"]
    assert answer.estimates == plain.estimates
    assert answer.applied == plain.applied


def test_below_fifty_independent_humans_in_an_arm_all_models_are_used() -> None:
    sample = simulate(3, (49, 60), (400, 500), models=2).sample()
    answer, plain = calibrate(sample, BEST), calibrate(sample, replace(BEST, model_selection="all"))
    (warned,) = [w for w in answer.warnings if w not in plain.warnings]
    assert warned.code == "too_few_to_select"
    assert "49 independent humans" in warned.message
    assert answer.estimates == plain.estimates
    assert answer.applied == plain.applied
    assert obstacle(simulate(3, (50, 50), 40, models=2).sample()) is None


def test_humans_of_a_cluster_count_once() -> None:
    sample = simulate(3, (120, 120), 40, models=2).sample()
    pairs = [replace(u, cluster=np.arange(u.n) // 2 + 60 * d) for d, u in enumerate(sample.human)]
    assert obstacle(replace(sample, human=tuple(pairs))) is None
    triples = [pairs[0], replace(pairs[1], cluster=np.arange(120) // 3 + 60)]
    found = obstacle(replace(sample, human=tuple(triples)))
    assert found is not None
    assert found.code == "too_few_to_select"
    assert "40 independent" in found.message


def test_without_the_last_model_covariates_are_left() -> None:
    study = simulate(3, (50, 60), (400, 500), models=2, covariates=1)
    found = calibrate(study.sample(), BEST).estimates[0]
    assert all(m.variance_ratio_without is not None for m in found.models)


def test_shares_sum_to_one_and_take_one_model() -> None:
    study = categorised(simulate(3, (60,), 300, models=2))
    answer = calibrate(study.samples(), replace(BEST, estimand="proportions"))
    assert sum(e.result.estimate for e in answer.estimates) == pytest.approx(1.0, abs=1e-12)
    assert len({tuple(m.selected_share for m in e.models) for e in answer.estimates}) == 1


def test_the_choice_goes_with_weights_clusters_and_resampling() -> None:
    study = simulate(3, (100, 110), (400, 500), models=2)
    sample = study.sample()
    rng = np.random.default_rng(1)
    units = [replace(u, weight=rng.uniform(0.5, 2.0, u.n), cluster=np.arange(u.n) // 2 + 100 * k) for k, u in
             enumerate(sample.human)]  # fmt: skip
    only = [replace(u, weight=rng.uniform(0.5, 2.0, u.n), cluster=np.arange(u.n) + 1000 * (k + 1)) for k, u in
            enumerate(sample.llm_only)]  # fmt: skip
    whole = replace(sample, human=tuple(units), llm_only=tuple(only))
    found = calibrate(whole, replace(BEST, interval="bootstrap", replicates=99)).estimates[0]
    assert found.variance_ratio < 1.0


def test_samples_with_too_few_humans_for_any_model_are_refused_by_regression() -> None:
    study = simulate(3, (5, 5), 40, design="shared", models=2, covariates=2)
    with pytest.raises(CalibrationError) as found:
        calibrate(study.sample(), replace(BEST, estimator="regression"))
    assert problems(found.value) == [("/data/arms/0/human", "too_many_columns")]
    assert calibrate(study.sample(), BEST).verdict == "human_only_chosen"
    with pytest.raises(CalibrationError) as outside:
        _ = selection(frame(study.sample()), limited=False, seed=0).estimate
    assert problems(outside.value) == [("/data/arms/0/human", "too_many_columns")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"estimator": "ppi"}, "auto, regression"),
        ({"interval": "betting", "bounds": (-9.0, 9.0)}, "t, normal"),
        ({"compat": True}, "without compat"),
        ({"estimand": "quantile", "quantiles": (0.5,)}, "means"),
    ],
)
def test_what_no_model_can_be_chosen_for_is_refused(change, words) -> None:
    sample = simulate(3, (40, 50), (400, 500), models=2).sample()
    with pytest.raises(CalibrationError) as found:
        calibrate(sample, replace(BEST, **change))
    assert problems(found.value) == [("/plan/model_selection", "unsupported_combination")]
    assert words in found.value.problems[0].hint


def test_moments_and_known_means_are_refused() -> None:
    sample = simulate(3, (40, 50), (400, 500), models=2).sample()
    with pytest.raises(CalibrationError) as found:
        calibrate(as_moments(sample), BEST)
    assert problems(found.value) == [("/plan/model_selection", "rows_required")]
    known = replace(sample, columns=tuple(replace(c, population_mean=0.1) for c in sample.columns))
    with pytest.raises(CalibrationError) as found:
        calibrate(known, BEST)
    assert problems(found.value) == [("/plan/model_selection", "unsupported_combination")]


@pytest.mark.unwatched
def test_the_best_of_twenty_worthless_generators_covers_where_the_naive_choice_does_not() -> None:
    """12 humans, 150 studies (all of it in docs/model_selection.md): Monte Carlo error .018."""
    rng, hits = np.random.default_rng(2), np.zeros(2)
    for _ in range(150):
        whole = frame(generators(rng, 12, 20))
        for k, fit in enumerate((regression.fit(naive(whole), ONE), selection(whole, limited=False, seed=0).estimate)):
            interval = infer(fit, ONE, Settings()).interval
            hits[k] += interval.lower <= 0.0 <= interval.upper
    assert hits[0] < 0.89 * 150
    assert hits[1] > 0.93 * 150


def test_a_good_generator_among_twenty_is_found_and_worth_what_it_says() -> None:
    rng, squares, told = np.random.default_rng(5), np.zeros(2), []
    for _ in range(60):
        whole = frame(generators(rng, 50, 20, 0.7))
        found = infer(selection(whole, limited=True, seed=0).estimate, ONE, Settings())
        squares += found.estimate**2, infer(auto.fit(whole.with_columns([19]), ONE), ONE, Settings()).estimate ** 2
        told.append(found.standard_error**2)
    assert squares[0] < 1.15 * squares[1]
    assert np.mean(told) == pytest.approx(0.0111, rel=0.15)


def test_a_target_population_is_refused() -> None:
    sample = replace(simulate(3, (40, 50), (400, 500), models=2).sample(), margins=object())
    with pytest.raises(CalibrationError) as found:
        check(sample, BEST)
    assert problems(found.value) == [("/plan/model_selection", "unsupported_combination")]


def test_an_outcome_that_is_constant_outside_a_fold_makes_no_model_worth_anything_there() -> None:
    sample = generators(np.random.default_rng(7), 20, 2)
    human = replace(sample.human[0], y=np.eye(20)[0])
    whole = frame(replace(sample, human=(human,)))
    found = selection(whole, limited=True, seed=0)
    alone = next(k for k in range(found.folds.count) if found.folds.human[0][0] == k)
    assert found.chosen[alone] is None
    assert [tried.worth.tolist() for tried in found.tried[alone]] == [[0.0]] * 3
