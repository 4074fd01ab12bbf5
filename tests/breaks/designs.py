"""Breaks of optimal designs."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

MUTATIONS = (
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
    Mutation("a filler below a lower limit", f"{CORE}/designs/integers.py",
             "if bound < 0 and row[f] < 0:", "if False:",
             "tests/calibration/designs/test_design.py::test_targets_that_the_least_humans_meet_are_met_by_them"),
    Mutation("forget distant minimums", f"{CORE}/designs/allocation.py",
             "if near_limits is limits or np.all(limits.rows @ found.counts <= limits.bounds):", "if True:",
             "tests/calibration/designs/test_allocation.py::test_a_distant_minimum_that_binds_is_kept"),
)  # fmt: skip
