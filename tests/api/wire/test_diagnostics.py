from __future__ import annotations

import msgspec
import pytest

from service.api.wire.diagnostics import OFFERED, DiagnosticsRequest, run, to_core, validated
from service.calibration.diagnostics.check import Settings
from service.calibration.errors import CalibrationError
from tests.calibration.diagnostics.studies import correlated

ARM = {"name": "all", "human": [3, 4, 2, 5], "llm": [3, 4, 3, 4], "llm_only": [3, 3, 4]}
ARRAYS = {"layout": "arrays", "arms": [ARM]}


def asked(data=ARRAYS, **more):
    return msgspec.convert({"data": data} | more, DiagnosticsRequest)


def problems(data=ARRAYS, **more) -> list[tuple[str, str]]:
    with pytest.raises(CalibrationError) as refused:
        to_core(asked(data, **more))
    return [(p.pointer, p.code) for p in refused.value.problems]


def test_everything_has_a_default() -> None:
    job = to_core(asked())
    assert job.settings == Settings()
    assert job.checks == OFFERED
    assert job.work > 0


def test_what_is_set_reaches_the_core() -> None:
    sent = {"margin": 0.3, "test_retest": 0.8, "fieldwork_start": "2026-03-01", "model_cutoffs": {"llm": "2025-06-01"},
            "negative_controls": ["y"], "min_cell": 20, "confidence_level": 0.9, "seed": 4}  # fmt: skip
    job = to_core(asked(settings=sent, checks=["exchangeability", "exchangeability"]))
    found = job.settings
    assert (found.margin, found.test_retest, found.negative_controls) == (0.3, {"y": 0.8}, ("y",))
    assert (str(found.fieldwork_start), str(found.model_cutoffs["llm"])) == ("2026-03-01", "2025-06-01")
    assert (found.min_cell, found.confidence_level, found.seed) == (20, 0.9, 4)
    assert job.checks == ("exchangeability",)
    assert to_core(asked(settings={"test_retest": {"y": 0.7}})).settings.test_retest == {"y": 0.7}


def test_every_problem_has_its_place() -> None:
    settings = {"fieldwork_start": "2026-02-30", "model_cutoffs": {"a/b": "2026-W01-1"}, "negative_controls": ["z"],
                "test_retest": {"x": 0.5}}  # fmt: skip
    assert problems(settings=settings) == [
        ("/settings/negative_controls/0", "unknown_outcome"),
        ("/settings/test_retest/x", "unknown_outcome"),
        ("/settings/model_cutoffs/a~1b", "unknown_model"),
        ("/settings/fieldwork_start", "invalid_date"),
        ("/settings/model_cutoffs/a~1b", "invalid_date"),
    ]


def test_a_check_that_is_not_computed_is_told_with_the_problems_of_the_data(monkeypatch) -> None:
    monkeypatch.setattr("service.api.wire.diagnostics.OFFERED", ("leakage",))
    assert problems(checks=["leakage", "draws"]) == [("/checks/1", "unsupported_combination")]
    wrong = {"layout": "arrays", "arms": [ARM | {"llm": [1]}]}
    assert problems(wrong, checks=["draws"]) == [
        ("/checks/0", "unsupported_combination"), ("/data/arms/0/llm", "length_mismatch"),
    ]  # fmt: skip


def test_names_among_numbers_are_told() -> None:
    assert ("/data/arms/0/human/1", "mixed_column") in problems(
        {"layout": "arrays", "arms": [ARM | {"human": [1, "a", 2, 3]}]}
    )


def test_all_layouts_are_answered_alike() -> None:
    data = correlated(1, 30, 40)
    arrays = {"layout": "arrays", "arms": [{"name": "all", "human": data.human.tolist(), "llm": data.llm.tolist(),
                                            "llm_only": data.llm_only.tolist()}]}  # fmt: skip
    table = {"layout": "table", "outcomes": {"y": [*data.human.tolist(), *[None] * 40]},
             "predictions": [{"values": [*data.llm.tolist(), *data.llm_only.tolist()]}]}  # fmt: skip
    assert run(to_core(asked(arrays))) == run(to_core(asked(table)))
    moments = {"layout": "moments", "predictions": [{"model": "llm"}],
               "arms": [{"name": "all", "n": 9, "mean": [1, 2], "covariance": [[1, 0.5], [0.5, 1]]}]}  # fmt: skip
    assert msgspec.json.decode(run(to_core(asked(moments))))["summary"] in ("use", "use_with_care")


def test_validation_says_what_would_be_done() -> None:
    found = msgspec.json.decode(validated(to_core(asked(settings={"seed": 3}))))
    assert found["valid"] is True
    assert found["applied"] == {"checks": list(OFFERED), "confidence_level": 0.95, "seed": 3}
