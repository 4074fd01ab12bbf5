from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from service.gateway.providers_file import read_providers
from service.gateway.settings import VALUE_BYTES, Settings, variables
from service.web.body import FREE_BYTES
from tests.k8s.builds import BUILDS, K8S, ROOT, build
from tests.k8s.edits import container, values
from tests.k8s.kustomize import Manifest
from tests.k8s.objects import by_namespace, settings

IDLE_BYTES = 96 << 20
BYTES_PER_BODY_BYTE = 20  # measured: 11 for personas of two attributes, 15 for personas that are only an id
BYTES_PER_VALUE = 150  # measured: 145 for short strings in the wrong place, 112 for small objects


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
    free = (2 * runs + chats) * FREE_BYTES * BYTES_PER_BODY_BYTE
    need = IDLE_BYTES + Settings().cache_bytes + held * BYTES_PER_BODY_BYTE + free
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


def test_what_a_value_holds_is_what_it_costs() -> None:
    assert VALUE_BYTES * BYTES_PER_BODY_BYTE >= BYTES_PER_VALUE


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
