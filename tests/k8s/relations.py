"""Relations between manifests that schemas cannot see. Each takes the objects of a namespace and yields complaints."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

from service.api.limits import Limits
from tests.k8s.kustomize import Manifest
from tests.k8s.objects import containers, of_kind, pods, ports, promised, secrets, selects, settings

Relation = Callable[[list[Manifest]], Iterator[str]]
PROBES = {"startupProbe": "/startupz", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
LOG_FILES, LOG_FILE_MEBI = 5, 100
"""What a kubelet keeps of a container's log: its own number of files, and a size up to ten times its own (10Mi)."""
BODY_SECONDS = Limits().body_seconds
LAST_WORDS_SECONDS = 5
"""The last call before a process ends, and its end."""


def selector_is_labels(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "Deployment"):
        wanted = o["spec"]["selector"]["matchLabels"]
        if not wanted.items() <= o["spec"]["template"]["metadata"]["labels"].items():
            yield f"the deployment selects {wanted}, which its pods do not carry"


def spread_selects(objects: list[Manifest]) -> Iterator[str]:
    for pod in pods(objects):
        for rule in pod["spec"]["topologySpreadConstraints"]:
            if not selects(rule["labelSelector"]["matchLabels"], objects):
                yield f"the spread over {rule['topologyKey']} selects nothing"


def service_reaches_a_port(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "Service"):
        if not selects(o["spec"]["selector"], objects):
            yield "the service selects no pod"
        for port in o["spec"]["ports"]:
            if port["targetPort"] not in ports(objects):
                yield f"no container opens {port['targetPort']}"


def probes_mean_different_things(objects: list[Manifest]) -> Iterator[str]:
    for container in containers(objects):
        for probe, path in PROBES.items():
            get = container.get(probe, {}).get("httpGet", {})
            if get.get("path") != path:
                yield f"{probe} does not ask {path}"
            if get.get("port") not in ports(objects):
                yield f"{probe} asks a port that is not open"


def command_opens_the_port(objects: list[Manifest]) -> Iterator[str]:
    for container in containers(objects):
        options = dict(zip(container["args"][1::2], container["args"][2::2], strict=True))
        if options != {"--host": "0.0.0.0", "--port": str(container["ports"][0]["containerPort"])}:
            yield f"the command listens on {options}"


