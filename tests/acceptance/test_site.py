"""The documentation as it is served: every link and anchor leads somewhere, every page is whole, anybody can use it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urldefrag, urljoin

import pytest

from service.api.catalogue import CATALOGUE
from service.api.parts import cards
from tests.acceptance.talk import Reply, request, say
from tests.acceptance.test_studies import post
from tests.api.site.whole import whole_site
from tests.shape.sources import ROOT

ELSEWHERE = re.compile(r"https://(?:arxiv\.org/abs/|)")
VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass
class Seen(HTMLParser):
    """What a page has: its title, headings, anchors, links, what it loads, and its text outside of code."""

    titles: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        assert not {"style", "onclick", "onload"} & set(given), (tag, given)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        if tag == "a":
            self.links.append(given["href"] or "")
        elif "href" in given and given.get("rel") != "canonical":
            self.loads.append(given["href"] or "")
        if "src" in given:
            self.loads.append(given["src"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.titles.append(data)
        if not {"code", "pre", "title"} & set(self.open):
            self.prose.append(data)


@dataclass
class Crawled:
    """Every address that was asked for, its answer, and what its page has."""

    replies: dict[str, Reply] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)


def answer(connection: HTTPConnection, path: str) -> Reply:
    connection.request("GET", path, headers={"Accept": "text/html, */*;q=0.5"})
    reply = connection.getresponse()
    return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())


def paths(address: str, seen: Seen) -> Iterator[str]:
    for link in [*seen.links, *seen.loads]:
        if not ELSEWHERE.match(link) and not link.startswith("data:"):
            yield urldefrag(urljoin(address, link))[0]


@pytest.fixture(scope="module")
def crawled(server) -> Crawled:
    """Everything that can be reached from the first page."""
    found, waiting = Crawled(), ["/docs"]
    connection = HTTPConnection(server.host, server.port, timeout=60)
    while waiting:
        address = waiting.pop()
        if address in found.replies:
            continue
        reply = found.replies[address] = answer(connection, address)
        if address.startswith("/docs") and reply.headers["content-type"].startswith("text/html"):
            seen = found.seen[address] = Seen()
            seen.feed(reply.body.decode())
            waiting += paths(address, seen)
    connection.close()
    return found


def test_every_address_that_a_page_names_is_answered(crawled):
    assert {address: reply.status for address, reply in crawled.replies.items() if reply.status != 200} == {}


def test_every_anchor_that_a_page_names_is_there(crawled):
    lost = [
        (address, link)
        for address, seen in crawled.seen.items()
        for link in seen.links
        if "#" in link and not ELSEWHERE.match(link)
        if urljoin(address, link).partition("#")[2] not in crawled.seen[urldefrag(urljoin(address, link))[0]].ids
    ]
    assert lost == []


def test_every_page_can_be_reached(crawled):
    there = whole_site()
    assert {f"/docs/{page}" if page != "index" else "/docs" for page in there.pages()} <= set(crawled.seen)
    assert {f"/docs/problems/{code}" for code in CATALOGUE} <= set(crawled.seen)
    named = {f"/docs/methods/{kind}#{card.name}" for kind, listed in cards().items() for card in listed}
    assert named <= set(crawled.seen["/docs/methods"].links)


def test_every_page_of_the_folder_is_in_the_contents_by_a_line_and_beside_every_page(crawled):
    written = {f"/docs/{file.stem}" for file in (ROOT / "docs").glob("*.md") if file.stem != "index"}
    article = crawled.replies["/docs"].body.decode().partition("<article>")[2].partition("</article>")[0]
    told = set(re.findall(r'href="([^"]+)"', article))
    assert written - told == set(), "docs/index.md has no line for these"
    assert b">More<" not in crawled.replies["/docs"].body, "service/api/site/navigation.py has no place for a page"


def test_every_page_has_one_title_one_heading_and_no_anchor_twice(crawled):
    for address, seen in crawled.seen.items():
        if address == "/docs/api":
            continue
        assert seen.tags.count("h1") == 1, address
        assert len(seen.titles) == 1, address
        assert re.fullmatch(r"Rectifier.*|\S.* - Rectifier", seen.titles[0]), address
        assert len(set(seen.ids)) == len(seen.ids), address
        assert seen.open == [], address
        assert not re.search(rb"<th[^>]*></th>", crawled.replies[address].body), address
    titles = [seen.titles[0] for seen in crawled.seen.values()]
    assert len(set(titles)) == len(titles)


def test_no_page_loads_anything_from_elsewhere(crawled):
    for address, seen in crawled.seen.items():
        assert all(load.startswith(("/docs/", "data:")) for load in seen.loads), address
        assert "default-src 'none'" in crawled.replies[address].headers["content-security-policy"]


def test_no_markdown_is_left_as_it_was_written(crawled):
    raw = re.compile(r"```|\]\(|^#{1,4} |^\|.*\|$|\*\*|`\w+`|<!--|-->", re.MULTILINE)
    left = {
        address: found.group()
        for address, seen in crawled.seen.items()
        if address != "/docs/api"
        for found in [raw.search("".join(seen.prose))]
        if found
    }
    assert left == {}


def test_a_page_that_the_browser_has_is_not_sent_again(server):
    first = say(server, request("GET", "/docs/concepts"))
    again = say(server, request("GET", "/docs/concepts", **{"If-None-Match": f'"other", W/{first.headers["etag"]}'}))
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_every_passage_that_search_can_tell_is_there(crawled):
    told = {passage.address for passage in whole_site().passages()}
    lost = [a for a in told if urldefrag(a)[1] and urldefrag(a)[1] not in crawled.seen[urldefrag(a)[0]].ids]
    assert (len(told) > 500, lost) == (True, [])


QUICK = (ROOT / "docs/quick_start.md").read_text()
CONCEPTS = (ROOT / "docs/concepts.md").read_text()


def test_the_file_of_the_quick_start_is_the_bundled_study():
    lines = (ROOT / "service/api/workbench/twins.csv").read_text().splitlines()
    data = json.loads((ROOT / "service/api/example.json").read_text())["data"]
    units = zip(data["arm"], data["outcomes"]["trust"], *(p["values"] for p in data["predictions"]), strict=True)
    assert lines[1:] == [",".join("" if cell is None else str(cell) for cell in unit) for unit in units]
    assert "\n".join([*lines[:4], lines[-1]]) in QUICK


def test_the_summary_of_the_quick_start_is_the_services(server):
    asked = json.loads((ROOT / "service/api/example.json").read_text())
    found = post(server, "/v1/calibrations", asked)
    shown = json.loads(re.findall(r"```json\n(.*?)```", QUICK, re.DOTALL)[0])
    for name, value in shown.items():
        assert found["summary"][name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-3)), name
    first = found["estimates"][0]
    low, high = first["human_only"]["interval"]["lower"], first["human_only"]["interval"]["upper"]
    assert f"Its interval, {low:.2f} to {high:.2f}," in QUICK
    assert f"would have said {first['llm_only']['estimate']:.2f}" in QUICK
    assert f"| calibrated | {first['estimate']:.2f} |" in CONCEPTS
    assert f"| 120 people alone | {first['human_only']['estimate']:.2f} | {low:.2f} to {high:.2f} |" in CONCEPTS


def test_the_table_of_what_an_llm_can_buy_is_the_services(server):
    body = json.loads(re.findall(r"-d '\n(.*?)'\n```", CONCEPTS, re.DOTALL)[0])
    rows = re.findall(r"^\| (0\.\d) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) people \| (\d+) %", CONCEPTS, re.MULTILINE)
    assert [row[0] for row in rows] == ["0.1", "0.3", "0.5", "0.7", "0.9"]
    for rho, *shown in rows:
        body["basis"]["ppi_correlation"] = float(rho)
        found = post(server, "/v1/designs", body)
        design = found["design"]
        numbers = design["n_human"], design["n_llm_only"], design["effective_sample_size"], 100 * found["cost_share"]
        assert shown == [f"{number:,.0f}" for number in numbers]
