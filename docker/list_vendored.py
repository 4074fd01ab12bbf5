"""Add what the sources carry themselves, Swagger UI, to an inventory (CycloneDX) that knows only what pip installed.

python3 docker/list_vendored.py INVENTORY, in the folder of the sources.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

VERSION = Path("service/web/static/swagger-ui/VERSION")


def add_vendored(inventory: Path) -> None:
    """The inventory with one more component, written back."""
    name, version = VERSION.read_text().split()[:2]
    purl = f"pkg:npm/{name}@{version}"
    component = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    listed = json.loads(inventory.read_text())
    listed["components"].append(component | {"licenses": [{"license": {"id": "Apache-2.0"}}]})
    inventory.write_text(json.dumps(listed, indent=2))


if __name__ == "__main__":
    add_vendored(Path(sys.argv[1]))
