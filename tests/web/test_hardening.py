from __future__ import annotations

import json
import subprocess
import sys

import pytest

SECRET = "Zaphod-4711"
TASK = """import asyncio
async def f(): raise ValueError(secret)
async def main():
    task = asyncio.create_task(f())
    await asyncio.sleep(0.01)
    del task
asyncio.run(main())
"""
LOGGED = """import logging
try:
    raise KeyError(secret)
except KeyError:
    logging.getLogger("uvicorn.error").exception("failed")
"""


def hardened(code: str) -> subprocess.CompletedProcess[str]:
    program = f"from service.web.hardening import harden; harden(); secret = {SECRET!r}\n{code}"
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("raise KeyError(secret)", "KeyError at <module>:2"),
        (
            "import threading\ndef f(): raise ValueError(secret)\nt = threading.Thread(target=f); t.start(); t.join()",
            "ValueError at f:3",
        ),
        (
            TASK,
            "ValueError at f:3",
        ),
        ("class C:\n    def __del__(self): raise OSError(secret)\nC()", "OSError at __del__:3"),
        ("import logging\nlogging.getLogger('lib').error('got %s', secret)", None),
        ("import logging\nlogging.getLogger().setLevel(0); logging.getLogger('lib').debug('got %s', secret)", None),
        ("import warnings\nwarnings.warn(secret)", None),
        (
            LOGGED,
            "KeyError at <module>:4",
        ),
    ],
)
def test_what_goes_wrong_is_told_by_class_and_place_only(code: str, place: str | None) -> None:
    done = hardened(code)
    assert SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["event"] for line in lines} <= {"server"}
    if place is not None:
        assert [line["failure"] for line in lines if "failure" in line] == [place]


def test_the_servers_own_words_are_told() -> None:
    done = hardened("import logging\nlogging.getLogger('uvicorn.error').warning('Invalid HTTP request received.')")
    assert json.loads(done.stderr)["message"] == "Invalid HTTP request received."


def test_no_core_is_dumped(tmp_path) -> None:
    done = hardened("import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))")
    assert done.stdout.split() in (["1", "1"], ["0", "0"])  # 0 where whoever started it allowed nothing at all
    code = f"import os, signal; os.chdir({str(tmp_path)!r}); os.kill(os.getpid(), signal.SIGSEGV)"
    assert hardened(code).returncode == -11
    assert list(tmp_path.iterdir()) == []
