"""A build as Kubernetes 1.20 takes it, on a node with two CPUs: `python -m tests.k8s.older prod [--small]` prints YAML.

Debian has the whole source of Kubernetes in one version only, 1.20, so that is what can be run without anybody's
registry (`.ci/kubernetes`). What our manifests have beyond it is left out or said in older words; nothing else changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import yaml

from tests.k8s.builds import build
from tests.k8s.kustomize import Manifest
from tests.k8s.objects import CUSTOM, pods

VERSIONS = {"autoscaling/v2": "autoscaling/v2beta2", "policy/v1": "policy/v1beta1"}
SMALL = {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}


def older(objects: list[Manifest]) -> list[Manifest]:
    """These objects for 1.20; kinds that others define are left out."""
    kept = [o for o in objects if o["kind"] not in CUSTOM]
    for each in kept:
        each["apiVersion"] = VERSIONS.get(each["apiVersion"], each["apiVersion"])
        each.get("spec", {}).pop("unhealthyPodEvictionPolicy", None)  # 1.26
    for pod in pods(kept):
        for rule in pod["spec"]["topologySpreadConstraints"]:
            rule.pop("matchLabelKeys", None)  # 1.25
        for container in pod["spec"]["containers"]:
            _sleep_as_a_command(container["lifecycle"]["preStop"])
            container["image"] = f"localhost/{container['image']}"
    return kept


def _sleep_as_a_command(hook: Manifest) -> None:
    """What the kubelet does by itself from 1.30 on is a command before; the image has no shell, but a Python."""
    seconds = hook.pop("sleep")["seconds"]
    hook["exec"] = {"command": ["/opt/rectifier/bin/python", "-c", f"import time; time.sleep({seconds})"]}


def small(objects: list[Manifest]) -> list[Manifest]:
    """Pods of which several fit two CPUs."""
    for pod in pods(objects):
        for container in pod["spec"]["containers"]:
            container["resources"] = SMALL
    return objects


def main(name: str, *options: str) -> None:
    """Print the build."""
    change: Callable[[list[Manifest]], list[Manifest]] = small if "--small" in options else list
    yaml.safe_dump_all(change(older(build(name))), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
