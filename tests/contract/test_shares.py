from __future__ import annotations

from importlib import import_module

import pytest

from tests.contract.conftest import FILES, laws_of, left_to_full


@pytest.mark.parametrize("file", FILES)
def test_the_laws_of_a_file_share_its_cases(file: str) -> None:
    laws = laws_of(import_module(f"tests.contract.{file}"))
    kept = [set(range(106)) - set(left_to_full(law, 106)) for law in range(len(laws))]
    assert {len(cases) for cases in kept} <= {35, 36}
    assert set.union(*kept) == set(range(106))


def test_few_cases_are_not_shared() -> None:
    assert left_to_full(0, 39) == []
    assert len(left_to_full(1, 40)) in {26, 27}
