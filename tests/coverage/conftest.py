from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def simulated(unwatched: None) -> None:
    """All of this folder."""
