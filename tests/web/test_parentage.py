from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.web.parentage import die_with

CHILD = (
    "import time; from service.web import parentage; parentage.die_with({parent}); print(1, flush=True); time.sleep(60)"
)
PARENT = f"""
import os, subprocess, sys, time
code = {CHILD!r}.replace("{{parent}}", str(os.getpid()))
child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(process: int) -> bool:
    """Whether it ended; one that nobody has asked after yet is dead as well."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def ends(process: int) -> bool:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if gone(process):
            return True
        time.sleep(0.01)
    return False


def test_a_process_ends_with_its_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
        assert ends(child)


def test_a_parent_that_is_gone_already_ends_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr("ctypes.CDLL", lambda _name: type("Libc", (), {"prctl": staticmethod(lambda *_: 0)}))
    die_with(os.getppid())
    assert ended == []
    die_with(-1)
    assert ended == [1]


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("ctypes.CDLL", None)
    die_with(-1)


def test_it_is_taken_first_when_memory_runs_out() -> None:
    code = (
        "from service.web import parentage; parentage.die_first(); "
        "print(open('/proc/self/oom_score_adj').read(), end=''); "
        "parentage.SCORE = '/nowhere/at/all'; parentage.die_first()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1000\n"
