"""The query of a computing POST; it may hold data, so it is never logged or echoed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from service.web.problems import ProblemError

_WORDS = {"true": True, "false": False}
_MOST = 10


@dataclass(frozen=True, slots=True)
class Query:
    """Whether only validation is asked for, and the parameters that belong to the body."""

    validate_only: bool
    parameters: Mapping[str, str]


_NOTHING = Query(validate_only=False, parameters={})


def read_query(query: bytes, allowed: Collection[str]) -> Query:
    """422 for anything but ``validate_only`` (true and false in any case: R writes TRUE) and the allowed, each once."""
    if not query:
        return _NOTHING
    try:
        pairs = parse_qsl(query.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError:
        raise ProblemError("unknown_parameter", "The query is not URL-encoded UTF-8, or has many parts.") from None
    found = dict(pairs)
    word = found.pop("validate_only", "false").lower()
    if len(pairs) > len(dict(pairs)):
        raise ProblemError("unknown_parameter", "A query parameter stands twice.")
    if word not in _WORDS or not set(found) <= set(allowed):
        names = ", ".join(("validate_only (true or false)", *allowed))
        raise ProblemError("unknown_parameter", f"The query parameters for this Content-Type are: {names}.")
    return Query(_WORDS[word], found)
