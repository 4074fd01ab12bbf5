"""Problem documents (RFC 9457): every refusal of every route, the framework's own included.

Layers: a ``ProblemError`` is raised anywhere in the shell; one boundary turns it into a ``document`` with the help of a
catalogue, which owns the status and the fixed title of each code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Protocol

import msgspec

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 100


class FieldError(msgspec.Struct, frozen=True):
    """One reason for a refusal: JSON pointer into the body, stable code, what was seen, what to do."""

    pointer: str
    code: str
    detail: str
    hint: str = ""


class Located(Protocol):
    """What any reason looks like, ours or the core's."""

    @property
    def pointer(self) -> str:
        """RFC 6901 pointer into the request body; empty for the whole."""
        ...

    @property
    def code(self) -> str:
        """Stable snake_case code, a key of the catalogue."""
        ...

    @property
    def detail(self) -> str:
        """What was seen; never a person's value."""
        ...

    @property
    def hint(self) -> str:
        """What to do."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue: an error (with its HTTP status) or, without status, a warning."""

    code: str
    status: int | None
    title: str
    meaning: str
    action: str


Catalogue = Mapping[str, Entry]


def read_catalogue(text: str) -> dict[str, Entry]:
    """The entries of a TOML text, one table per code."""
    tables = tomllib.loads(text)
    return {code: msgspec.convert({"code": code, "status": None} | table, Entry) for code, table in tables.items()}


@cache
def web_catalogue() -> Catalogue:
    """The refusals that do not depend on what the service computes."""
    return read_catalogue(files("service.web").joinpath("catalogue.toml").read_text())


class ProblemError(Exception):
    """A refusal on its way out: code of the catalogue, detail of this occurrence, the errors it is made of, headers."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[Located] = (),
        *,
        total: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code, self.detail, self.errors = code, detail, errors
        self.total = len(errors) if total is None else total
        self.headers = dict(headers or {})
        super().__init__(code)


class ProblemDocument(msgspec.Struct, frozen=True):
    """The body of every answer that is not a success (RFC 9457); type and title are fixed for a code."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldError]
    errors_total: int


def from_errors(errors: Sequence[Located], total: int | None = None) -> ProblemError:
    """The refusal for these errors: their common code, or ``invalid_request`` when they differ."""
    count = len(errors) if total is None else total
    code = errors[0].code if len({error.code for error in errors}) == 1 else "invalid_request"
    detail = errors[0].detail if count == 1 else f"{count} problems were found; each is in errors."
    return ProblemError(code, detail, errors, total=count)


def document(problem: ProblemError, catalogue: Catalogue, instance: str) -> tuple[int, bytes]:
    """Status and encoded problem document; a code missing from the catalogue is answered as 422 under its own name."""
    entry = catalogue.get(problem.code)
    status = (entry.status if entry else None) or 422
    title = entry.title if entry else problem.code.replace("_", " ").capitalize()
    errors = [FieldError(e.pointer, e.code, e.detail, e.hint) for e in problem.errors[:MAX_ERRORS]]
    body = ProblemDocument(
        f"/v1/problems/{problem.code}", title, status, problem.detail, instance, problem.code, errors, problem.total
    )
    return status, msgspec.json.encode(body)
