"""What may be said of a fault of ours: which exception and where, never its message, which may quote a value."""

from __future__ import annotations

import traceback


def where(error: BaseException) -> str:
    """Class and place of an exception."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
