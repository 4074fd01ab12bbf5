from __future__ import annotations

import subprocess
import sys

from service.api.lean_scipy import UNUSED

START = """
import sys
import numpy as np
listed = list(np.__all__)
from service.api.lean_scipy import UNUSED, import_scipy
import_scipy()
print(sorted(UNUSED & {name.partition("numpy.")[2] for name in sys.modules}))
print(np.__all__ == listed, UNUSED <= set(dir(np)), np.ma.masked_array([1.0]).sum(), np.f2py.__name__)
import scipy
print("scipy.linalg" in sys.modules, float(scipy.special.stdtr(10.0, 0.0)))
"""
AT_ONCE = (
    START
    + """
from threading import Barrier, Thread
ready, found = Barrier(8), []
def touch():
    ready.wait()
    found.append(scipy.linalg.cho_solve((np.eye(2), True), np.ones(2)).sum())
threads = [Thread(target=touch) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(sum(found))
"""
)
PLAIN = "import scipy.special, sys; print(sorted(m for m in sys.modules if m in ('numpy.f2py', 'numpy.ma')))"


def told(program: str) -> list[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def test_scipy_comes_without_what_nobody_uses_and_numpy_stays_whole() -> None:
    loaded, numpy, works = told(START)
    assert loaded == "[]"
    assert numpy == "True True 1.0 numpy.f2py"
    assert works == "False 0.5"


def test_many_threads_may_be_the_first_that_need_linear_algebra() -> None:
    assert told(AT_ONCE)[-1] == "16.0"


def test_scipy_alone_would_load_it() -> None:
    assert told(PLAIN) == ["['numpy.f2py', 'numpy.ma']"]


def test_nothing_that_serves_loads_it() -> None:
    serving = (
        "from service.api.lean_scipy import import_scipy; import_scipy(); import service.api.serving; "
        "from service.api.parts import calibration_parts; parts = calibration_parts(); parts.prove(); "
        "import sys; print('scipy.linalg' in sys.modules); [c.steps() for c in parts.computations]; "
        "print([m for m in sys.modules if m.startswith('numpy.')])"
    )
    proven, loaded = told(serving)
    assert proven == "False"
    assert "numpy.linalg" in loaded
    assert not [name for name in UNUSED if f"'numpy.{name}'" in loaded]
