from __future__ import annotations

import importlib

from service.calibration.diagnostics import checks as package
from service.calibration.diagnostics.check import Settings
from service.calibration.diagnostics.checks import CHECKS


def test_every_check_is_the_module_of_its_name() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    assert [module.CHECK for module in modules] == list(CHECKS)


def test_settings_have_defaults() -> None:
    assert (Settings().margin, Settings().min_cell, Settings().confidence_level) == (0.2, 10, 0.95)
