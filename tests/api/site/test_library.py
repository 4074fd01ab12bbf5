from __future__ import annotations

import tomllib

import pytest

from service.api.site import library
from service.api.site.library import at, open_library
from tests.shape.sources import ROOT

HERE = open_library()


def test_every_page_is_packed_where_an_installed_service_looks_for_it():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    packed = wheel["force-include"]
    for place in HERE.places.values():
        source = place if place in packed else place.rpartition("/")[0]
        assert packed[source] == f"service/api/site/repository/{source}", place


def test_an_installed_service_reads_what_lies_beside_the_module(tmp_path, monkeypatch):
    (tmp_path / "repository/docs").mkdir(parents=True)
    (tmp_path / "repository/docs/one.md").write_text("# One\n")
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    found = open_library()
    assert found.places == {"one": "docs/one.md"}
    assert found.text("one") == "# One\n"


def test_pages_are_known_by_their_files():
    assert HERE.folder == ROOT
    assert (at("index"), at("designs")) == ("/docs", "/docs/designs")
    assert HERE.address("docs/index.md") == "/docs"
    assert HERE.address("SECURITY.md") == "/docs/security"
    assert HERE.address("benchmarks/README.md") == "/docs/benchmarks"
    assert HERE.address("docs/designs.md#the-self-check") == "/docs/designs#the-self-check"
    assert HERE.address("CITATION.cff") is None
    assert HERE.decisions()[0] == "decisions/0001-influence-values"


@pytest.mark.parametrize(
    ("place", "link", "target"),
    [
        ("docs/designs.md", "coverage.md", "/docs/coverage"),
        ("docs/designs.md", "coverage.md#make-it-again", "/docs/coverage#make-it-again"),
        ("docs/designs.md", "../SECURITY.md", "/docs/security"),
        ("docs/designs.md", "../decisions", "/docs/decisions"),
        ("README.md", "docs/designs.md", "/docs/designs"),
        ("benchmarks/README.md", "flame.svg", None),
        ("docs/designs.md", "../service/api/app.py", None),
        ("docs/designs.md", "#the-self-check", "#the-self-check"),
        ("docs/designs.md", "/docs/methods", "/docs/methods"),
        ("docs/designs.md", "https://arxiv.org/abs/2301.09633", "https://arxiv.org/abs/2301.09633"),
        ("docs/designs.md", "javascript:alert(1)", None),
    ],
)
def test_links_lead_to_pages_of_the_site_or_nowhere(place, link, target):
    assert HERE.followed(place, link) == target
