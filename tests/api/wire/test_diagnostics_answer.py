from __future__ import annotations

from service.api.wire.diagnostics_answer import from_core
from service.api.wire.passport import Issued, passport
from service.calibration.diagnostics.diagnose import Diagnosis
from service.calibration.diagnostics.fidelity_scores import FidelityScore
from service.calibration.diagnostics.finding import Finding, Interval, Measure, Place
from service.calibration.diagnostics.ranking import Ranked
from service.calibration.errors import Warned
from service.calibration.model_scores import Against, ModelScore

HELD = passport(Issued(path="/v1/diagnostics", method="m", request_digest="d", report="r"))


def test_the_card_on_the_wire() -> None:
    measures = (Measure("a", 1.0, Interval("t", 0.9, None, 2.0), 0.5), Measure("b", 2.0))
    finding = Finding("leakage", Place("y", "gpt", "all", "f"), "warn", measures, "what", "do")
    found = from_core(Diagnosis("use_with_care", "why", "warn", (finding,), (Warned("few_humans", "m", "/p"),)), HELD)
    assert (found.summary, found.reason, found.status) == ("use_with_care", "why", "warn")
    (check,) = found.checks
    assert (check.name, check.outcome, check.model, check.arm, check.subgroup) == ("leakage", "y", "gpt", "all", "f")
    assert (check.status, check.statement, check.action) == ("warn", "what", "do")
    first, second = check.measures
    assert (first.name, first.value, first.p_value, first.interval.method) == ("a", 1.0, 0.5, "t")
    assert (first.interval.level, first.interval.lower, first.interval.upper) == (0.9, None, 2.0)
    assert (second.interval, second.p_value) == (None, None)
    assert found.warnings[0].code == "few_humans"
    assert found.passport is HELD


def test_ranked_models_on_the_wire() -> None:
    first = Ranked(
        "y",
        ModelScore("gpt", 1, 0.5, 0.4, 0.6, 0.8, 0.03),
        FidelityScore(2, 0.5, 0.1, 0.3, 0.7, Against(-0.1, -0.3, 0.1, False)),
    )
    last = Ranked("y", ModelScore("small", 2, 0.6, 0.5, 0.8, None, None, Against(1.2, 1.1, 1.4, True)))
    found = from_core(Diagnosis("use", "", "pass", (), (), (first, last), 0.9), HELD).models
    assert [(m.outcome, m.model, m.rank, m.variance_ratio) for m in found] == [
        ("y", "gpt", 1, 0.5),
        ("y", "small", 2, 0.6),
    ]
    assert (found[0].ratio_to_next, found[0].p_value, found[0].ratio_to_best) == (0.8, 0.03, None)
    fidelity = found[0].fidelity
    assert (fidelity.rank, fidelity.cross_fitted_correlation, fidelity.standard_error) == (2, 0.5, 0.1)
    assert (fidelity.interval.method, fidelity.interval.lower, fidelity.interval.upper) == ("fisher_z", 0.3, 0.7)
    behind = fidelity.difference_to_best
    assert (behind.value, behind.interval.method, behind.beyond_noise) == (-0.1, "t_all_pairs", False)
    against = found[1].ratio_to_best
    assert (against.value, against.interval.level, against.interval.upper, against.beyond_noise) == (
        1.2,
        0.9,
        1.4,
        True,
    )
    assert (found[1].fidelity, found[1].ratio_to_next) == (None, None)
