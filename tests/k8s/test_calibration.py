from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import kubernetes_validate
import pytest

from service.api.settings import Settings, read_settings, variables
from tests.k8s import relations
from tests.k8s.kustomize import Manifest, resolve
from tests.k8s.relations import SHARED, containers, of_kind, settings

ROOT = Path(__file__).parents[2]
VERSIONS = ("1.30", "1.32", "1.34", "1.36", "1.37")  # from 1.30 the kubelet sleeps by itself before stopping
RUNTIME = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
MEBI = 1 << 20
IDLE_MEBI = 150
BYTES_PER_VALUE = 60  # of a decoded list, its float64 array included


def settings_are_read(objects: list[Manifest]) -> Iterator[str]:
    known = settings(objects)
    yield from (f"nobody reads {key}" for key in known if key not in variables() and key not in RUNTIME)
    yield from (f"{key} is not {value}" for key, value in RUNTIME.items() if known.get(key) != value)


def memory_holds_every_request(objects: list[Manifest]) -> Iterator[str]:
    own = read_settings(settings(objects))
    (container,) = containers(objects)
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024
    need = IDLE_MEBI + needed_bytes(own) / MEBI + temporary_mebi(objects)
    if need > limit:
        yield f"{need:.0f} Mi may be needed, {limit} Mi are allowed"


def needed_bytes(own: Settings) -> int:
    """Every request that waits holds its body; those at work hold it inflated and decoded as well."""
    limits = own.limits
    waiting = (own.threads + own.queue) * limits.max_body_bytes
    return waiting + own.threads * (limits.max_inflated_bytes + BYTES_PER_VALUE * limits.max_values)


def temporary_mebi(objects: list[Manifest]) -> int:
    return sum(
        int(v["emptyDir"]["sizeLimit"].removesuffix("Mi"))
        for p in relations.pods(objects)
        for v in p["spec"]["volumes"]
    )


def threads_fit_the_cpus(objects: list[Manifest]) -> Iterator[str]:
    (container,) = containers(objects)
    if read_settings(settings(objects)).threads > int(container["resources"]["limits"]["cpu"]):
        yield "more computing threads than CPUs"


def image_is_this_version(objects: list[Manifest]) -> Iterator[str]:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for container in containers(objects):
        if container["image"].rpartition(":")[2] != version:
            yield f"{container['image']} is not version {version}"


OWN = (settings_are_read, memory_holds_every_request, threads_fit_the_cpus, image_is_this_version)
ALL = (*SHARED, relations.nothing_goes_out, *OWN)


@pytest.fixture
def objects() -> list[Manifest]:
    return resolve(ROOT / "k8s/base/calibration")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_follows_the_schema_strictly(objects, version):
    assert [kubernetes_validate.validate(o, version, strict=True) for o in objects] == [version] * 8


def test_an_unknown_field_breaks_the_schema(objects):
    (deployment,) = of_kind(objects, "Deployment")
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate(deployment, VERSIONS[0], strict=True)


@pytest.mark.parametrize("relation", ALL, ids=lambda r: r.__name__)
def test_relation_holds(objects, relation):
    assert list(relation(objects)) == []


def spec(objects: list[Manifest], kind: str) -> Manifest:
    (manifest,) = of_kind(objects, kind)
    return manifest["spec"]


def pod(objects: list[Manifest]) -> Manifest:
    return spec(objects, "Deployment")["template"]["spec"]


def container(objects: list[Manifest]) -> Manifest:
    return pod(objects)["containers"][0]


def config(objects: list[Manifest]) -> Manifest:
    return of_kind(objects, "ConfigMap")[0]["data"]


