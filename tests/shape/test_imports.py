"""What may not be imported at start: the heavy parts of the scientific libraries, 5 to 14 times numpy's import time."""

import subprocess
import sys

import pytest

HEAVY = ("scipy.stats", "scipy.optimize", "statsmodels", "pandas", "matplotlib", "PIL")


@pytest.mark.parametrize("module", ["service.calibration.calibrate", "service.api.serving"])
def test_nothing_heavy_is_imported_at_start(module: str) -> None:
    code = f"import sys, {module}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_check_sees_a_heavy_import() -> None:
    code = f"import sys, scipy.optimize; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "scipy.optimize" in done.stdout.split()
