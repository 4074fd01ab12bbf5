from __future__ import annotations

from prometheus_client import CollectorRegistry

from service.web.process_metrics import process_metrics


def test_build_and_process_are_told() -> None:
    registry = CollectorRegistry()
    process_metrics(registry, "gateway")
    (build,) = [s for f in registry.collect() if f.name == "rectifier_build_info" for s in f.samples]
    assert (build.labels["service"], build.labels.keys(), build.value) == (
        "gateway",
        {"service", "version", "python"},
        1,
    )
    assert registry.get_sample_value("process_resident_memory_bytes") > 1e6
    assert registry.get_sample_value("process_start_time_seconds") > 1e9