FAULTS: list[tuple[str, Callable[[list[Manifest]], object]]] = [
    ("selector_is_labels", lambda o: spec(o, "Deployment")["selector"]["matchLabels"].update(tier="web")),
    (
        "spread_selects",
        lambda o: pod(o)["topologySpreadConstraints"][1]["labelSelector"].update(matchLabels={"app": "calibration"}),
    ),
    ("service_reaches_a_port", lambda o: spec(o, "Service")["ports"][0].update(targetPort="web")),
    ("service_reaches_a_port", lambda o: spec(o, "Service").update(selector={"app": "calibration"})),
    ("probes_mean_different_things", lambda o: container(o)["livenessProbe"]["httpGet"].update(path="/readyz")),
    ("probes_mean_different_things", lambda o: container(o)["readinessProbe"]["httpGet"].update(port=8001)),
    ("probes_mean_different_things", lambda o: container(o).pop("startupProbe")),
    ("command_opens_the_port", lambda o: container(o)["args"].__setitem__(2, "127.0.0.1")),
    ("command_opens_the_port", lambda o: container(o)["args"].__setitem__(4, "8001")),
    ("budget_selects_and_moves", lambda o: spec(o, "PodDisruptionBudget")["selector"].update(matchLabels={"a": "b"})),
    ("budget_selects_and_moves", lambda o: spec(o, "PodDisruptionBudget").update(maxUnavailable=0)),
    (
        "autoscaler_owns_the_replicas",
        lambda o: spec(o, "HorizontalPodAutoscaler")["scaleTargetRef"].update(name="gateway"),
    ),
    ("autoscaler_owns_the_replicas", lambda o: spec(o, "Deployment").update(replicas=2)),
    ("autoscaler_owns_the_replicas", lambda o: spec(o, "HorizontalPodAutoscaler").update(minReplicas=1)),
    (
        "autoscaler_owns_the_replicas",
        lambda o: spec(o, "HorizontalPodAutoscaler")["behavior"]["scaleUp"].update(stabilizationWindowSeconds=60),
    ),
    ("rollout_keeps_capacity", lambda o: spec(o, "Deployment")["strategy"]["rollingUpdate"].update(maxUnavailable=1)),
    ("drain_has_time", lambda o: pod(o).update(terminationGracePeriodSeconds=40)),
    ("drain_has_time", lambda o: config(o).update(RECTIFIER_DEADLINE_SECONDS="35")),
    ("images_are_versioned", lambda o: container(o).update(image="rectifier-calibration:latest")),
    ("images_are_versioned", lambda o: container(o).update(image="host:5000/rectifier-calibration")),
    ("resources_are_whole_and_fixed", lambda o: container(o)["resources"]["requests"].update(cpu="500m")),
    (
        "resources_are_whole_and_fixed",
        lambda o: [container(o)["resources"][k].update(cpu="1500m") for k in ("requests", "limits")],
    ),
    (
        "resources_are_whole_and_fixed",
        lambda o: [container(o)["resources"][k].pop("memory") for k in ("requests", "limits")],
    ),
    ("references_exist", lambda o: container(o)["envFrom"][0]["configMapRef"].update(name="settings")),
    ("references_exist", lambda o: pod(o).update(serviceAccountName="default")),
    ("references_exist", lambda o: container(o)["volumeMounts"][0].update(name="cache")),
    (
        "one_restricted_namespace",
        lambda o: of_kind(o, "Namespace")[0]["metadata"]["labels"].update(
            {"pod-security.kubernetes.io/enforce": "baseline"}
        ),
    ),
    ("one_restricted_namespace", lambda o: of_kind(o, "Service")[0]["metadata"].update(namespace="default")),
    ("no_token", lambda o: pod(o).pop("automountServiceAccountToken")),
    ("no_token", lambda o: of_kind(o, "ServiceAccount")[0].update(automountServiceAccountToken=True)),
    ("pods_are_restricted", lambda o: container(o)["securityContext"].pop("readOnlyRootFilesystem")),
    ("pods_are_restricted", lambda o: container(o)["securityContext"]["capabilities"].update(add=["NET_RAW"])),
    ("pods_are_restricted", lambda o: pod(o)["securityContext"].update(runAsUser=0)),
    ("pods_are_restricted", lambda o: pod(o)["securityContext"].pop("seccompProfile")),
    ("temporary_space_is_bounded_memory", lambda o: pod(o)["volumes"][0]["emptyDir"].pop("sizeLimit")),
    ("network_is_closed", lambda o: spec(o, "NetworkPolicy")["podSelector"].update(matchLabels={"a": "b"})),
    ("network_is_closed", lambda o: spec(o, "NetworkPolicy").update(policyTypes=["Ingress"])),
    ("network_is_closed", lambda o: spec(o, "NetworkPolicy")["ingress"][0].pop("from")),
    ("network_is_closed", lambda o: spec(o, "NetworkPolicy")["ingress"][0]["ports"][0].update(port=9090)),
    ("nothing_goes_out", lambda o: spec(o, "NetworkPolicy").update(egress=[{"ports": [{"port": 53}]}])),
    ("settings_are_read", lambda o: config(o).update(RECTIFIER_TREADS="1")),
    ("settings_are_read", lambda o: config(o).pop("OMP_NUM_THREADS")),
    ("memory_holds_every_request", lambda o: config(o).update(RECTIFIER_QUEUE="64")),
    ("threads_fit_the_cpus", lambda o: config(o).update(RECTIFIER_THREADS="2")),
    ("image_is_this_version", lambda o: container(o).update(image="rectifier-calibration:9.9.9")),
]


@pytest.mark.parametrize(("name", "fault"), FAULTS, ids=[f"{n}-{i}" for i, (n, _) in enumerate(FAULTS)])
def test_relation_sees_its_fault(objects, name, fault):
    broken = copy.deepcopy(objects)
    fault(broken)
    (relation,) = (r for r in ALL if r.__name__ == name)
    assert list(relation(broken))


def test_every_relation_has_a_fault():
    assert {r.__name__ for r in ALL} == {name for name, _ in FAULTS}
