"""What `kubectl kustomize` prints for the parts of kustomize used here; generated names carry no hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "namespace", "labels", "resources", "configMapGenerator"}


def resolve(folder: Path) -> list[Manifest]:
    """The objects of a kustomization, with its namespace and labels; ValueError for a field that is not understood."""
    plan = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(plan) - KNOWN:
        raise ValueError(f"kustomization fields not understood: {sorted(unknown)}")
    objects = [o for name in plan.get("resources", []) for o in _resource(folder / name)]
    objects += [_config_map(folder, entry) for entry in plan.get("configMapGenerator", [])]
    for each in objects:
        _label(each, plan)
    return objects


def _resource(path: Path) -> list[Manifest]:
    return resolve(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))


def _config_map(folder: Path, entry: Manifest) -> Manifest:
    lines = [line for name in entry["envs"] for line in (folder / name).read_text().splitlines()]
    pairs = [line.split("=", 1) for line in lines if line and not line.startswith("#")]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": entry["name"]}, "data": dict(pairs)}


def _label(manifest: Manifest, plan: Manifest) -> None:
    metadata = manifest["metadata"]
    if "namespace" in plan and manifest["kind"] != "Namespace":
        metadata["namespace"] = plan["namespace"]
    for entry in plan.get("labels", []):
        metadata.setdefault("labels", {}).update(entry["pairs"])