def budget_selects_and_moves(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "PodDisruptionBudget"):
        if not selects(o["spec"]["selector"]["matchLabels"], objects):
            yield "the disruption budget selects no pod"
        if o["spec"].get("maxUnavailable") != 1 or o["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield "the disruption budget blocks a node drain"


def autoscaler_owns_the_replicas(objects: list[Manifest]) -> Iterator[str]:
    deployments = {o["metadata"]["name"]: o for o in of_kind(objects, "Deployment")}
    scalers = of_kind(objects, "HorizontalPodAutoscaler") + of_kind(objects, "ScaledObject")
    targets = [o["spec"]["scaleTargetRef"] for o in scalers]
    for target in targets:
        if target["kind"] != "Deployment" or target["name"] not in deployments:
            yield f"the autoscaler scales {target}, which does not exist"
        elif "replicas" in deployments[target["name"]]["spec"]:
            yield "the deployment fights the autoscaler for the number of replicas"
    yield from (f"{target['name']} has two autoscalers" for target in targets if targets.count(target) > 1)


def autoscaler_has_room_and_is_quick(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "HorizontalPodAutoscaler"):
        yield from _scaling(o["spec"]["minReplicas"], o["spec"]["maxReplicas"], o["spec"]["behavior"])
    for o in of_kind(objects, "ScaledObject"):
        behavior = o["spec"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
        yield from _scaling(o["spec"]["minReplicaCount"], o["spec"]["maxReplicaCount"], behavior)


def _scaling(least: int, most: int, behavior: Manifest) -> Iterator[str]:
    if not 2 <= least < most:
        yield "fewer than two replicas, or no room to grow"
    if behavior["scaleUp"]["stabilizationWindowSeconds"] > 0:
        yield "scaling up waits"
    if behavior["scaleDown"]["stabilizationWindowSeconds"] < 300:
        yield "scaling down is quick"


def rollout_keeps_capacity(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "Deployment"):
        rolling = o["spec"]["strategy"]["rollingUpdate"]
        if rolling["maxUnavailable"] != 0 or rolling["maxSurge"] < 1:
            yield "a rollout takes capacity away"


def drain_has_time(objects: list[Manifest]) -> Iterator[str]:
    known = settings(objects)
    shutdown = int(known["RECTIFIER_SHUTDOWN_SECONDS"])
    deadline = float(known.get("RECTIFIER_DEADLINE_SECONDS", 0))  # the gateway ends its runs with what they have
    body = float(known.get("RECTIFIER_BODY_SECONDS", BODY_SECONDS))
    for pod in pods(objects):
        pause = max(c["lifecycle"]["preStop"]["sleep"]["seconds"] for c in pod["spec"]["containers"])
        if not body + deadline < shutdown:
            yield "the process gives up before its requests do"
        if not pause + shutdown + LAST_WORDS_SECONDS <= pod["spec"]["terminationGracePeriodSeconds"]:
            yield "the kubelet kills a pod that is still answering"


def images_are_of_this_version(objects: list[Manifest]) -> Iterator[str]:
    version = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["version"]
    for container in containers(objects):
        if not re.search(rf"[^/]:{re.escape(version)}(@sha256:[0-9a-f]{{64}})?$", container["image"]):
            yield f"{container['image']} is not version {version}"


def resources_are_whole_and_fixed(objects: list[Manifest]) -> Iterator[str]:
    for container in containers(objects):
        resources = container["resources"]
        if resources["requests"] != resources["limits"]:
            yield "requests differ from limits"
        if not {"cpu", "memory", "ephemeral-storage"} <= resources["limits"].keys():
            yield "a resource has no limit"
        if not str(resources["limits"].get("cpu", "")).isdigit():
            yield "the CPU limit is not whole"


def logs_have_room(objects: list[Manifest]) -> Iterator[str]:
    """The kubelet evicts a pod whose log, which it keeps itself, is more than the pod's ephemeral storage."""
    for container in containers(objects):
        limit = container["resources"]["limits"].get("ephemeral-storage", "0Mi")
        if int(limit.removesuffix("Mi")) < LOG_FILES * LOG_FILE_MEBI:
            yield f"{limit} of ephemeral storage may be less than the log"


def references_exist(objects: list[Manifest]) -> Iterator[str]:
    maps = {o["metadata"]["name"] for o in of_kind(objects, "ConfigMap")}
    accounts = {o["metadata"]["name"] for o in of_kind(objects, "ServiceAccount")}
    for pod in pods(objects):
        spec = pod["spec"]
        if spec["serviceAccountName"] not in accounts:
            yield f"service account {spec['serviceAccountName']} does not exist"
        volumes = {v["name"] for v in spec["volumes"]}
        sources = [v["configMap"]["name"] for v in spec["volumes"] if "configMap" in v]
        for container in spec["containers"]:
            yield from (f"volume {m['name']} is missing" for m in container["volumeMounts"] if m["name"] not in volumes)
            sources += [s["configMapRef"]["name"] for s in container["envFrom"]]
        yield from (f"config map {name} does not exist" for name in sources if name not in maps)


def secrets_exist_or_are_promised(objects: list[Manifest]) -> Iterator[str]:
    """A secret comes from an ExternalSecret, or the deployment says that somebody else makes it; a promise is kept."""
    made, said = secrets(objects), promised(objects)
    used: dict[str, set[str]] = {}
    for pod in pods(objects):
        for volume in pod["spec"]["volumes"]:
            if "secret" in volume:
                used.setdefault(volume["secret"]["secretName"], set())
        for container in pod["spec"]["containers"]:
            for each in container.get("env", []):
                if reference := each.get("valueFrom", {}).get("secretKeyRef"):
                    used.setdefault(reference["name"], set()).add(reference["key"])
    yield from (f"secret {name} does not exist" for name in used if name not in made and name not in said)
    yield from (f"nobody uses secret {name}" for name in said - used.keys())
    yield from (
        f"secret {name} lacks {keys - made[name]}" for name, keys in used.items() if keys - made.get(name, keys)
    )


def one_restricted_namespace(objects: list[Manifest]) -> Iterator[str]:
    namespaces = {o["metadata"]["name"]: o["metadata"].get("labels", {}) for o in of_kind(objects, "Namespace")}
    for name, labels in namespaces.items():
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"namespace {name} does not enforce the restricted pod security standard"
    for o in objects:
        if o["kind"] != "Namespace" and o["metadata"].get("namespace") not in namespaces:
            yield f"{o['kind']} {o['metadata']['name']} is outside the namespace"


def no_token(objects: list[Manifest]) -> Iterator[str]:
    for o in [*of_kind(objects, "ServiceAccount"), *(pod["spec"] for pod in pods(objects))]:
        if o.get("automountServiceAccountToken") is not False:
            yield "a token of the cluster is mounted"


def pods_are_restricted(objects: list[Manifest]) -> Iterator[str]:
    for pod in pods(objects):
        inherited = pod["spec"].get("securityContext", {})
        for container in pod["spec"]["containers"]:
            context = inherited | container.get("securityContext", {})
            wanted = {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "readOnlyRootFilesystem": True,
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "seccompProfile": {"type": "RuntimeDefault"},
            }
            yield from (f"{key} is {context.get(key)}" for key, value in wanted.items() if context.get(key) != value)


def temporary_space_is_bounded_memory(objects: list[Manifest]) -> Iterator[str]:
    for pod in pods(objects):
        for volume in pod["spec"]["volumes"]:
            if {"configMap", "secret"} & volume.keys():
                continue
            if volume.get("emptyDir", {}).get("medium") != "Memory" or "sizeLimit" not in volume["emptyDir"]:
                yield f"volume {volume['name']} is not bounded memory"


def every_deployment_is_guarded(objects: list[Manifest]) -> Iterator[str]:
    """A disruption budget and an autoscaler: what only a small node for trials goes without."""
    if not of_kind(objects, "PodDisruptionBudget"):
        yield "there is no disruption budget"
    if not of_kind(objects, "HorizontalPodAutoscaler") + of_kind(objects, "ScaledObject"):
        yield "there is no autoscaler"


GUARDED: tuple[Relation, ...] = (every_deployment_is_guarded,)
SHARED: tuple[Relation, ...] = (
    selector_is_labels,
    spread_selects,
    service_reaches_a_port,
    probes_mean_different_things,
    command_opens_the_port,
    budget_selects_and_moves,
    autoscaler_owns_the_replicas,
    autoscaler_has_room_and_is_quick,
    rollout_keeps_capacity,
    drain_has_time,
    images_are_of_this_version,
    resources_are_whole_and_fixed,
    logs_have_room,
    references_exist,
    secrets_exist_or_are_promised,
    one_restricted_namespace,
    no_token,
    pods_are_restricted,
    temporary_space_is_bounded_memory,
)
