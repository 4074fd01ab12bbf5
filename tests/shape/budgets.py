"""The budgets of one Python file: each function yields its complaints."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.shape.sources import Function, functions

MODULE_LINES = 300
FUNCTION_LINES = 40
POSITIONAL = 5
EMPTY_NAMES = {"utils", "helpers", "common", "manager", "base", "data"}
UNUSED_WORDS = {"silicon", "fake", "gold", "alpha"}


def too_long(source: str) -> Iterator[str]:
    if (count := len(source.splitlines())) > MODULE_LINES:
        yield f"{count} lines"


def long_functions(source: str) -> Iterator[str]:
    lines = source.splitlines()
    for node in functions(ast.parse(source)):
        if (count := code_lines(node, lines)) > FUNCTION_LINES:
            yield f"{node.name} has {count} code lines"


def code_lines(node: Function, lines: list[str]) -> int:
    """Lines from def to the end that are neither empty, comment nor the docstring."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = range(first.lineno, (first.end_lineno or 0) + 1) if documented else range(0)
    numbers = (n for n in range(node.lineno, (node.end_lineno or 0) + 1) if n not in docstring)
    return sum(1 for n in numbers if lines[n - 1].strip() and not lines[n - 1].strip().startswith("#"))


def many_positional(source: str) -> Iterator[str]:
    for node in functions(ast.parse(source)):
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
        if len(names) > POSITIONAL:
            yield f"{node.name} takes {len(names)} positional parameters"


def empty_words(module: str) -> Iterator[str]:
    """Names that say nothing, in the path of a module."""
    parts = module.removesuffix(".py").split("/")
    yield from (f"{part} says nothing" for part in parts if part.removeprefix("test_") in EMPTY_NAMES)


def unused_words(source: str) -> Iterator[str]:
    """Identifiers with words that the vocabulary has replaced."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "id", None) or getattr(node, "arg", None) or getattr(node, "name", None)
        if isinstance(name, str) and UNUSED_WORDS & set(name.lower().split("_")):
            yield f"{name}: see the vocabulary in CONTRIBUTING.md"
