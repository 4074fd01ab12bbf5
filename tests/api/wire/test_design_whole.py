from __future__ import annotations

import msgspec

from service.api.wire.design_whole import bands, robust
from service.calibration.designs import answer as core


def test_what_there_is_not_is_null() -> None:
    assert bands(None) is robust(None) is None


def test_an_open_end_of_a_band_is_null() -> None:
    found = bands(core.Bands(0.8, (0.1, 0.2), (10.0, None), (0.0, 7.0), (0.5, 1.1)))
    assert msgspec.to_builtins(found) == {
        "level": 0.8,
        "standard_error": (0.1, 0.2),
        "n_human": (10, None),
        "n_llm_only": (0, 7),
        "cost_share": (0.5, 1.1),
    }
