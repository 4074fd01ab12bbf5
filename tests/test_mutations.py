from __future__ import annotations

import pytest

from tests.breaks import MUTATIONS, Mutation
from tests.mutations import ROOT, main, survived, table

HARMLESS = Mutation("none", "service/calibration/errors.py", "class Problem:", "class Problem:", "")
EASY = "tests/calibration/test_errors.py"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: m.name)
def test_a_mutation_fits_the_code_and_names_its_test(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.text) == 1
    assert mutation.text != mutation.broken
    file, _, function = mutation.test.partition("::")
    assert f"def {function}" in (ROOT / file).read_text()


def test_names_are_unique_and_the_table_is_in_the_readme() -> None:
    assert len({m.name for m in MUTATIONS}) == len(MUTATIONS)
    assert table() in (ROOT / "tests/README.md").read_text()


def test_a_break_that_no_test_sees_has_survived() -> None:
    assert survived(HARMLESS._replace(test=EASY)) == "its test stays green"
    caught = HARMLESS._replace(test=EASY, text="self.problems[:3]", broken="self.problems[:2]")
    assert survived(caught) is None


@pytest.mark.slow
def test_a_break_that_stops_pytest_itself_is_not_caught() -> None:
    assert "pytest ended with" in str(survived(HARMLESS._replace(test=EASY, broken="class Gone:")))


def test_a_text_that_is_not_there_has_survived() -> None:
    assert (
        survived(HARMLESS._replace(text="no such text")) == "its text stands 0 times in service/calibration/errors.py"
    )


def test_a_name_that_no_mutation_has_is_refused(capsys) -> None:
    assert main(["no such name"]) == 2
    assert "no such mutation: no such name" in capsys.readouterr().out
