from __future__ import annotations

import json
import subprocess
import sys

SECRET = "Zaphod-4711"
TROUBLE = f"""
import asyncio, logging, threading, warnings
from service.web import hardening
hardening.LEVEL = logging.NOTSET
hardening.harden()
logging.getLogger().setLevel(logging.NOTSET)
secret = {SECRET!r}

def in_a_thread():
    raise ValueError(secret)
async def in_a_task():
    raise OSError(secret)
async def lost():
    task = asyncio.create_task(in_a_task())
    await asyncio.sleep(0.01)
    del task
class Deleted:
    def __del__(self):
        raise LookupError(secret)

thread = threading.Thread(target=in_a_thread)
thread.start()
thread.join()
asyncio.run(lost())
Deleted()
logging.getLogger("library").error("got %s", secret)
logging.getLogger("library").debug("got %s", secret)
warnings.warn(secret)
try:
    raise ArithmeticError(secret)
except ArithmeticError:
    logging.getLogger("uvicorn.error").exception("failed")
logging.getLogger("uvicorn.error").debug(secret)
raise KeyError(secret)
"""
DUMP = """
import os, resource, signal, sys
from service.web.hardening import harden
harden()
print(*resource.getrlimit(resource.RLIMIT_CORE), flush=True)
os.chdir(sys.argv[1])
os.kill(os.getpid(), signal.SIGSEGV)
"""


def ran(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "dev", "-W", "always", "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_what_goes_wrong_is_told_by_class_and_place_only() -> None:
    done = ran(TROUBLE)
    assert done.returncode == 1
    assert SECRET not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["event"] for line in lines} == {"server"}
    failures = {line["failure"].partition(":")[0] for line in lines if "failure" in line}
    assert failures == {
        "ValueError at in_a_thread",
        "OSError at in_a_task",
        "LookupError at __del__",
        "ArithmeticError at <module>",
        "KeyError at <module>",
    }
    said = [line["message"] for line in lines]
    assert said.count("library has something to say") == 2
    assert "py.warnings has something to say" in said
    assert "failed" in said  # the HTTP server's own words


def test_no_core_is_dumped(tmp_path) -> None:
    done = ran(DUMP, str(tmp_path))
    assert done.stdout.split() in (["1", "1"], ["0", "0"])  # 0 where whoever started it allowed nothing at all
    assert done.returncode == -11
    assert list(tmp_path.iterdir()) == []
