"""What `kubectl kustomize` prints for the parts of kustomize used here; generated names carry no hash."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KNOWN = {"apiVersion", "kind", "namespace", "labels", "resources", "components", "configMapGenerator", "patches"}
KEYS = {"containers": "name", "env": "name", "volumes": "name", "volumeMounts": "mountPath"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def resolve(folder: Path) -> list[Manifest]:
    """The objects of a kustomization, with its namespace and labels; ValueError for a field that is not understood."""
    return extended([], folder)


def extended(objects: list[Manifest], folder: Path) -> list[Manifest]:
    """These objects with those of a kustomization or component, changed as it says."""
    plan = _read((folder / "kustomization.yaml").read_text())[0]
    if unknown := set(plan) - KNOWN:
        raise ValueError(f"kustomization fields not understood: {sorted(unknown)}")
    objects = objects + [o for name in plan.get("resources", []) for o in _resource(folder / name)]
    for name in plan.get("components", []):
        objects = extended(objects, folder / name)
    for entry in plan.get("configMapGenerator", []):
        _generate(objects, folder, entry)
    for entry in plan.get("patches", []):
        objects = _patched(objects, folder, entry)
    for each in objects:
        _label(each, plan)
    return objects


def _read(text: str) -> list[Any]:
    return list(yaml.load_all(text, _LOADER))


def _resource(path: Path) -> list[Manifest]:
    return resolve(path) if path.is_dir() else _read(path.read_text())


def _generate(objects: list[Manifest], folder: Path, entry: Manifest) -> None:
    """A new config map, or more data in one that there is."""
    lines = [line for name in entry.get("envs", []) for line in (folder / name).read_text().splitlines()]
    data = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    data |= {name: (folder / name).read_text() for name in entry.get("files", [])}
    place: Manifest = {"name": entry["name"]} | ({"namespace": entry["namespace"]} if "namespace" in entry else {})
    if "labels" in (options := entry.get("options", {})):
        place["labels"] = dict(options["labels"])
    if entry.get("behavior") != "merge":
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": place, "data": data})
        return
    (found,) = [o for o in objects if o["kind"] == "ConfigMap" and place.items() <= o["metadata"].items()]
    found["data"] |= data


def _patched(objects: list[Manifest], folder: Path, entry: Manifest) -> list[Manifest]:
    (patch,) = _read((folder / entry["path"]).read_text() if "path" in entry else entry["patch"])
    kept = []
    for each in objects:
        if not _meant(each, entry, patch):
            kept.append(each)
        elif patch.get("$patch") != "delete":
            merge(each, {key: value for key, value in patch.items() if key not in {"apiVersion", "kind"}})
            kept.append(each)
    return kept


def _meant(manifest: Manifest, entry: Manifest, patch: Manifest) -> bool:
    if "target" in entry:
        named = manifest | {"name": manifest["metadata"]["name"]}
        return bool(entry["target"].items() <= {k: named[k] for k in ("kind", "name")}.items())
    place = {key: manifest["metadata"].get(key) for key in ("name", "namespace")}
    return bool(manifest["kind"] == patch["kind"] and place == {key: patch["metadata"].get(key) for key in place})


def merge(into: Manifest, patch: Manifest) -> None:
    """A strategic merge: objects by field, lists of `KEYS` by their key with what is new in front, others replaced."""
    for field, value in patch.items():
        old = into.get(field)
        if isinstance(value, dict) and isinstance(old, dict):
            merge(old, value)
        elif isinstance(old, list) and field in KEYS:
            into[field] = _merged(old, value, KEYS[field])
        else:
            into[field] = copy.deepcopy(value)


def _merged(old: list[Manifest], new: list[Manifest], key: str) -> list[Manifest]:
    known = {each[key]: each for each in old}
    for each in new:
        if each[key] in known:
            merge(known[each[key]], each)
    return [*(copy.deepcopy(each) for each in new if each[key] not in known), *old]


def _label(manifest: Manifest, plan: Manifest) -> None:
    metadata = manifest["metadata"]
    if "namespace" in plan and manifest["kind"] != "Namespace":
        metadata["namespace"] = plan["namespace"]
    for entry in plan.get("labels", []):
        metadata.setdefault("labels", {}).update(entry["pairs"])
