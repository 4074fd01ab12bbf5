from __future__ import annotations

import subprocess
import sys

import pytest

from service.api import serving
from service.api.demo import DemoError, post, running_server


def test_a_served_process_answers_and_ends_with_status_0() -> None:
    with running_server() as address, pytest.raises(DemoError, match="missing_field"):
        post(f"{address}/v1/calibrations", b"{}")


def test_bad_settings_end_the_start_with_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("RECTIFIER_QUEUE", "-3")
    assert serving.serve("127.0.0.1", 0) == 2
    assert "RECTIFIER_QUEUE" in capsys.readouterr().err


def test_the_start_loads_neither_scipy_stats_nor_statsmodels() -> None:
    code = (
        "import sys; from service.api.parts import calibration_parts; from service.api import serving; "
        "calibration_parts().prove(); "
        "print([m for m in ('scipy.stats', 'statsmodels', 'scipy.optimize', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
