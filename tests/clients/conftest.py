"""The services that clients are tried against: those of the acceptance tests; and the R package, installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.conftest import gateways, server
from tests.clients import r_package

__all__ = ["gateways", "server"]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return r_package.installed(tmp_path_factory.mktemp("r"))
