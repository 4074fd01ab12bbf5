"""A refusal for people: what is wrong where, and what to do; problems of one kind in one column stand together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from service.api.catalogue import CATALOGUE
from service.api.commands.places import place_of
from service.api.commands.requests.document import Document
from service.api.reading.csv_request import in_csv
from service.web.problems import Located, ProblemError

_ROWS = 5
_SAID_ROW = re.compile(r" ?This is row \d+ below the header\.")
_OPTIONS = {
    "r_na_string": "Or say what means missing: --na NA.",
    "wrong_type": "Or, where answers are words: --estimand proportions.",
    "missing_arm": "Or, if every column is for one arm: --prediction MODEL@ARM=COLUMN.",
    "missing_human_answer": "Or --missing drop_unit.",
}
Kind = tuple[str, str, str, str]  # code, what it is, what was seen, what to do


def told(problem: ProblemError, document: Document, options: Collection[str] = ()) -> str:
    """The lines of a refusal; fields of the request that are ``options`` are called by these."""
    head = f"refused ({problem.code}): {_count(problem.total) if problem.errors else problem.detail}"
    shown = [line for kind, rows in _grouped(problem.errors, document, options) for line in _lines(kind, rows)]
    if not problem.errors and (action := _action(problem.code)):
        shown = [_advice(action)]
    more = problem.total - len(problem.errors)
    return "\n".join([head, *shown, *([f"  and {more} more"] if more > 0 and problem.errors else [])])


def _count(total: int) -> str:
    return "one problem" if total == 1 else f"{total} problems"


def _grouped(
    errors: Iterable[Located], document: Document, options: Collection[str]
) -> Iterator[tuple[Kind, list[int]]]:
    found: dict[Kind, list[int]] = {}
    for error in errors:
        place, row = place_of(error.pointer, document, options)
        rows = found.setdefault((error.code, place, error.detail, _hint(error, row, document)), [])
        rows += [] if row is None else [row]
    yield from found.items()


def _hint(error: Located, row: int | None, document: Document) -> str:
    """What to do, in words of CSV and of the command line where the problem is in a row of the file."""
    if row is None:
        return error.hint or _action(error.code)
    hint = _SAID_ROW.sub("", in_csv(error).hint) or _action(error.code)
    option = _OPTIONS.get(error.code, "") if document.rows is None else ""
    return f"{hint}{'' if hint.endswith('.') or not option else '.'} {option}".rstrip()


def _action(code: str) -> str:
    entry = CATALOGUE.get(code)
    return entry.action if entry else ""


def _lines(kind: Kind, rows: list[int]) -> list[str]:
    code, place, detail, hint = kind
    what = f"  {': '.join(filter(None, [_where(place, rows), detail]))} [{code}]"
    return [what, _advice(hint)] if hint else [what]


def _advice(text: str) -> str:
    return f"     -> {text}"


def _where(place: str, rows: list[int]) -> str:
    if not rows:
        return place
    if len(rows) == 1:
        return f"{place}, row {rows[0]} below the header".removeprefix("the row, ")
    more = f" and {len(rows) - _ROWS} more" if len(rows) > _ROWS else ""
    return f"{place}, rows {', '.join(map(str, rows[:_ROWS]))}{more} below the header"
