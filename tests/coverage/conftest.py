"""Simulations repeat what other tests run line by line: code coverage does not watch them, which halves their time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from coverage import Coverage


@pytest.fixture(autouse=True)
def unwatched() -> Iterator[None]:
    """Pause the measurement of code coverage, where there is one."""
    measured = Coverage.current()
    if measured is None:
        yield
        return
    measured.stop()
    try:
        yield
    finally:
        measured.start()
