"""What every answer may carry beside its numbers: warnings, and the work it took."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from service.calibration.errors import Warned

PER_SECOND = 3e8  # work of one core, about
WORK_LIMIT = 7e9  # 23 seconds of one core: what is begun ends before the deadline of 30


class Warning(msgspec.Struct, frozen=True):  # noqa: A001 - the word on the wire
    """A doubt about the answer."""

    code: str
    message: str
    pointer: str


class Work(msgspec.Struct, frozen=True):
    """Estimated work and the limit, in numbers read."""

    estimated: float
    limit: float


def warnings(found: Sequence[Warned]) -> list[Warning]:
    """The wire form of warnings."""
    return [Warning(w.code, w.message, w.pointer) for w in found]
