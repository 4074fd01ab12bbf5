"""The core against brute force: explicit H, G, K matrices and loops over units, on 200 random data sets each."""

from __future__ import annotations

import numpy as np
import pytest

from service.calibration.estimate import Frame, assemble
from service.calibration.estimators import estimator
from service.calibration.moments import merge, of_columns
from service.calibration.variance import contrast_variance
from tests.calibration.studies import Study, as_moments, simulate
from tests.oracles import dense

pytestmark = pytest.mark.unwatched

SETS = range(200)
CLOSE = {"rel": 1e-10, "abs": 1e-13}


def drawn(seed: int, *, arms: int | None = None, design: str | None = None) -> tuple[Study, np.ndarray, str]:
    """A random study with a random contrast and identification."""
    rng = np.random.default_rng(10_000 + seed)
    size = arms or int(rng.integers(1, 4))
    shared = (design or rng.choice(["shared", "independent"])) == "shared" and size > 1
    models, covariates = (1, int(rng.integers(0, 2))) if shared else (int(rng.integers(1, 4)), int(rng.integers(0, 2)))
    columns = models * (size if shared else 1) + covariates
    n = tuple(int(rng.integers(columns + 4, columns + 25)) for _ in range(size))
    pools = 1 if shared else size
    m = tuple(int(rng.integers(2, 40)) if rng.random() < 0.8 else 0 for _ in range(pools))
    outcome = str(rng.choice(["gaussian", "likert", "skewed"]))
    study = simulate(
        seed, n, m, design="shared" if shared else "independent", outcome=outcome, models=models, covariates=covariates
    )
    identification = "randomization" if shared and rng.random() < 0.5 else "exchangeability"
    t = np.array([1.0]) if size == 1 else rng.normal(size=size)
    return study, t - (t.mean() if size > 1 else 0.0), identification


def everywhere(study: Study, seed: int) -> Study:
    """The study with LLM-only units in every pool: an arm without them is human-only, not a regression."""
    rng = np.random.default_rng(seed)
    filled = tuple(
        rng.normal(size=(study.c[0].shape[0], 6)) if s is None and not dense.is_shared(study) else s
        for s in study.llm_only
    )
    return Study(study.y, study.c, filled, study.columns, study.design)


def agree(estimate, t: np.ndarray, brute: dense.Dense) -> None:
    variance, df = contrast_variance(estimate, t, "super")
    assert estimate.theta == pytest.approx(brute.theta, **CLOSE)
    assert t @ estimate.theta == pytest.approx(brute.tau, **CLOSE)
    assert estimate.variance == pytest.approx(brute.v, **CLOSE)
    assert estimate.df == pytest.approx(brute.df_arm, **CLOSE)
    assert variance == pytest.approx(brute.variance, **CLOSE)
    assert df == pytest.approx(brute.df, **CLOSE)


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_regression_is_the_dense_one(rows: bool) -> None:
    for seed in SETS:
        study, t, identification = drawn(seed)
        study = everywhere(study, seed)
        sample = study.sample() if rows else as_moments(study.sample())
        estimate = estimator("regression").fit(Frame(sample, identification), t)
        agree(estimate, t, dense.regression(study, t, identification, homoskedastic=not rows))


@pytest.mark.parametrize("rows", [True, False], ids=["rows", "moments"])
def test_the_joint_influence_form_unit_by_unit(rows: bool) -> None:
    """Some arms on their own slope, others on a fixed one (auto's zero or any other), under a shared pool."""
    for seed in SETS:
        study, t, identification = drawn(seed, arms=2 + seed % 2, design="shared")
        rng = np.random.default_rng(seed)
        kinds = ["own", "zero", "fixed"]
        picked = [kinds[0], *(kinds[int(k)] for k in rng.integers(1, 3, len(study.y) - 1))]
        fixed = {"zero": np.zeros(len(study.columns)), "fixed": rng.normal(size=len(study.columns))}
        slopes = [fixed.get(kind) for kind in picked]
        frame = Frame(study.sample() if rows else as_moments(study.sample()), identification)
        mixed = [frame.screened.fits[d] if b is None else b for d, b in enumerate(slopes)]
        estimate = assemble(frame, mixed, frame.pools)
        agree(estimate, t, dense.joint(study, t, slopes, identification, homoskedastic=not rows))


@pytest.mark.parametrize("name", ["ppi", "power_tuned", "arm_tuned"])
def test_fixed_slopes_over_a_pool_of_humans(name: str) -> None:
    """Without LLM-only units the humans of all arms are the pool: each of them enters twice, with the cross term."""
    for seed in SETS:
        study, t, _ = drawn(seed, arms=2 + seed % 2, design="shared")
        estimate = estimator(name).fit(Frame(study.sample(), "randomization"), t)
        agree(estimate, t, dense.joint(study, t, list(estimate.slope), "randomization"))


def test_shards_of_moments_merge_into_the_whole() -> None:
    for seed in SETS:
        rng = np.random.default_rng(seed)
        rows = rng.normal(size=(3, 50)) + rng.choice([0.0, 1e3], size=(3, 1))
        cuts = np.sort(rng.choice(np.arange(1, 50), 4, replace=False))
        whole, merged = of_columns(rows), merge([of_columns(part) for part in np.split(rows, cuts, axis=1)])
        assert merged.n == whole.n
        assert merged.mean == pytest.approx(whole.mean, rel=1e-12)
        assert merged.scatter == pytest.approx(whole.scatter, rel=1e-12, abs=1e-11)


def test_one_population_is_ppi_at_the_supplied_lambda() -> None:
    """lambda = b N/(n + N), b = cov_H(y, f)/var_H(f)."""
    for seed in SETS:
        rng = np.random.default_rng(seed)
        n, m = int(rng.integers(3, 60)), int(rng.integers(1, 200))
        study = simulate(seed, (n,), m)
        y, f, only = study.y[0], study.c[0][0], study.llm_only[0][0]
        lam = np.cov(y, f)[0, 1] / np.var(f, ddof=1) * m / (n + m)
        theta = estimator("regression").fit(Frame(study.sample(), "exchangeability"), np.ones(1)).theta[0]
        assert theta == pytest.approx(y.mean() + lam * (only.mean() - f.mean()), rel=1e-12, abs=1e-12)


def test_no_columns_is_welch() -> None:
    for seed in SETS:
        study, t, _ = drawn(seed, arms=2)
        estimate = estimator("human_only").fit(Frame(study.sample(), "exchangeability"), t)
        v = [tt**2 * np.var(y, ddof=1) / len(y) for tt, y in zip(t, study.y, strict=True)]
        variance, df = contrast_variance(estimate, t, "super")
        assert variance == pytest.approx(sum(v), rel=1e-12)
        assert df == pytest.approx(sum(v) ** 2 / sum(a**2 / (len(y) - 1) for a, y in zip(v, study.y, strict=True)))
