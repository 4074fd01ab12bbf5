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
import scipy.special, scipy.linalg
print(float(scipy.special.stdtr(10.0, 0.0)), float(scipy.linalg.det(np.eye(2))))
"""
PLAIN = "import scipy.special, sys; print(sorted(m for m in sys.modules if m in ('numpy.f2py', 'numpy.ma')))"


def told(program: str) -> list[str]:
    return subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )


def test_scipy_comes_without_what_nobody_uses_and_numpy_stays_whole() -> None:
    loaded, numpy, works, _ = told(START)
    assert loaded == "[]"
    assert numpy == "True True 1.0 numpy.f2py"
    assert works == "0.5 1.0"


def test_scipy_alone_would_load_it() -> None:
    assert told(PLAIN)[0] == "['numpy.f2py', 'numpy.ma']"


def test_nothing_that_serves_loads_it() -> None:
    serving = (
        "from service.api.lean_scipy import import_scipy; import_scipy(); import service.api.serving; "
        "from service.api.parts import calibration_parts; parts = calibration_parts(); parts.prove(); "
        "[c.steps() for c in parts.computations]; import sys; print([m for m in sys.modules if m.startswith('numpy.')])"
    )
    loaded = told(serving)[0]
    assert "numpy.linalg" in loaded
    assert not [name for name in UNUSED if f"'numpy.{name}'" in loaded]
