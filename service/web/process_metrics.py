"""What runs: the build as a metric, and what the operating system says of the process (CPU, memory, start, files)."""

from __future__ import annotations

import platform
from importlib.metadata import version

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, disable_created_metrics


def process_metrics(registry: CollectorRegistry, service: str) -> None:
    """Register them. The times at which series were made are left out: nothing asks for them."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # their annotations forget it
    ProcessCollector(registry=registry)
    build = Gauge("rectifier_build_info", "Always 1.", ("service", "version", "python"), registry=registry)
    build.labels(service, version("rectifier"), platform.python_version()).set(1)
