from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress

import pytest

from service.gateway.providers_file import read_providers
from service.gateway.routes.bodies import SEPARATORS
from service.gateway.settings import VALUE_BYTES, Settings, variables
from service.gateway.wire.generation import GenerationRequest, to_study
from service.web.body import FREE_BYTES
from service.web.compression import count_values
from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.gateway.studies import request
from tests.k8s.builds import BUILDS, K8S, ROOT, build
from tests.k8s.edits import container, values
from tests.k8s.kustomize import Manifest
from tests.k8s.objects import by_namespace, settings


def nested(kind: type) -> object:
    """Thirty within each other, the costliest bytes there are."""
    found: object = 1
    for _ in range(30):
        found = [found] if kind is list else {"": found}
    return found


IDLE_BYTES = 96 << 20
BYTES_PER_HELD_BYTE = 20
MANY = 10_000
BODIES = {
    "personas": {"personas": [{"unit_id": f"u{i}", "attributes": {"age": i % 90, "job": "cook"}} for i in range(MANY)]},
    "only ids": {"personas": [{"unit_id": f"u{i}"} for i in range(MANY)]},
    "one persona with many attributes": {
        "personas": [{"unit_id": "u", "attributes": dict.fromkeys(map(str, range(MANY)))}]
    },
    "one of them wrong": {"personas": [{"unit_id": 3}, *({"unit_id": f"u{i}"} for i in range(MANY))]},
    "strings for objects": {"personas": [f"{i}" for i in range(MANY)]},
    "objects of what nobody knows": {"personas": [{"a": 1}] * MANY},
    "lists in lists": {"items": [nested(list)] * (MANY // 10)},
    "objects in objects": {"items": [nested(dict)] * (MANY // 10)},
    "a field of its own": {"more": [f"{i}" for i in range(MANY)]},
}


def settings_are_read(objects: list[Manifest]) -> Iterator[str]:
    known = settings(objects)
    yield from (f"nobody reads {key}" for key in known if key not in variables() and key != "MALLOC_ARENA_MAX")
    if known.get("MALLOC_ARENA_MAX") != "2":
        yield "memory is not given back"


def memory_holds_everything(objects: list[Manifest]) -> Iterator[str]:
    """All bodies that are held, at their worst; those up to 64 KiB, which are free, in every place there is."""
    known = {**variables(), **settings(objects)}
    held, runs, chats = (int(known[f"RECTIFIER_{name}"]) for name in ("HELD_BODY_BYTES", "MAX_RUNS", "MAX_CHATS"))
    limit = int(container(objects)["resources"]["limits"]["memory"].removesuffix("Gi")) << 30
    free = (2 * runs + chats) * FREE_BYTES * BYTES_PER_HELD_BYTE
    need = IDLE_BYTES + Settings().cache_bytes + held * BYTES_PER_HELD_BYTE + free
    if need > limit:
        yield f"{need >> 20} Mi may be needed, {limit >> 20} Mi are allowed"


ALL = {r.__name__: r for r in (settings_are_read, memory_holds_everything)}
FAULTS = [
    ("settings_are_read", lambda o: values(o).update(RECTIFIER_MAX_RUN="1")),
    ("settings_are_read", lambda o: container(o).update(env=[{"name": "RECTIFIER_KEY", "value": "x"}])),
    ("settings_are_read", lambda o: values(o).pop("MALLOC_ARENA_MAX")),
    ("memory_holds_everything", lambda o: values(o).pop("RECTIFIER_HELD_BODY_BYTES")),
    ("memory_holds_everything", lambda o: values(o).update(RECTIFIER_HELD_BODY_BYTES=str(64 << 20))),
    ("memory_holds_everything", lambda o: values(o).update(RECTIFIER_MAX_CHATS="500")),
]


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_takes_no_more_than_the_arithmetic_says(kind: str) -> None:
    body = bytearray(json.dumps(request(**BODIES[kind]), separators=(",", ":")).encode())
    held = len(body) + VALUE_BYTES * count_values(body, SEPARATORS)
    tracemalloc.start()
    with suppress(ProblemError):
        to_study(StrictDecoder(GenerationRequest).decode(body))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < BYTES_PER_HELD_BYTE * held


def part(name: str) -> list[Manifest]:
    return by_namespace(build(name))["rectifier-gateway"]


@pytest.mark.parametrize("name", [name for name in BUILDS if name != "calibration"])
def test_relations_of_the_service_hold(name):
    assert [said for relation in ALL.values() for said in relation(part(name))] == []


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(FAULTS)])
def test_relation_sees_its_fault(name, fault):
    broken = part("gateway")
    fault(broken)
    assert list(ALL[name](broken))


def test_every_relation_has_a_fault():
    assert ALL.keys() == {name for name, _ in FAULTS}


def test_the_file_of_providers_is_read_and_wants_only_its_keys(tmp_path):
    problems: list[str] = []
    assert read_providers(K8S / "base/gateway/providers.toml", problems) == {}
    text = (K8S / "components/provider-keys/providers.toml").read_text()
    for name in ("openai", "anthropic", "gemini"):
        (tmp_path / name).write_text("a-key\n")
    keyed = tmp_path / "providers.toml"
    keyed.write_text(text.replace("/run/secrets/providers", tmp_path.as_posix()))
    assert set(read_providers(keyed, problems)) == {"openai", "anthropic", "gemini"}
    assert problems == []


@pytest.mark.parametrize("page", ["docs/deployment.md", "k8s/components/redis-cache/kustomization.yaml"])
def test_the_cache_is_told_by_the_name_that_may_be_looked_up(page):
    told = re.findall(r"@(redis[^:]*):6379", (ROOT / page).read_text())
    assert told == ["redis.cache.svc.cluster.local"]
