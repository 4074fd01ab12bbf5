from __future__ import annotations

from service.api.wire.doubts import warnings
from service.calibration.errors import Warned


def test_a_warning_keeps_code_message_and_place():
    (found,) = warnings([Warned("few_humans", "few", "/data")])
    assert (found.code, found.message, found.pointer) == ("few_humans", "few", "/data")
