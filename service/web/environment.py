"""Settings from environment variables: one prefix, read once, every bad value named.

Names that Kubernetes itself injects for a service called rectifier (RECTIFIER_PORT, RECTIFIER_SERVICE_...) are not
used by any setting, which is also why unknown names are ignored.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

PREFIX = "RECTIFIER_"
OR_OFF = {"zero": "off"}  # metadata of a number that may also be 0


class SettingsError(ValueError):
    """A setting that cannot be used; says which, and what it takes."""


def variables_of(*kinds: Any) -> dict[str, object]:  # noqa: ANN401 - dataclasses have no type of their own
    """The environment variables of these dataclasses, with their defaults."""
    return {
        PREFIX + f.name.upper(): f.default
        for kind in kinds
        for f in dataclasses.fields(kind)
        if f.default is not dataclasses.MISSING
    }


def chosen(kind: Any, environ: Mapping[str, str], problems: list[str]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The fields of a dataclass that the environment sets, in the type of their defaults; bad ones go to problems."""
    found: dict[str, Any] = {}
    for f in dataclasses.fields(kind):
        name = PREFIX + f.name.upper()
        text = environ.get(name)
        if text is None or f.default is dataclasses.MISSING:
            continue
        try:
            found[f.name] = _parse(text.strip(), f.default, or_off=f.metadata == OR_OFF)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    return found


def _parse(text: str, default: object, *, or_off: bool) -> object:
    """The value in the type of its default; numbers are positive, or 0 where that means off."""
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        if text.lower() not in {"true", "false"}:
            raise ValueError("true or false is needed")
        return text.lower() == "true"
    kind, words = (int, "a positive whole number") if isinstance(default, int) else (float, "a positive number")
    words += " or 0" if or_off else ""
    try:
        number = kind(text)
    except ValueError:
        raise ValueError(f"{words} is needed") from None
    if not (0 < number < float("inf") or (or_off and number == 0)):
        raise ValueError(f"{words} is needed")
    return number
