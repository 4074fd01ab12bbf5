"""The site: every page by its path below /docs, made when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.resources import files
from typing import Any

import msgspec

from service.api.render.media import HTML
from service.api.site.facts import (
    found_html,
    kind_html,
    kinds_html,
    nowhere_html,
    passages_of_facts,
    problem_html,
    problems_html,
    records_html,
)
from service.api.site.fields import PAGE, fields_html, passages_of_fields
from service.api.site.layout import rendered
from service.api.site.library import ROOT, Library, at, open_library
from service.api.site.markdown import Written, written
from service.api.site.mentions import Mention, mentions
from service.api.site.navigation import Section, current, neighbours, sections
from service.api.site.passages import Passage, passages
from service.api.site.search import Index
from service.calibration.card import Card
from service.web.keeping import tag_of
from service.web.problems import Catalogue

_STYLE, CSS = "assets/site.css", "text/css"


@dataclass(frozen=True, slots=True)
class Page:
    """What is sent: bytes, their type, and a tag that changes with them."""

    body: bytes
    media_type: str
    etag: str


class Site:
    """The pages of a service with these cards, this catalogue and the OpenAPI document that ``contract`` makes.

    ``maker`` is the one thread that makes them.
    """

    def __init__(
        self, cards: Callable[[], Mapping[str, Sequence[Card]]], catalogue: Catalogue, contract: Callable[[], bytes]
    ) -> None:
        self._cards, self._catalogue, self._contract = cards, catalogue, contract
        self._kept: dict[str, Page] = {}
        self.maker = ThreadPoolExecutor(1, "pages")

    @cached_property
    def library(self) -> Library:
        """The Markdown files."""
        return open_library()

    @cached_property
    def _makers(self) -> Mapping[str, Callable[[], Written]]:
        """What makes each page but the style."""
        named, cards = self.named, self._cards()
        made: dict[str, Callable[[], Written]] = {page: partial(self._from_file, page) for page in self.library.places}
        made["methods"] = lambda: kinds_html(cards)
        made |= {f"methods/{kind}": partial(kind_html, kind, cards[kind], named) for kind in cards}
        made[PAGE] = lambda: fields_html(self._document)
        made["problems"] = lambda: problems_html(self._catalogue)
        for code, entry in self._catalogue.items():
            made[f"problems/{code}"] = partial(problem_html, entry, self._mentions, named)
        made["decisions"] = lambda: records_html(self.library)
        return made

    @cached_property
    def contents(self) -> tuple[Section, ...]:
        """What every page shows beside it."""
        return sections({*self._makers, "api"})

    def pages(self) -> Iterator[str]:
        """Every page's path below /docs."""
        yield from self._makers

    def kept(self, page: str) -> Page | None:
        """A page that was made before."""
        return self._kept.get(page)

    def page(self, page: str) -> Page | None:
        """A page, made if need be (tens of milliseconds, the first one more); None where there is no such page."""
        if page not in self._kept:
            body = self._made(page)
            if body is None:
                return None
            self._kept[page] = Page(body, CSS if page == _STYLE else HTML, tag_of(body))
        return self._kept[page]

    def passages(self) -> Iterator[Passage]:
        """Everything that can be searched; of equally good ones those of codes and cards are told first."""
        yield from passages_of_facts(self._cards(), self._catalogue)
        yield from passages_of_fields(self._document, at(PAGE))
        yield from self._sections

    def search(self, query: str) -> bytes:
        """The page of what a query finds, made anew for every one."""
        return self._framed("search", found_html(query, self._index.found(query)), query).encode()

    def nowhere(self) -> bytes:
        """The page to show where there is none."""
        return self._framed("nowhere", nowhere_html()).encode()

    def named(self, name: str) -> str | None:
        """Where a code of the catalogue or a file of the repository is explained."""
        return f"{ROOT}/problems/{name}" if name in self._catalogue else self.library.address(name)

    def _made(self, page: str) -> bytes | None:
        if page == _STYLE:
            return files("service.api.site").joinpath("site.css").read_bytes()
        make = self._makers.get(page)
        return None if make is None else self._framed(page, make()).encode()

    def _framed(self, page: str, content: Written, query: str = "") -> str:
        before, after = neighbours(self.contents, page)
        return rendered(
            "layout.html",
            content=content,
            address=at(page),
            contents=self.contents,
            current=current(page),
            before=before,
            after=after,
            place=self.library.places.get(page),
            query=query,
        )

    def _from_file(self, page: str) -> Written:
        place = self.library.places[page]
        return written(self.library.text(page), partial(self.library.followed, place), self.named)

    @cached_property
    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = msgspec.json.decode(self._contract())
        return document

    @cached_property
    def _sections(self) -> Sequence[Passage]:
        """The sections of the pages that explain: not of those that tell what was."""
        pages = (page for page in self.library.places if page != "changelog" and "/" not in page)
        return [passage for page in pages for passage in passages(at(page), self.library.text(page))]

    @cached_property
    def _mentions(self) -> Mapping[str, list[Mention]]:
        """By code the places that name it."""
        return mentions(self._catalogue, self._sections)

    @cached_property
    def _index(self) -> Index:
        return Index(self.passages())
