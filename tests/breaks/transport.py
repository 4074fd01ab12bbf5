"""Breaks of transport to a target population."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

HERE = f"{CORE}/transport"
MUTATIONS = (
    Mutation("weights as if they were fixed", f"{HERE}/residuals.py",
             "residual = values - scores @ z / root",
             "residual = values - scores[:, :1] @ z[:1] / root",
             "tests/calibration/transport/test_residuals.py"),
    Mutation("raking that stops after one round", f"{HERE}/raking.py",
             "for _ in range(ROUNDS):", "for _ in range(1):",
             "tests/calibration/transport/test_raking.py"),
    Mutation("survey weights left out of the tilt", f"{HERE}/entropy.py",
             "log_base = np.log(d)", "log_base = np.zeros_like(d)",
             "tests/calibration/transport/test_entropy.py"),
    Mutation("margins that are not met and not refused", f"{HERE}/entropy.py",
             "return Tilt(w, found and met(w, x, d))", "return Tilt(w, True)",
             "tests/calibration/transport/test_entropy.py"),
    Mutation("LLM-only units that stay in the sampled population", f"{HERE}/transported.py",
             "residuals.of_llm_only(source, weight)", "residuals.of_llm_only(source, pools.weight(source))",
             "tests/calibration/transport/test_transported.py::test_exchangeability_is_tested_at_the_target"),
    Mutation("target rows without sampling error", f"{CORE}/target_rows.py",
             "if rows is None or not slopes:", "if rows is not None or not slopes:",
             "tests/calibration/test_target_rows.py"),
    Mutation("tipping by shifting one split only", f"{HERE}/tipping.py",
             "lowest.min()", "lowest[lowest.size // 2]",
             "tests/calibration/transport/test_tipping.py"),
    Mutation("one sign for all arms that tip", f"{HERE}/tipping.py",
             "e = e if part > 0.0 else -e", "e = e",
             "tests/calibration/transport/test_tipping.py::test_two_arms_against_linear_programmes"),
)  # fmt: skip
