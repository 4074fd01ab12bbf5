"""By default every case meets a third of the laws, and every law a third of the cases; with ``--full`` all of them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent
FILES = ("test_answers", "test_equivariance", "test_invariance")
PARTS, FEWEST = 3, 40  # laws over fewer cases meet all of them


def laws_of(module: ModuleType) -> list[str]:
    """The tests of a file, in their order."""
    return [name for name in vars(module) if name.startswith("test_")]


def left_to_full(law: int, cases: int) -> list[int]:
    """The indexes of the cases that the law at this place in its file meets with ``--full`` only."""
    return [] if cases < FEWEST else [index for index in range(cases) if (index - law) % PARTS]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    laws = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and item.path.parent == HERE and item.path.stem in FILES:
            laws[item.path.stem, laws_of(item.module).index(item.originalname)].append(item)
    for (_, law), cases in laws.items():
        for index in left_to_full(law, len(cases)):
            cases[index].add_marker(pytest.mark.slow)
