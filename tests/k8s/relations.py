"""Relations between manifests that schemas cannot see. Each takes the objects of a base and yields its complaints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.k8s.kustomize import Manifest

Relation = Callable[[list[Manifest]], Iterator[str]]
PROBES = {"startupProbe": "/startupz", "livenessProbe": "/livez", "readinessProbe": "/readyz"}


def of_kind(objects: list[Manifest], kind: str) -> list[Manifest]:
    """The objects of one kind."""
    return [o for o in objects if o["kind"] == kind]


def pods(objects: list[Manifest]) -> list[Manifest]:
    """The pod templates."""
    return [o["spec"]["template"] for o in of_kind(objects, "Deployment")]


def containers(objects: list[Manifest]) -> list[Manifest]:
    """The containers of every pod."""
    return [c for pod in pods(objects) for c in pod["spec"]["containers"]]


def settings(objects: list[Manifest]) -> dict[str, str]:
    """What the config maps put into the environment."""
    return {k: v for o in of_kind(objects, "ConfigMap") for k, v in o["data"].items()}


def selects(labels: dict[str, str], objects: list[Manifest]) -> bool:
    """Whether these labels, of which there is at least one, select a pod."""
    return bool(labels) and any(labels.items() <= pod["metadata"]["labels"].items() for pod in pods(objects))


def ports(objects: list[Manifest]) -> set[Any]:
    """Names and numbers of the ports that the containers open."""
    return {p[key] for c in containers(objects) for p in c["ports"] for key in ("name", "containerPort")}


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
    for o in of_kind(objects, "HorizontalPodAutoscaler"):
        target = o["spec"]["scaleTargetRef"]
        if target["kind"] != "Deployment" or target["name"] not in deployments:
            yield f"the autoscaler scales {target}, which does not exist"
        elif "replicas" in deployments[target["name"]]["spec"]:
            yield "the deployment fights the autoscaler for the number of replicas"
        if not 2 <= o["spec"]["minReplicas"] < o["spec"]["maxReplicas"]:
            yield "fewer than two replicas, or no room to grow"
        if o["spec"]["behavior"]["scaleUp"]["stabilizationWindowSeconds"] > 0:
            yield "scaling up waits"


def rollout_keeps_capacity(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "Deployment"):
        rolling = o["spec"]["strategy"]["rollingUpdate"]
        if rolling["maxUnavailable"] != 0 or rolling["maxSurge"] < 1:
            yield "a rollout takes capacity away"


def drain_has_time(objects: list[Manifest]) -> Iterator[str]:
    known = settings(objects)
    shutdown, deadline = int(known["RECTIFIER_SHUTDOWN_SECONDS"]), float(known["RECTIFIER_DEADLINE_SECONDS"])
    for pod in pods(objects):
        pause = max(c["lifecycle"]["preStop"]["sleep"]["seconds"] for c in pod["spec"]["containers"])
        if not deadline < shutdown:
            yield "the process gives up before its requests do"
        if not pause + shutdown < pod["spec"]["terminationGracePeriodSeconds"]:
            yield "the kubelet kills a pod that is still answering"


def images_are_versioned(objects: list[Manifest]) -> Iterator[str]:
    for container in containers(objects):
        if not re.search(r"[^/]:v?\d+\.\d+\.\d+$", container["image"]):
            yield f"{container['image']} carries no version"


def resources_are_whole_and_fixed(objects: list[Manifest]) -> Iterator[str]:
    for container in containers(objects):
        resources = container["resources"]
        if resources["requests"] != resources["limits"]:
            yield "requests differ from limits"
        if not {"cpu", "memory", "ephemeral-storage"} <= resources["limits"].keys():
            yield "a resource has no limit"
        if not str(resources["limits"].get("cpu", "")).isdigit():
            yield "the CPU limit is not whole"


def references_exist(objects: list[Manifest]) -> Iterator[str]:
    maps = {o["metadata"]["name"] for o in of_kind(objects, "ConfigMap")}
    accounts = {o["metadata"]["name"] for o in of_kind(objects, "ServiceAccount")}
    for pod in pods(objects):
        spec = pod["spec"]
        if spec["serviceAccountName"] not in accounts:
            yield f"service account {spec['serviceAccountName']} does not exist"
        volumes = {v["name"] for v in spec["volumes"]}
        for container in spec["containers"]:
            yield from (f"volume {m['name']} is missing" for m in container["volumeMounts"] if m["name"] not in volumes)
            sources = [s["configMapRef"]["name"] for s in container["envFrom"]]
            yield from (f"config map {name} does not exist" for name in sources if name not in maps)


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
            if volume.get("emptyDir", {}).get("medium") != "Memory" or "sizeLimit" not in volume["emptyDir"]:
                yield f"volume {volume['name']} is not bounded memory"


def network_is_closed(objects: list[Manifest]) -> Iterator[str]:
    policies = of_kind(objects, "NetworkPolicy")
    if not any(selects(o["spec"]["podSelector"].get("matchLabels", {}), objects) for o in policies):
        yield "no network policy selects the pods"
    for o in policies:
        if set(o["spec"]["policyTypes"]) != {"Ingress", "Egress"}:
            yield "the network policy leaves a direction open"
        for rule in o["spec"].get("ingress", []):
            if not rule.get("from"):
                yield "anyone may come in"
            yield from (f"{p.get('port')} is not open" for p in rule["ports"] if p.get("port") not in ports(objects))


def nothing_goes_out(objects: list[Manifest]) -> Iterator[str]:
    for o in of_kind(objects, "NetworkPolicy"):
        if o["spec"].get("egress"):
            yield f"egress is allowed: {o['spec']['egress']}"


SHARED: tuple[Relation, ...] = (
    selector_is_labels,
    spread_selects,
    service_reaches_a_port,
    probes_mean_different_things,
    command_opens_the_port,
    budget_selects_and_moves,
    autoscaler_owns_the_replicas,
    rollout_keeps_capacity,
    drain_has_time,
    images_are_versioned,
    resources_are_whole_and_fixed,
    references_exist,
    one_restricted_namespace,
    no_token,
    pods_are_restricted,
    temporary_space_is_bounded_memory,
    network_is_closed,
)
