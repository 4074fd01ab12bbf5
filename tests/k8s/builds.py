"""What can be built from k8s/: every base and overlay, and the overlay for production with each component and all."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from tests.k8s.kustomize import Manifest, extended, resolve

ROOT = Path(__file__).parents[2]
K8S = ROOT / "k8s"


def folders(kind: str) -> list[str]:
    """The kustomizations in one folder of k8s/, by name."""
    return sorted(each.parent.name for each in (K8S / kind).glob("*/kustomization.yaml"))


BASES, OVERLAYS, COMPONENTS = folders("base"), folders("overlays"), folders("components")
_CHOSEN = (K8S / "overlays/prod/kustomization.yaml").read_text().split()
OPTIONAL = [name for name in COMPONENTS if f"../../components/{name}" not in _CHOSEN]
"""Components that the overlay for production leaves to the operator."""
EVERYTHING = "prod+" + "+".join(OPTIONAL)
BUILDS = [*BASES, *OVERLAYS, *(f"prod+{name}" for name in OPTIONAL), EVERYTHING]


@cache
def _built(name: str) -> tuple[Manifest, ...]:
    if name in BASES:
        return tuple(resolve(K8S / "base" / name))
    overlay, *components = name.split("+")
    objects = resolve(K8S / "overlays" / overlay)
    for each in components:
        objects = extended(objects, K8S / "components" / each)
    return tuple(objects)


def build(name: str) -> list[Manifest]:
    """The objects of one of `BUILDS`, or of any overlay+component+..., the caller's to change."""
    return copy.deepcopy(list(_built(name)))
