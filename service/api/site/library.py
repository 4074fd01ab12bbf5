"""Which Markdown files are pages, where they lie, and what their addresses are.

An installed package carries them in ``repository`` beside this module (pyproject.toml puts them there); a checkout has
them where they were written.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = "/docs"
_ALONE = {
    "README.md": "readme",
    "CHANGELOG.md": "changelog",
    "SECURITY.md": "security",
    "CONTRIBUTING.md": "contributing",
    "ARCHITECTURE.md": "architecture",
    "benchmarks/README.md": "benchmarks",
}


@dataclass(frozen=True, slots=True)
class Library:
    """Pages by their path below /docs, each with its file's place in the repository."""

    folder: Path
    places: Mapping[str, str]

    def text(self, page: str) -> str:
        """The Markdown of a page."""
        return (self.folder / self.places[page]).read_text(encoding="utf-8")

    def address(self, place: str) -> str | None:
        """Where a file of the repository (or a section of it, or the folder of decisions) is shown; None: nowhere."""
        path, mark, fragment = place.partition("#")
        if path == "decisions":
            return f"{ROOT}/decisions"
        page = next((page for page, known in self.places.items() if known == path), None)
        return None if page is None else at(page) + mark + fragment

    def followed(self, place: str, link: str) -> str | None:
        """A link of a file as one of the site; None where it leads to a file that is not shown."""
        if link.startswith(("#", "/", "http:", "https:", "mailto:")):
            return link
        return self.address(posixpath.normpath(posixpath.join(posixpath.dirname(place), link)))

    def decisions(self) -> list[str]:
        """The pages of decision records, in their order."""
        return sorted(page for page in self.places if page.startswith("decisions/"))


def at(page: str) -> str:
    """The address of a page."""
    return ROOT if page == "index" else f"{ROOT}/{page}"


def open_library(folder: Path | None = None) -> Library:
    """The pages that are there."""
    folder = folder or _folder()
    places = {file.stem: f"docs/{file.name}" for file in sorted((folder / "docs").glob("*.md"))}
    places |= {page: place for place, page in _ALONE.items() if (folder / place).is_file()}
    records = sorted((folder / "decisions").glob("*.md"))
    return Library(folder, places | {f"decisions/{file.stem}": f"decisions/{file.name}" for file in records})


def _folder() -> Path:
    here = Path(__file__).parent / "repository"
    return here if here.is_dir() else Path(__file__).parents[3]
