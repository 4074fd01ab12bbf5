from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL"):  # small matrices: threads cost more than they bring, most of all under xdist
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import pytest  # noqa: E402 - after the threads are set, should any of these import numpy
from coverage import Coverage  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("fixed", derandomize=True, deadline=None, database=None)
settings.load_profile("fixed")

TESTS = Path(__file__).parent
WATCHED = ("api", "calibration", "gateway", "web", "test_cli.py")
"""Folders of tests under code coverage: those that mirror service/. What else runs its lines, runs them again."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Code coverage pauses beside the mirror and where a test says so: watched, numpy takes up to twice as long."""
    watched = item.path.relative_to(TESTS).parts[0] in WATCHED and item.get_closest_marker("unwatched") is None
    paused: list[Coverage] = []
    while not watched and (measured := Coverage.current()) is not None:  # under xdist there are two
        measured.stop()
        paused.append(measured)
    try:
        return (yield)
    finally:
        for measured in reversed(paused):
            measured.start()
