"""Reading the objects of one namespace: pods, containers, ports, what reaches their environment and their files."""

from __future__ import annotations

from typing import Any

from tests.k8s.kustomize import Manifest

CUSTOM = {"ScaledObject", "CiliumNetworkPolicy", "ExternalSecret", "ServiceMonitor", "PrometheusRule"}
"""Kinds that something else than Kubernetes defines."""
PROMISE = "rectifier/secret."
"""Annotation of a deployment: this secret is made by someone else."""


def by_namespace(objects: list[Manifest]) -> dict[str, list[Manifest]]:
    """The objects of every namespace, the namespace itself among them."""
    parts: dict[str, list[Manifest]] = {}
    for each in objects:
        metadata = each["metadata"]
        name = metadata["name"] if each["kind"] == "Namespace" else metadata.get("namespace", "")
        parts.setdefault(name, []).append(each)
    return parts


def of_kind(objects: list[Manifest], kind: str) -> list[Manifest]:
    """The objects of one kind."""
    return [o for o in objects if o["kind"] == kind]


def pods(objects: list[Manifest]) -> list[Manifest]:
    """The pod templates."""
    return [o["spec"]["template"] for o in of_kind(objects, "Deployment")]


def containers(objects: list[Manifest]) -> list[Manifest]:
    """The containers of every pod."""
    return [c for pod in pods(objects) for c in pod["spec"]["containers"]]


def config(objects: list[Manifest], name: str) -> dict[str, str]:
    """The contents of a config map; empty if there is none of this name."""
    return {k: v for o in of_kind(objects, "ConfigMap") if o["metadata"]["name"] == name for k, v in o["data"].items()}


def settings(objects: list[Manifest]) -> dict[str, str]:
    """What reaches the environment of the containers; a value that comes from a secret is empty."""
    known: dict[str, str] = {}
    for container in containers(objects):
        for source in container["envFrom"]:
            known |= config(objects, source["configMapRef"]["name"])
        known |= {each["name"]: each.get("value", "") for each in container.get("env", [])}
    return known


def selects(labels: dict[str, str], objects: list[Manifest]) -> bool:
    """Whether these labels, of which there is at least one, select a pod."""
    return bool(labels) and any(labels.items() <= pod["metadata"]["labels"].items() for pod in pods(objects))


def ports(objects: list[Manifest]) -> set[Any]:
    """Names and numbers of the ports that the containers open."""
    return {p[key] for c in containers(objects) for p in c["ports"] for key in ("name", "containerPort")}


def files(objects: list[Manifest]) -> dict[str, set[str] | None]:
    """Every mounted folder and the files in it; None where they are not known here (a secret of somebody else)."""
    found: dict[str, set[str] | None] = {}
    for pod in pods(objects):
        volumes = {v["name"]: v for v in pod["spec"]["volumes"]}
        for container in pod["spec"]["containers"]:
            for mount in container["volumeMounts"]:
                found[mount["mountPath"]] = _entries(objects, volumes.get(mount["name"], {}))
    return found


def _entries(objects: list[Manifest], volume: Manifest) -> set[str] | None:
    if "configMap" in volume:
        return set(config(objects, volume["configMap"]["name"]))
    if "secret" in volume:
        return secrets(objects).get(volume["secret"]["secretName"])
    return set()


def secrets(objects: list[Manifest]) -> dict[str, set[str]]:
    """The secrets that external ones become, and their entries."""
    return {
        o["spec"]["target"]["name"]: {each["secretKey"] for each in o["spec"]["data"]}
        for o in of_kind(objects, "ExternalSecret")
    }


def promised(objects: list[Manifest]) -> set[str]:
    """The secrets of which the deployments say that somebody else makes them."""
    notes = [a for o in of_kind(objects, "Deployment") for a in o["metadata"].get("annotations", {}).items()]
    return {name.removeprefix(PROMISE) for name, maker in notes if name.startswith(PROMISE) and maker == "external"}
