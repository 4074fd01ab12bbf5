"""Breaks of the card of diagnostics."""

from __future__ import annotations

from tests.breaks.mutation import CORE, Mutation

FOLDER, TESTS = f"{CORE}/diagnostics", "tests/calibration/diagnostics"
MUTATIONS = (
    Mutation("alarms that forget each other", f"{FOLDER}/diagnose.py",
             "values = iter(adjusted([test for test, _ in alarms]))",
             "values = iter([test.p_value for test, _ in alarms])",
             f"{TESTS}/test_diagnose.py::test_an_alarm_sounds_by_its_p_value_over_the_whole_card"),
    Mutation("Holm without its steps", f"{FOLDER}/error_rate.py",
             "        left -= weights[i]\n", "",
             f"{TESTS}/test_error_rate.py::test_weighted_holm_is_the_closed_test_of_weighted_bonferroni"),
    Mutation("spreads of means of draws", f"{FOLDER}/layouts.py",
             "make(_first_draws(own), rows)", "make(own, rows)",
             f"{TESTS}/checks/test_fidelity_marginal.py::test_one_draw_of_several_is_read"),
    Mutation("the other tail of a reversed scale", f"{FOLDER}/checks/leakage.py",
             "p = two_sided / 2.0 if measured.value < 0.0", "p = two_sided / 2.0 if measured.value > 0.0",
             f"{TESTS}/checks/test_leakage.py::test_a_reversed_scale_warns"),
    Mutation("duplicates by the columns alone", f"{FOLDER}/matches.py",
             "same_key & same_rest", "same_key",
             f"{TESTS}/test_matches.py::test_false_alarms_of_honest_rows_are_rare"),
    Mutation("copies without chance", f"{FOLDER}/matches.py",
             "beyond = (lower - chance) / (1.0 - chance) if chance < 1.0 else 0.0", "beyond = lower",
             f"{TESTS}/test_matches.py::test_matches_against_chance"),
    Mutation("pairs dealt as if strangers", f"{FOLDER}/distances.py",
             "partial(_swapped if answers.paired else _dealt,", "partial(_dealt,",
             f"{TESTS}/test_distances.py::test_pairs_are_swapped"),
    Mutation("a correlation without leverage", f"{FOLDER}/correlation.py",
             "np.sqrt(np.maximum(1.0 - leverage, NEAR_ZERO))", "1.0",
             f"{TESTS}/checks/test_fidelity_individual.py::test_intervals_cover_and_a_worthless_llm_seldom_passes"),
    Mutation("a human-equivalent size that blames without a test", f"{FOLDER}/checks/human_equivalent_size.py",
             "_apart(questions) if short else 1.0", "0.0 if short else 1.0",
             f"{TESTS}/checks/test_human_equivalent_size.py"
             "::test_an_llm_that_answers_as_people_do_is_not_blamed_for_their_small_number"),
    Mutation("differences outside the card's error rate", f"{FOLDER}/checks/interchangeability.py",
             'Verdict("not_testable", text, MORE), alarm', "alarm.verdict, alarm",
             f"{TESTS}/checks/test_interchangeability.py"
             "::test_a_difference_counts_only_if_it_would_among_all_tests_of_the_card"),
    Mutation("structure of pairs as if strangers", f"{FOLDER}/structure.py",
             "(f.noise(at_f, codes) - y.noise(at_y, codes) for", "(f.noise(at_f, codes) for",
             f"{TESTS}/test_structure.py::test_noise_is_that_of_refitted_studies"),
    Mutation("gaps with noise taken for gaps", f"{FOLDER}/structure.py",
             "max(0.0, value) ** 2 - added)", "max(0.0, value) ** 2)",
             f"{TESTS}/test_structure.py::test_the_typical_gap_is_without_what_noise_adds"),
    Mutation("items lined up by their order", f"{FOLDER}/items.py",
             "found = [v[np.searchsorted(_row(s), rows)] for v, s in zip(values, sources, strict=True)]",
             "found = [v[: rows.size] for v in values]",
             f"{TESTS}/test_items.py::test_pairs_are_the_units_with_every_answer_lined_up_and_one_draw_each"),
    Mutation("fidelity scored on the humans that it was fitted to", f"{FOLDER}/fidelity_scores.py",
             "outside = training(frame, folds, k)", "outside = frame",
             f"{TESTS}/test_fidelity_scores.py::test_worthless_models_are_not_flattered_where_the_fit_itself_is"),
    Mutation("the best as if nobody had looked for it", f"{CORE}/model_scores.py",
             "return 1.0 - (1.0 - level) / max(1, models * (models - 1) // 2)", "return level",
             f"{TESTS}/test_fidelity_scores.py::test_more_models_make_the_comparison_with_the_best_wider"),
)  # fmt: skip
