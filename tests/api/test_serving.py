from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from service.api import demo, serving
from service.api.demo import DemoError, post, running_server


def test_a_served_process_answers_and_ends_with_status_0() -> None:
    with running_server() as address, pytest.raises(DemoError, match="missing_field"):
        post(f"{address}/v1/calibrations", b"{}")


def test_bad_settings_end_the_start_with_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("RECTIFIER_QUEUE", "-3")
    with socket.socket() as listening:
        assert serving.serve(listening) == 2
    assert "RECTIFIER_QUEUE" in capsys.readouterr().err


def test_an_unusable_key_file_ends_the_start_with_status_2(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("RECTIFIER_KEYS_FILE", "/nowhere/keys.toml")
    with socket.socket() as listening:
        assert serving.serve(listening) == 2
    assert "RECTIFIER_KEYS_FILE: cannot be read" in capsys.readouterr().err


def test_without_keys_the_log_says_who_may_come_in_and_proxies_are_handed_on(
    monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    given = {}
    monkeypatch.setattr("sys.setswitchinterval", lambda _seconds: None)
    monkeypatch.setattr("service.api.serving.serve_until_stopped", lambda *_args, **options: given.update(options))
    monkeypatch.setenv("RECTIFIER_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    with socket.create_server(("0.0.0.0", 0)) as listening:
        assert serving.serve(listening) == 0
    assert "no keys: whoever reaches 0.0.0.0 may use this service" in capfd.readouterr().err
    assert given["trusted_proxies"] == ("10.0.0.0/8", "::1")


def test_the_start_loads_neither_scipy_stats_nor_statsmodels() -> None:
    code = (
        "import sys; from service.api.parts import calibration_parts; from service.api import serving; "
        "calibration_parts().prove(); "
        "print([m for m in ('scipy.stats', 'statsmodels', 'scipy.optimize', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_start_loads_of_the_core_what_calibrations_need() -> None:
    code = (
        "import sys; from service.api import serving; from service.api.app import create_service; "
        "from service.api.settings import Settings; parts = serving.calibration_parts(); "
        "create_service(Settings(), parts); parts.prove(); "
        "names = ('calibrate', 'screenings', 'track_records', 'diagnostics.diagnose', 'designs.answer'); "
        "late = ['service.calibration.' + m for m in names] + ['service.api.site.site']; "
        "print([m in sys.modules for m in late]); "
        "[c.steps() for c in parts.computations]; print([m in sys.modules for m in late])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [
        "[True, False, False, False, False, False]",
        "[True, True, True, True, True, False]",
    ]


def test_work_past_its_deadline_does_not_keep_the_process_alive() -> None:
    code = (
        "import os, signal, sys, threading, time; from service.api import serving; from tests.api.standin import SUMS\n"
        "from service.api.app import Parts\n"
        "serving.calibration_parts = lambda: Parts((SUMS,))\n"
        "import socket; sys.exit(serving.serve(socket.create_server(('127.0.0.1', int(sys.argv[1])))))"
    )
    port = demo._free_port()
    environment = os.environ | {"RECTIFIER_DEADLINE_SECONDS": "0.2", "RECTIFIER_INLINE_WORK": "0.5"}
    with subprocess.Popen([sys.executable, "-c", code, str(port)], env=environment) as process:
        demo._wait_until_ready(f"http://127.0.0.1:{port}", process)
        with pytest.raises(DemoError, match="deadline_exceeded"):
            post(f"http://127.0.0.1:{port}/v1/sums", b'{"numbers": [1], "seconds": 60}')
        started = time.monotonic()
        process.terminate()
        assert process.wait(timeout=30) == 0
        assert time.monotonic() - started < 10
