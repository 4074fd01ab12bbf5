from __future__ import annotations

import csv
import io
import json

from service.api.app import create_service
from service.api.parts import calibration_parts
from service.api.routes.diagnostics import EXAMPLE, diagnostics
from service.api.settings import Settings
from tests.web.asgi import ask

APP = create_service(Settings(access_log=False), calibration_parts()).asgi


def test_the_documented_example_is_answered() -> None:
    answer = ask(APP, "POST", "/v1/diagnostics", body=EXAMPLE).json
    assert answer["summary"] == "use_with_care"
    assert {check["name"] for check in answer["checks"]} == set(json.loads(EXAMPLE)["checks"])
    assert next(c for c in answer["checks"] if c["name"] == "fidelity_individual")["status"] == "not_testable"
    assert ask(APP, "POST", "/v1/diagnostics?validate_only=true", body=EXAMPLE).json["valid"] is True


def test_as_csv_every_entry_is_a_line_with_the_summary() -> None:
    answer = ask(APP, "POST", "/v1/diagnostics", body=EXAMPLE, headers={"accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert [row["name"] for row in rows] == json.loads(EXAMPLE)["checks"]
    assert {row["summary"] for row in rows} == {"use_with_care"}


def test_a_key_needs_the_scope_diagnose() -> None:
    assert diagnostics().scope == "diagnose"
