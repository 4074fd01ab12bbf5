from __future__ import annotations

import pytest

from tests.shape import budgets
from tests.shape.sources import CODE, ROOT, modules


def complaints(module: str) -> list[str]:
    source = (ROOT / module).read_text(encoding="utf-8")
    found = [*budgets.too_long(source), *budgets.long_functions(source), *budgets.empty_words(module)]
    if module.startswith("service/"):
        found += [*budgets.many_positional(source), *budgets.unused_words(source)]
    return found


@pytest.mark.parametrize("folder", CODE)
def test_modules_keep_the_budgets(folder):
    found = {module: complaints(module) for module in modules(folder)}
    assert {module: said for module, said in found.items() if said} == {}
    assert found


def test_lines_of_a_module_are_counted():
    assert not list(budgets.too_long("a = 1\n" * 300))
    assert list(budgets.too_long("a = 1\n" * 301))


@pytest.mark.parametrize(("lines", "complains"), [(39, False), (40, True)])
def test_only_code_lines_of_a_function_count(lines, complains):
    body = '    """One.\n\n    Two.\n    """\n' + "    # why\n\n" * 20 + "    a = 1\n" * lines
    assert bool(list(budgets.long_functions(f"def f():\n{body}"))) is complains


@pytest.mark.parametrize(
    ("signature", "complains"),
    [
        ("a, b, c, d, e", False),
        ("self, a, b, c, d, e", False),
        ("a, b, c, d, e, f", True),
        ("a, *, b, c, d, e, f", False),
    ],
)
def test_positional_parameters_are_counted(signature, complains):
    assert bool(list(budgets.many_positional(f"def f({signature}): ..."))) is complains


@pytest.mark.parametrize(
    ("module", "complains"),
    [
        ("service/api/utils.py", True),
        ("service/common/x.py", True),
        ("tests/test_helpers.py", True),
        ("a/database.py", False),
    ],
)
def test_names_that_say_nothing_are_seen(module, complains):
    assert bool(list(budgets.empty_words(module))) is complains


@pytest.mark.parametrize(
    ("source", "complains"), [("alpha = 1", True), ("def f(gold_n): ...", True), ("golden = 1", False)]
)
def test_replaced_words_are_seen(source, complains):
    assert bool(list(budgets.unused_words(source))) is complains
