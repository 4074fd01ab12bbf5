from __future__ import annotations

import re

import pytest

from tests.shape.sources import files, text

# written so that this file does not match itself
PLACES = {
    "a package index": r"(?<!emit-)index[-]url|pypi[.]org/simple|pythonhosted[.]org|registry[.]npmjs[.]org",
    "an image registry": r"\b(?:docker|ghcr|quay)[.]io/",
    "a path of one machine": r"(?<![\w./~-])/(?:work|root|home/\w+|Users/\w+)/",
}


def named(contents: str) -> list[tuple[str, str]]:
    return [(what, m.group()) for what, pattern in PLACES.items() for m in re.finditer(pattern, contents)]


def test_files_name_no_machine_and_no_registry():
    found = {file: named(text(file) or "") for file in files()}
    assert {file: said for file, said in found.items() if said} == {}
    assert len(found) > 1000


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("--extra-index" + "-url x", "a package index"),
        ("from https://files.pythonhosted" + ".org/x", "a package index"),
        ("FROM docker" + ".io/python", "an image registry"),
        ("cd /work" + "/main", "a path of one machine"),
        ('open("/home' + '/me/x")', "a path of one machine"),
    ],
)
def test_such_a_place_is_seen(line, what):
    assert re.search(PLACES[what], line)


@pytest.mark.parametrize(
    "line", ["compile --no-emit-index-url", "https://example.org/work/x", "service/work/x", "docker.iota"]
)
def test_other_words_are_left_alone(line):
    assert not any(re.search(pattern, line) for pattern in PLACES.values())
