"""Breaks of the estimate: contrasts, pools, slopes and tuning."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
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
    Mutation("lose the level of an offset outcome", f"{CORE}/inference.py",
             " + level(contrast) * estimate.frame.sample.origin", "",
             "tests/contract/test_equivariance.py::test_shift_of_the_outcome"),
)  # fmt: skip
