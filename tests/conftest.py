from __future__ import annotations

import os
from collections.abc import Iterator

for library in ("OPENBLAS", "OMP", "MKL"):  # small matrices: threads cost more than they bring, most of all under xdist
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest  # noqa: E402 - after the threads are set, should any of these import numpy
from coverage import Coverage  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")


@pytest.fixture
def unwatched() -> Iterator[None]:
    """Code coverage pauses: simulations repeat what other tests run line by line, and take twice as long watched."""
    measured = Coverage.current()
    if measured is None:
        yield
        return
    measured.stop()
    try:
        yield
    finally:
        measured.start()
