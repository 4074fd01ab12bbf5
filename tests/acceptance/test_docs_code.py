"""Every fenced code block of the README, docs and clients: executed as written, or shown output that was printed.

A page is followed from top to bottom (doc_reader). A block without a language is what the command before it printed. A
json block is a part of the last answer, or else a request that is posted. What cannot run in a test is listed here,
with the reason.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.gateway.providers_file import read_providers
from service.web.access.key_file import read_key_ring
from tests.acceptance import talk
from tests.acceptance.conftest import Server, ready
from tests.acceptance.doc_blocks import Block, blocks, is_part, shows
from tests.acceptance.doc_reader import PROGRAMS, Reader, decimals, missing
from tests.shape.sources import ROOT

NAMED = [ROOT / name for name in ("README.md", "SECURITY.md", "benchmarks/README.md")]
PAGES = sorted([*NAMED, *ROOT.glob("docs/**/*.md"), *ROOT.glob("clients/*/*.md")])
BLOCKS = {name: blocks(page, name) for page in PAGES if blocks(page, name := str(page.relative_to(ROOT)))}
RUN = {"sh", *PROGRAMS}

IMAGES, CLUSTER, LONG = "builds images: .ci/container does it", "needs a cluster: .ci/kubernetes", "simulates for hours"
NOT_RUN = {
    ("SECURITY.md", "people's answers -> caller"): "a drawing",
    ("benchmarks/README.md", "make bench"): "measures for minutes: .ci/run --full",
    ("README.md", "make demo"): "sets up an environment and runs these tests: .ci/run does both from a bare clone",
    ("docs/coverage.md", "python -m tests.coverage.simulate"): LONG,
    ("docs/departures.md", "python -m tests.coverage.simulate"): LONG,
    ("docs/estimand_coverage.md", "python -m tests.coverage.estimands.simulate"): LONG,
    ("docs/screenings.md", "python -m tests.coverage.screenings"): LONG,
    ("docs/deployment.md", "docker build"): IMAGES,
    ("docs/deployment.md", "cp -r k8s/overlays/prod"): CLUSTER,
    ("docs/deployment.md", "rectifier keys new --help"): CLUSTER,
    ("docs/kubernetes.md", "   5 s  control plane"): "what .ci/kubernetes printed, kept with its date",
}
FOLLOWED = {
    "docs/javascript.md": ("tests/clients/test_js_page.py", {"sh": 2, "js": 6, "html": 1, "": 5}),
    "clients/js/README.md": ("tests/clients/test_js_page.py", {"sh": 1, "js": 1}),
    "docs/r.md": ("tests/clients/test_r.py", {"sh": 1, "r": 3, "text": 1}),
    "clients/r/README.md": ("tests/clients/test_r.py", {"sh": 1, "r": 1}),
}
"""Pages that need a package of ours, by the test that runs their blocks with it, and how many blocks it knows of."""
EXAMPLES = {
    "designs": ["questions", "sample", "active", "check"],
    "diagnostics": ["good", "shifted", "faulty", "unpaired"],
    "estimands": ["conjoint", "factorial", "trial", "spending", "labels", "effect", "income"],
    "transport": ["margins", "rows", "impossible"],
}
"""What the programs of examples/ can show, all of it to be seen on their pages."""

TWINS = json.loads((ROOT / "service/api/example.json").read_text())["data"]
TRIAL = {
    "layout": "table",
    "prediction_design": "independent",
    "arm": ["control", "treatment"] * 12,
    "outcomes": {"y": [k % 5 for k in range(24)]},
    "predictions": [{"values": [k % 7 for k in range(24)]}],
    "covariates": {"sex": ["f", "f", "m", "m", "f", "m"] * 4, "age": [20 + 7 * k % 60 for k in range(24)]},
}
COMPLETED: dict[tuple[str, str], Callable[[Any], dict[str, Any]]] = {
    ("docs/transport.md", '{"target": {"margins"'): lambda plan: {"plan": plan, "data": TRIAL},
    ("docs/passport.md", '{"models": {"gpt"'): lambda body: body | {"data": renamed("gpt"), "plan": {}},
}
"""Pieces of requests, by how they are made whole before they are posted."""
PATHS = {
    "hypotheses": "screenings",
    "studies": "track-records",
    "basis": "designs",
    "checks": "diagnostics",
    "data": "calibrations",
}


RUNNABLE = [page for page in BLOCKS if page not in FOLLOWED and not all(b.named(NOT_RUN) for b in BLOCKS[page])]


def renamed(model: str) -> dict[str, Any]:
    return TWINS | {"predictions": [column | {"model": model} for column in TWINS["predictions"]]}


def is_shown(block: Block, before: list[Block]) -> bool:
    """Whether a block without a language follows a command whose output it can be."""
    return block.language in ("", "text") and any(b.language in RUN and not b.named(NOT_RUN) for b in before[-1:])


def accounted(block: Block, before: list[Block]) -> bool:
    return bool(block.named(NOT_RUN)) or block.language in RUN | {"json", "csv", "toml"} or is_shown(block, before)


@pytest.mark.parametrize("page", FOLLOWED)
def test_a_page_that_is_followed_elsewhere_has_the_blocks_known_there(page: str) -> None:
    test, known = FOLLOWED[page]
    assert Counter(block.language for block in BLOCKS[page]) == known
    assert page.rpartition("/")[2] in (ROOT / test).read_text()


@pytest.mark.parametrize("page", [page for page in BLOCKS if page not in FOLLOWED])
def test_every_block_is_accounted_for(page: str) -> None:
    found = BLOCKS[page]
    assert [(b.line, b.language) for at, b in enumerate(found) if not accounted(b, found[:at])] == []


def test_the_list_of_what_does_not_run_has_nothing_else() -> None:
    listed = {**NOT_RUN, **COMPLETED}
    assert {block.named(listed) for found in BLOCKS.values() for block in found} == {*listed, None}


@pytest.mark.parametrize("page", EXAMPLES)
def test_every_example_is_shown(page: str) -> None:
    commands = [block.text for block in BLOCKS[f"docs/{page}.md"] if block.language == "sh"]
    assert [c.split()[2] for c in commands if c.startswith(f"python3 examples/{page}.py ")] == EXAMPLES[page]


@pytest.fixture
def reader(page: str, tmp_path: Path, request: pytest.FixtureRequest, server: Server) -> Iterator[Reader]:
    ready(server)
    addresses = dict.fromkeys(("localhost:8000", "127.0.0.1:8000"), f"{server.host}:{server.port}")
    if any("8001" in block.text or "gateway_study" in block.text for block in BLOCKS[page]):
        gateway = request.getfixturevalue("gateways")()
        ready(gateway)
        addresses |= dict.fromkeys(("localhost:8001", "127.0.0.1:8001"), f"{gateway.host}:{gateway.port}")
    reader = Reader(tmp_path, addresses)
    yield reader
    reader.close()


@pytest.mark.parametrize("page", RUNNABLE)
def test_a_page_does_what_it_shows(page: str, reader: Reader, server: Server) -> None:
    absent: set[str] = set()
    answer: Any = None
    for block in BLOCKS[page]:
        if block.named(NOT_RUN):
            continue
        if without := missing(block.language):
            absent.add(without)
        elif block.language in RUN:
            reader.run(block)
            answer = answered(reader.printed)
            assert not refused(answer), (block.line, answer)
        elif block.language == "json":
            answer = part_or_answer(block, answer, server)
        elif block.language in DATA:
            DATA[block.language](block.text, reader.folder)
        elif not absent:
            assert shows(block.text, reader.printed), (block.line, reader.printed)
    if absent:
        pytest.skip(f"not installed: {', '.join(sorted(absent))}")


def answered(printed: str) -> Any:
    """The JSON that was printed, if it was."""
    try:
        return decimals(printed)
    except ValueError:
        return None


def refused(answer: Any) -> bool:
    return isinstance(answer, dict) and "errors_total" in answer


def part_or_answer(block: Block, answer: Any, server: Server) -> Any:
    """The last answer, where the block shows a part of it or of one of its members; else the answer to the block."""
    values = list(json_lines(block.text))
    if answer is not None and len(values) == 1:
        parts = [answer, *answer.values()] if isinstance(answer, dict) else [answer]
        if any(is_part(decimals(block.text), part) for part in parts):
            return answer
    whole = COMPLETED[name] if (name := block.named(COMPLETED)) else dict
    replies = [posted(server, whole(value)) for value in values]
    for reply in replies:
        assert reply.status == 200, (block.page, block.line, answer, reply.body)
    return decimals(replies[-1].body.decode())


def json_lines(text: str) -> Iterator[Any]:
    """The JSON values that stand one after the other."""
    decoder, rest = json.JSONDecoder(), text.strip()
    while rest:
        value, end = decoder.raw_decode(rest)
        yield value
        rest = rest[end:].strip()


def posted(server: Server, body: dict[str, Any]) -> talk.Reply:
    path = next((PATHS[name] for name in PATHS if name in body), None)
    assert path, ("neither a part of the last answer nor a request", body)
    return talk.post(server, json.dumps(body).encode(), f"/v1/{path}")


def read_csv(text: str, _folder: Path) -> None:
    rows = list(csv.reader(text.splitlines()))
    assert len({len(row) for row in rows}) == 1


def read_toml(text: str, folder: Path) -> None:
    """A file of the operator's, read as the service reads it; only the files that it names may be missing."""
    (kind,) = {*tomllib.loads(text)} & {"keys", "providers"}
    if kind == "keys":
        assert read_key_ring(text.encode()).keys
    else:
        file, problems = folder / "providers.toml", list[str]()
        file.write_text(text)
        assert read_providers(file, problems)
        assert [problem for problem in problems if "key_file" not in problem] == []


DATA: dict[str, Callable[[str, Path], object]] = {"csv": read_csv, "toml": read_toml}
