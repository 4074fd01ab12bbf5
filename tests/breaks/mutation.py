"""What a deliberate break is."""

from __future__ import annotations

from typing import NamedTuple

CORE = "service/calibration"


class Mutation(NamedTuple):
    """One break: what it is, the file, the text and what replaces it, the test that must fail."""

    name: str
    file: str
    text: str
    broken: str
    test: str
