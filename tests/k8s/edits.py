"""Places in the objects of one namespace, for faults to be put there."""

from __future__ import annotations

from tests.k8s.kustomize import Manifest
from tests.k8s.objects import of_kind


def first(objects: list[Manifest], kind: str) -> Manifest:
    """The first object of a kind."""
    return of_kind(objects, kind)[0]


def spec(objects: list[Manifest], kind: str) -> Manifest:
    """The spec of the only object of a kind."""
    (manifest,) = of_kind(objects, kind)
    return manifest["spec"]


def pod(objects: list[Manifest]) -> Manifest:
    """The spec of the deployment's pods."""
    return spec(objects, "Deployment")["template"]["spec"]


def container(objects: list[Manifest]) -> Manifest:
    """The container of these pods."""
    return pod(objects)["containers"][0]


def values(objects: list[Manifest], suffix: str = "-settings") -> Manifest:
    """The contents of the config map whose name ends so."""
    (found,) = [o["data"] for o in of_kind(objects, "ConfigMap") if o["metadata"]["name"].endswith(suffix)]
    return found


def named(entries: list[Manifest], name: str) -> Manifest:
    """The entry of a list that has this name."""
    (found,) = [each for each in entries if each["name"] == name]
    return found
