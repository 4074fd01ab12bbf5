"""Deliberate breaks of the core: each must turn its test red. Run by hand: python -m tests.mutations [name ..]

Every break is a text replacement in a temporary copy of the service package and the tests; the named tests run there.
Fails when a test stays green (the break survived), when a text is not found exactly once, or when unbroken tests fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
CORE = "service/calibration"
JOBS = os.cpu_count() or 1
FAILED = 1  # pytest: tests were run and some failed


class Mutation(NamedTuple):
    """One break: what it is, the file, the text and what replaces it, the test that must fail."""

    name: str
    file: str
    text: str
    broken: str
    test: str


MUTATIONS = (
    # the variance
    Mutation("drop the pool term v_T", f"{CORE}/variance.py",
             "pool.sampling, slope_variance)), 0.0) / size", "pool.sampling, slope_variance)), 0.0) * 0.0",
             "tests/oracles/test_engine.py"),
    Mutation("do not debias the pool term", f"{CORE}/variance.py",
             "plain - float(np.vdot(pool.sampling, slope_variance))", "plain",
             "tests/oracles/test_engine.py"),
    Mutation("let the debiased pool term be negative", f"{CORE}/variance.py",
             "variance = max(plain - float(np.vdot(pool.sampling, slope_variance)), 0.0) / size",
             "variance = (plain - float(np.vdot(pool.sampling, slope_variance))) / size",
             "tests/calibration/test_variance.py::test_the_pool_term_is_never_negative"),
    Mutation("keep the pool term for the sample at hand", f"{CORE}/variance.py",
             'if population == "super" else ()):\n        if np.count_nonzero(slopes[k]):',
             "if True else ()):\n        if np.count_nonzero(slopes[k]):",
             "tests/calibration/test_variance.py::test_the_sample_at_hand_has_no_pool_term"),
    Mutation("HC2 without 1/(1 - h)", f"{CORE}/arm_estimate.py",
             "scaled = rows.residual / np.sqrt(share)",
             "scaled = rows.residual",
             "tests/oracles/test_statsmodels.py::test_twins_without_llm_only_units_are_lins_regression_with_hc2"),
    Mutation("ddof 0 outside compat", f"{CORE}/arm_estimate.py",
             "/ (n * (n - ddof))",
             "/ (n * n)",
             "tests/oracles/test_dense.py::test_no_columns_is_welch"),
    Mutation("ddof 1 in compat", f"{CORE}/arm_estimate.py",
             "/ (n * (n - ddof))",
             "/ (n * (n - 1))",
             "tests/oracles/test_golden.py::test_power_tuned_in_compat_is_ppi_py_with_its_own_lambda"),
    Mutation("never take the joint form", f"{CORE}/variance.py",
             'return population == "super" and any(',
             "return False and any(",
             "tests/oracles/test_dense.py::test_the_joint_influence_form_unit_by_unit"),
    Mutation("forget a human's part in the pool (the cross term)", f"{CORE}/variance.py",
             "values = contrast[d] * estimate.human_influence(d) + reach\n",
             "values = contrast[d] * estimate.human_influence(d)\n",
             "tests/oracles/test_dense.py::test_fixed_slopes_over_a_pool_of_humans"),
    Mutation("let a known population mean vary", f"{CORE}/pools.py",
             "sampling = np.where(fixed[:, None] | fixed[None, :], 0.0, pool.covariance)",
             "sampling = pool.covariance",
             "tests/calibration/test_estimate.py::test_a_known_mean_is_the_reference_and_does_not_vary"),
    Mutation("Bell-McCaffrey without 1 - 2h", f"{CORE}/leverage.py",
             "(2.0 * share - 1.0)",
             "share",
             "tests/oracles/test_engine.py"),
    Mutation("do not floor df at the smallest arm", f"{CORE}/variance.py",
             "max(total * total / square, floor)", "(total * total / square)",
             "tests/calibration/test_variance.py::test_df_is_not_below_the_smallest_arm"),
    Mutation("z where df is finite", f"{CORE}/intervals/t.py",
             "-stdtrit(self.df, tail)", "-stdtrit(1e12, tail)",
             "tests/calibration/test_inference.py::test_intervals_and_p_values_are_scipys"),
    Mutation("t in compat", f"{CORE}/inference.py",
             '"normal" if estimate.frame.compat else settings.method', "settings.method",
             "tests/oracles/test_golden.py::test_power_tuned_in_compat_is_ppi_py_with_its_own_lambda"),
    Mutation("the whole error on each side of a two-sided interval", f"{CORE}/inference.py",
             'error / 2.0 if alternative == "two_sided" else error', "error",
             "tests/contract/test_answers.py::test_the_p_value_and_the_interval_agree"),
    Mutation("flip the one-sided p-value", f"{CORE}/inference.py",
             'if settings.alternative == "less" else pivot', 'if settings.alternative != "less" else pivot',
             "tests/contract/test_answers.py::test_the_p_value_and_the_interval_agree"),
    Mutation("swap the open ends", f"{CORE}/inference.py",
             'None if alternative == "less" else', 'None if alternative == "greater" else',
             "tests/calibration/test_inference.py::test_intervals_and_p_values_are_scipys"),
    # intervals and tests
    Mutation("equivalence from one of the two one-sided tests", f"{CORE}/inference.py",
             'return max(pivot.tail(low, "lower"), pivot.tail(high, "upper"))', 'return pivot.tail(low, "lower")',
             "tests/calibration/test_inference.py::test_equivalence_is_statsmodels_tost"),
    Mutation("a resampled p-value without the data themselves", f"{CORE}/intervals/pivot.py",
             "return (beyond + 1) /", "return beyond /",
             "tests/calibration/intervals/test_pivot.py::test_a_value_is_outside_a_bound_exactly_when_its_tail_is_smaller"),
    Mutation("bootstrap_t without its own standard error", f"{CORE}/intervals/bootstrap_t.py",
             "t = studentised(moved, variance, NO_VARIANCE * whole)", "t = moved / context.standard_error",
             "tests/calibration/intervals/test_bootstrap_t.py::test_the_human_only_mean_has_the_textbook_statistic"),
    Mutation("Wilson's limits without his centre", f"{CORE}/intervals/score.py",
             "middle = self.p + square / 2.0", "middle = self.p",
             "tests/calibration/intervals/test_score.py::test_one_share_is_statsmodels_wilson"),
    Mutation("arms of one pool as independent shares", f"{CORE}/intervals/score.py",
             "found[d, e] = found[e, d] = min(1.0, max(-1.0, r))", "found[d, e] = found[e, d] = 0.0",
             "tests/calibration/intervals/test_score.py::test_shares_have_the_arms_own_variance_and_their_correlation"),
    Mutation("slopes of re-assignments from the data", f"{CORE}/reassignment.py",
             "inverse = np.linalg.pinv(gram, rcond=EPS, hermitian=True)",
             "inverse = np.linalg.pinv(gram[:1] + 0.0 * gram, rcond=EPS, hermitian=True)",
             "tests/calibration/test_reassignment.py::test_the_pieces_are_those_of_a_refit_at_any_effect"),
    Mutation("exact ties are not extreme", f"{CORE}/reassignment.py",
             ">= -TIE * (1.0 + np.abs(x))", "> TIE * (1.0 + np.abs(x))",
             "tests/calibration/test_reassignment.py::test_ties_are_as_extreme"),
    Mutation("bets that know the outcome they are placed on", f"{CORE}/capital.py",
             "_before((x - mean) ** 2)", "np.cumsum((x - mean) ** 2)",
             "tests/calibration/test_capital.py::test_p_values_are_those_of_a_slow_loop"),
    Mutation("Bonferroni forgotten between arms", f"{CORE}/intervals/betting.py",
             "w.bound(tail / len(self.wagers), outward)", "w.bound(tail, outward)",
             "tests/calibration/intervals/test_betting.py::test_a_contrast_adds_the_arms_bounds_at_their_share_of_the_tail"),
    Mutation("a confidence sequence for one look", f"{CORE}/intervals/confidence_sequence.py",
             "log1p(sqrt(self.time + 1.0) / (2.0 * tail))", "log1p(1.0 / (2.0 * tail))",
             "tests/calibration/intervals/test_confidence_sequence.py::test_the_boundary_is_the_published_one"),
    Mutation("holm steps the wrong way", f"{CORE}/multiplicity.py",
             'up = method == "holm"', 'up = method != "holm"',
             "tests/calibration/test_multiplicity.py::test_adjusted_p_values_are_statsmodels"),
    # the estimate
    Mutation("swap the arms", f"{CORE}/contrast.py",
             "rows[d] - rows[0]",
             "rows[0] - rows[d]",
             "tests/oracles/test_engine.py::test_the_answer_carries_the_table"),
    Mutation("change the sign of the contrast", f"{CORE}/inference.py",
             "value=float(contrast @ estimate.theta)", "value=-float(contrast @ estimate.theta)",
             "tests/oracles/test_twin_arms.py::test_human_only_is_welch"),
    Mutation("leave the pools where they were when arms move", f"{CORE}/sample.py",
             "llm_only=self.llm_only if self.shared else tuple(self.llm_only[d] for d in pick)",
             "llm_only=self.llm_only",
             "tests/contract/test_equivariance.py::test_swapped_control"),
    Mutation("evaluate the regression at the LLM-only units alone", f"{CORE}/estimators/regression.py",
             "return assemble(frame, slopes, frame.pools)", "return assemble(frame, slopes, frame.reference_pools)",
             "tests/oracles/test_dense.py::test_one_population_is_ppi_at_the_supplied_lambda"),
    Mutation("use LLM-only units under randomization", f"{CORE}/estimate.py",
             'unused = self.sample.shared and self.identification == "randomization"',
             "unused = False",
             "tests/oracles/test_engine.py::test_unused_llm_only_units_do_not_move_randomization"),
    Mutation("clip lambda outside compat", f"{CORE}/tuning.py",
             "min(1.0, max(0.0, value)) if frame.compat else value", "min(1.0, max(0.0, value))",
             "tests/calibration/test_tuning.py::test_only_compat_clips"),
    Mutation("do not clip lambda in compat", f"{CORE}/tuning.py",
             "min(1.0, max(0.0, value)) if frame.compat else value", "value",
             "tests/oracles/test_golden.py::test_a_worthless_llm_in_compat_is_ppi_py_with_lambda_0"),
    Mutation("limited harm by the plain R^2", f"{CORE}/estimators/auto.py",
             "fit.adjusted(r_squared) >", "r_squared >",
             "tests/calibration/estimators/test_auto.py::test_the_rule_is_adjusted_r_squared_above_p_over_n_minus_2"),
    Mutation("lose the level of an offset outcome", f"{CORE}/inference.py",
             " + level(contrast) * estimate.frame.sample.origin", "",
             "tests/contract/test_equivariance.py::test_shift_of_the_outcome"),
    # the data
    Mutation("merge moments without the gap of the means", f"{CORE}/moments.py",
             " + gap[:, None] * (gap * (a.n * (b.n / n)))", "",
             "tests/oracles/test_dense.py::test_shards_of_moments_merge_into_the_whole"),
    Mutation("fill refusals without a refusal column", f"{CORE}/layouts/draft.py",
             "return [filled, refusal]", "return [filled]",
             "tests/calibration/test_calibrate_columns.py::test_the_fill_does_not_matter_beside_the_refusal_column"),
    Mutation("keep collinear columns", f"{CORE}/least_squares.py",
             "if norm * spread[j] > tolerance[j]:", "if True:",
             "tests/calibration/test_least_squares.py::test_dependent_columns_are_dropped_in_order"),
    Mutation("an ICC without the within-unit part", f"{CORE}/layouts/predictions.py",
             "(between - within) / total",
             "between / total",
             "tests/calibration/layouts/test_predictions.py"),
    Mutation("ignore the exchangeability test in the claim", f"{CORE}/assumptions.py",
             '_status(combined(p_values)) != "not_rejected"', "False",
             "tests/calibration/test_calibrate_verdicts.py::test_rejected_exchangeability_is_exploratory"),
    Mutation("a claim that cannot fall with a rejected fallback", f"{CORE}/assumptions.py",
             "if test is None or not pools:",
             "if test is None:",
             "tests/calibration/test_calibrate_verdicts.py::test_a_rejection_does_not_touch_an_answer_that_rests_on_humans"),
    Mutation("no Bonferroni over pools", f"{CORE}/diagnostics/exchangeability.py",
             "len(known) * min(known)", "min(known)",
             "tests/calibration/diagnostics/test_exchangeability.py::test_independent_pools_share_the_level"),
    Mutation("the effective sample size upside down", f"{CORE}/effects.py",
             "else n / ratio",
             "else n * ratio",
             "tests/calibration/test_calibrate.py::test_sample_sizes_and_ratios_are_one_definition"),
    Mutation("an unsigned PPI correlation", f"{CORE}/blocks.py",
             "return -size if signed else size", "return size",
             "tests/calibration/test_blocks.py::test_one_column_and_one_arm_keep_the_sign_of_the_correlation"),
    Mutation("upper and lower swapped in the summary", "service/api/wire/answer.py",
             "            first.result.interval.lower,\n            first.result.interval.upper,\n",
             "            first.result.interval.upper,\n            first.result.interval.lower,\n",
             "tests/api/wire/test_answer.py::test_the_summary_is_the_first_estimate"),
    Mutation("no leverage correction with weights", f"{CORE}/leverage.py",
             'np.maximum(1.0 - 2.0 * h + np.einsum("kn,kl,ln->n", z, inner, z) / root_weight**2, LEAST)',
             "np.ones_like(h)",
             "tests/oracles/test_survey.py::test_weights_unit_by_unit"),
    Mutation("clusters without their leverage", f"{CORE}/clusters.py",
             "root = np.where(spare > PERFECT, 1.0 / np.sqrt(np.maximum(spare, PERFECT)), 0.0)",
             "root = np.ones_like(spare)",
             "tests/oracles/test_survey.py::test_clusters_by_explicit_matrices"),
    Mutation("personas of a cluster apart from its people", f"{CORE}/clusters.py",
             "values += _pool_part(estimate, contrast, codes)",
             "values = np.hypot(values, _pool_part(estimate, contrast, codes))",
             "tests/oracles/test_survey.py::test_clusters_by_explicit_matrices"),
    Mutation("slopes kept when a cluster is left out", f"{CORE}/clusters.py",
             "right = (z @ outcome) - _sums(z * outcome, clusters, codes.count)",
             "right = (z @ outcome) - 0.0 * _sums(z * outcome, clusters, codes.count)",
             "tests/oracles/test_survey.py::test_weights_with_clusters_by_leaving_one_out"),
    Mutation("pool weights that are not balanced", f"{CORE}/pools.py",
             "scale = kish(whole) / float(whole.sum()) if balanced else 1.0", "scale = 1.0",
             "tests/calibration/test_pools.py"),
    Mutation("strata that all count alike", f"{CORE}/strata.py",
             "np.outer(contrast, weights).ravel()",
             "np.outer(contrast, np.full(weights.shape, 1.0 / weights.size)).ravel()",
             "tests/calibration/test_strata.py"),
    Mutation("a pooled slope that costs no degrees of freedom", f"{CORE}/arm_estimate.py",
             "variance=part.variance * slope.inflation", "variance=part.variance",
             "tests/calibration/test_arm_estimate.py"),
    Mutation("sampling probabilities ignored", f"{CORE}/estimate.py",
             "weight = weight / source.sampling_probability", "weight = weight * 1.0",
             "tests/oracles/test_survey.py::test_weights_unit_by_unit"),
    Mutation("the robust design asks one scenario", f"{CORE}/designs/robust.py",
             "worst = int(ratios.argmax())", "worst = 0",
             "tests/calibration/designs/test_robust.py::test_the_worst_regret_over_the_band_is_lower_than_the_plug_ins"),
    Mutation("power's target by one tail", f"{CORE}/designs/power.py",
             "return abs(effect) / minimum_detectable_effect(1.0, power, confidence_level)",
             "return abs(effect) / (critical_value(confidence_level) + float(ndtri(power)))",
             "tests/calibration/designs/test_power.py::test_standard_errors_invert_the_powers"),
    Mutation("further draws for nothing", f"{CORE}/designs/market.py",
             "llm=tuple(draws * price for price in costs.llm)", "llm=costs.llm",
             "tests/calibration/designs/test_draws.py::test_the_engine_is_the_closed_form"),
    Mutation("draws that never agree", f"{CORE}/designs/draws.py", "icc + (1 - icc) / k", "1 / k",
             "tests/calibration/designs/test_draws.py::test_spearman_brown"),
    Mutation("a top-up that forgets the pilot", f"{CORE}/designs/top_up.py",
             "size = np.sqrt(np.array([float(unit.n) for unit in pilot.collected]))",
             "size = np.ones(len(pilot.collected))",
             "tests/calibration/designs/test_top_up.py::test_the_best_of_every_whole_purchase"),
)  # fmt: skip


def table() -> str:
    """The rows of the table in tests/README.md."""
    return "\n".join(f"| {m.name} | `{m.file}` | {m.test.removeprefix('tests/')} |" for m in MUTATIONS)


def copied(folder: Path) -> None:
    """A copy of what the tests need; built files and caches stay behind."""
    for name in ("service", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def tested(folder: Path, tests: Sequence[str]) -> subprocess.CompletedProcess[str]:
    data = (ROOT / os.environ.get("RECTIFIER_DATA", "../shared/data")).resolve()
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "RECTIFIER_DATA": str(data)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def survived(mutation: Mutation) -> str | None:
    """Why the mutation is not caught, or None."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        path = folder / mutation.file
        source = path.read_text()
        if source.count(mutation.text) != 1:
            return f"its text stands {source.count(mutation.text)} times in {mutation.file}"
        path.write_text(source.replace(mutation.text, mutation.broken))
        done = tested(folder, [mutation.test])
    if done.returncode == FAILED:
        return None
    return "its test stays green" if done.returncode == 0 else f"pytest ended with {done.returncode}\n{done.stdout}"


def main(names: Sequence[str]) -> int:
    """Apply the named mutations (all without names); 0 when every one is caught and the unbroken tests are green."""
    chosen = [m for m in MUTATIONS if not names or m.name in names]
    with tempfile.TemporaryDirectory() as name:
        copied(Path(name))
        plain = tested(Path(name), sorted({m.test for m in chosen}))
    if plain.returncode:
        print(plain.stdout, "\nthe unbroken tests fail")
        return 1
    with ThreadPoolExecutor(JOBS) as pool:
        reasons = list(pool.map(survived, chosen))
    for mutation, reason in zip(chosen, reasons, strict=True):
        print(f"{'caught  ' if reason is None else 'SURVIVED'} {mutation.name}" + (f": {reason}" if reason else ""))
    alive = sum(reason is not None for reason in reasons)
    print(f"{len(chosen) - alive} of {len(chosen)} mutations caught")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(print(table()) if sys.argv[1:] == ["--table"] else main(sys.argv[1:]))
