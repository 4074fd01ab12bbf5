"""Reports (HTML) and figures (SVG) of an answer, written to files beside what is shown."""

from __future__ import annotations

from argparse import Namespace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from service.api.commands.usage import UsageError
from service.api.commands.waiting import Tell

if TYPE_CHECKING:
    from service.api.render.media import Forms

_MEDIA = {"report": "text/html", "figure": "image/svg+xml"}


def refuse_undrawable(chosen: Namespace) -> None:
    """``UsageError`` before anything is computed, where nothing can be drawn or there is no answer to draw."""
    for name in _wanted(chosen):
        if chosen.output == "request":
            raise UsageError(f"--{name} is made of the answer, --request asks for none")
        if find_spec("matplotlib") is None:
            raise UsageError(f"--{name} needs the extra reports: pip install 'rectifier[reports]'")


def write_drawn(chosen: Namespace, offered: Forms, answer: bytes, tell: Tell) -> None:
    """Write the files that were asked for; ``UsageError`` for those that cannot be written."""
    for name in _wanted(chosen):
        path = getattr(chosen, name)
        tell(f"drawing {path}")
        drawn = offered[_MEDIA[name]].render(answer)
        try:
            Path(path).write_bytes(drawn)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None


def _wanted(chosen: Namespace) -> list[str]:
    return [name for name in _MEDIA if getattr(chosen, name)]
