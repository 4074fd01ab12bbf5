from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.api.settings import Settings, read_settings, variables
from service.web.body import FREE_BYTES
from service.web.pipelining import MAX_WAITING_BYTES
from service.web.server import MAX_CONNECTIONS
from tests.k8s.builds import BUILDS, build
from tests.k8s.edits import container, spec, values
from tests.k8s.kustomize import Manifest
from tests.k8s.network import nothing_goes_out
from tests.k8s.objects import by_namespace, containers, pods, settings

RUNTIME = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
MEBI = 1 << 20
# Measured by python -m tests.load.memory (docs/capacity.md)
IDLE_MEBI = 230  # supervisor, worker, parsing process
PARSING_COPIES = 2  # the inflated body, and a padded copy of it while its numbers are read
PARSING_BYTES_PER_VALUE = 31
SHARED_BYTES_PER_VALUE = 8  # the columns of the request that is computed, and of the one that is parsed
COMPUTING_BYTES_PER_VALUE = 20
COMPUTING_BYTES_PER_NAME = 200  # a different name: the name, its place in the document, and the order of all


def settings_are_read(objects: list[Manifest]) -> Iterator[str]:
    known = settings(objects)
    yield from (f"nobody reads {key}" for key in known if key not in variables() and key not in RUNTIME)
    yield from (f"{key} is not {value}" for key, value in RUNTIME.items() if known.get(key) != value)


def memory_holds_every_request(objects: list[Manifest]) -> Iterator[str]:
    own = read_settings(values(objects))
    (container,) = containers(objects)
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024
    need = IDLE_MEBI + needed_bytes(own) / MEBI + temporary_mebi(objects)
    if need > limit:
        yield f"{need:.0f} Mi may be needed, {limit} Mi are allowed"


def needed_bytes(own: Settings) -> int:
    """All bodies that may be kept, one of them twice while it is copied; one being parsed; one per thread computed."""
    limits = own.limits
    kept = own.held_body_bytes + limits.max_body_bytes + MAX_CONNECTIONS * (FREE_BYTES + MAX_WAITING_BYTES)
    parsing = PARSING_COPIES * limits.max_inflated_bytes + PARSING_BYTES_PER_VALUE * limits.max_values
    shared = (own.threads + 1) * SHARED_BYTES_PER_VALUE * limits.max_values
    computing = COMPUTING_BYTES_PER_VALUE * limits.max_values + COMPUTING_BYTES_PER_NAME * limits.max_names
    return kept + parsing + shared + own.threads * computing


def temporary_mebi(objects: list[Manifest]) -> int:
    sizes = [v["emptyDir"]["sizeLimit"] for p in pods(objects) for v in p["spec"]["volumes"] if "emptyDir" in v]
    return sum(int(size.removesuffix("Mi")) for size in sizes)


def threads_fit_the_cpus(objects: list[Manifest]) -> Iterator[str]:
    (container,) = containers(objects)
    if read_settings(values(objects)).threads > int(container["resources"]["limits"]["cpu"]):
        yield "more computing threads than CPUs"


ALL = {r.__name__: r for r in (nothing_goes_out, settings_are_read, memory_holds_every_request, threads_fit_the_cpus)}
POLICY = "NetworkPolicy"
FAULTS = [
    ("nothing_goes_out", lambda o: spec(o, POLICY).update(egress=[{"ports": [{"port": 53}]}])),
    ("nothing_goes_out", lambda o: o.append({"kind": "CiliumNetworkPolicy", "spec": {"egress": []}})),
    ("settings_are_read", lambda o: values(o).update(RECTIFIER_TREADS="1")),
    ("settings_are_read", lambda o: container(o).update(env=[{"name": "RECTIFIER_KEY", "value": "x"}])),
    ("settings_are_read", lambda o: values(o).pop("OMP_NUM_THREADS")),
    ("memory_holds_every_request", lambda o: values(o).update(RECTIFIER_HELD_BODY_BYTES=str(640 << 20))),
    ("memory_holds_every_request", lambda o: values(o).update(RECTIFIER_MAX_INFLATED_BYTES=str(512 << 20))),
    ("threads_fit_the_cpus", lambda o: values(o).update(RECTIFIER_THREADS="2")),
]


def part(name: str) -> list[Manifest]:
    return by_namespace(build(name))["rectifier"]


@pytest.mark.parametrize("name", [name for name in BUILDS if name != "gateway"])
def test_relations_of_the_service_hold(name):
    assert [said for relation in ALL.values() for said in relation(part(name))] == []


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(FAULTS)])
def test_relation_sees_its_fault(name, fault):
    broken = part("calibration")
    fault(broken)
    assert list(ALL[name](broken))


def test_every_relation_has_a_fault():
    assert ALL.keys() == {name for name, _ in FAULTS}
