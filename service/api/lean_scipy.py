"""Scipy imported without the parts of numpy that nothing here uses.

When it is imported, scipy copies every name that numpy offers into its array interface, and so loads what numpy itself
loads only when asked: the Fortran compiler's front end, masked arrays, polynomials, its test tools. Without them a
process starts in three quarters of the time and is 8 MB smaller. Linear algebra, another 6 MB, is loaded by scipy
itself where the core first writes `scipy.linalg.name`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

UNUSED = frozenset({"char", "core", "ctypeslib", "f2py", "ma", "polynomial", "rec", "testing"})


def import_scipy() -> None:
    """Import what every calibration needs of scipy; to be called before anything else imports it."""
    with _only_what_is_used():
        import scipy.special  # noqa: F401


@contextmanager
def _only_what_is_used() -> Iterator[None]:
    """Meanwhile numpy does not list its unused subpackages; asked for by name they are there as ever."""
    offered = vars(np)
    whole = {name: offered[name] for name in ("__all__", "__dir__")}
    used = [name for name in np.__all__ if name not in UNUSED]
    offered.update(__all__=used, __dir__=lambda: used)
    try:
        yield
    finally:
        offered.update(whole)
