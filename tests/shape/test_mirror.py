from __future__ import annotations

from tests.shape import mirror
from tests.shape.sources import ROOT, modules, tree

SERVICE = modules("service")
TESTS = modules("tests")


def test_modules_have_their_test_files():
    coded = [module for module in SERVICE if mirror.has_code(tree(module))]
    missing = [m for m in coded if m not in mirror.ELSEWHERE and not mirror.is_tested(m, TESTS)]
    assert [f"{mirror.test_file(module)} is missing" for module in missing] == []
    assert len(coded) > 100


def test_test_files_have_their_modules():
    assert [test for test in TESTS if mirror.is_orphan(test, SERVICE)] == []
    assert len(TESTS) > 100


def test_exceptions_are_needed_and_true():
    assert [m for m in mirror.ELSEWHERE if m not in SERVICE or mirror.is_tested(m, TESTS)] == []
    assert [place for place in mirror.ELSEWHERE.values() if not (ROOT / place.split(":")[0]).exists()] == []


def test_a_missing_test_file_is_seen():
    assert mirror.test_file("service/api/wire/plan.py") == "tests/api/wire/test_plan.py"
    assert mirror.is_tested("service/cli.py", ["tests/test_cli_gateway.py"])
    assert not mirror.is_tested("service/cli.py", ["tests/api/test_cli.py", "tests/test_client.py"])
    assert mirror.is_orphan("tests/api/test_gone.py", ["service/api/here.py"])
    assert not mirror.is_orphan("tests/acceptance/test_hostile.py", ["service/api/here.py"])
