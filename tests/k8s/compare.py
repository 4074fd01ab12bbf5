"""Every build of `builds.py` as kubectl prints it, against what tests read: `python -m tests.k8s.compare`.

The tests resolve kustomizations by themselves, because kubectl is not everywhere; this shows that both see the same.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tests.k8s.builds import BASES, BUILDS, K8S, build
from tests.k8s.kustomize import Manifest

GENERATED = re.compile(r"(-settings|-providers)-[0-9a-z]{10}\b")


def main() -> int:
    """0 when all are alike."""
    return int(sum(map(differs, BUILDS)) > 0)


def differs(name: str) -> bool:
    """Whether the two disagree; says so."""
    theirs, ours = in_order(rendered(name)), in_order(build(name))
    print(name, len(theirs), "objects," if theirs == ours else "objects, NOT", "alike in both resolvers", flush=True)
    return theirs != ours


def rendered(name: str) -> list[Manifest]:
    """The objects as kubectl gives them, less the hashes in names."""
    if name in BASES:
        return _kubectl(K8S / "base" / name)
    overlay, *components = name.split("+")
    with tempfile.TemporaryDirectory() as folder:
        there = Path(os.path.relpath(K8S, folder))
        plan = {
            "resources": [str(there / "overlays" / overlay)],
            "components": [str(there / "components" / each) for each in components],
        }
        Path(folder, "kustomization.yaml").write_text(yaml.safe_dump(plan))
        return _kubectl(Path(folder))


def _kubectl(folder: Path) -> list[Manifest]:
    done = subprocess.run(["kubectl", "kustomize", folder], check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    return list(yaml.safe_load_all(GENERATED.sub(r"\1", done.stdout)))


def in_order(objects: list[Manifest]) -> list[Manifest]:
    """Sorted by what identifies an object."""
    return sorted(objects, key=lambda o: (o["kind"], o["metadata"].get("namespace", ""), o["metadata"]["name"]))


if __name__ == "__main__":
    sys.exit(main())
