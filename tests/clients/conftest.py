"""The services that clients are tried against: those of the acceptance tests."""

from __future__ import annotations

from tests.acceptance.conftest import gateways, server

__all__ = ["gateways", "server"]
