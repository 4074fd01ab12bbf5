"""The site: every page by its path below /docs, made when it is first asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import sha256
from importlib.resources import files

from service.api.site.facts import kind_html, kinds_html, problem_html, problems_html, records_html
from service.api.site.layout import rendered
from service.api.site.library import ROOT, Library, at, open_library
from service.api.site.markdown import Written, written
from service.api.site.mentions import Mention, mentions
from service.api.site.navigation import Section, current, neighbours, sections
from service.calibration.card import Card
from service.web.problems import Catalogue

_STYLE = "assets/site.css"
HTML, CSS = "text/html", "text/css"


@dataclass(frozen=True, slots=True)
class Page:
    """What is sent: bytes, their type, and a tag that changes with them."""

    body: bytes
    media_type: str
    etag: str


class Site:
    """The pages of a service with these cards and this catalogue; ``maker`` is the one thread that makes them."""

    def __init__(self, cards: Mapping[str, Sequence[Card]], catalogue: Catalogue) -> None:
        self._cards, self._catalogue = cards, catalogue
        self._kept: dict[str, Page] = {}
        self.maker = ThreadPoolExecutor(1, "pages")

    @cached_property
    def library(self) -> Library:
        """The Markdown files."""
        return open_library()

    @cached_property
    def _makers(self) -> Mapping[str, Callable[[], Written]]:
        """What makes each page but the style."""
        named = self.named
        made: dict[str, Callable[[], Written]] = {page: partial(self._from_file, page) for page in self.library.places}
        made["methods"] = lambda: kinds_html(self._cards)
        made |= {f"methods/{kind}": partial(kind_html, kind, self._cards[kind], named) for kind in self._cards}
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
            tag = f'"{sha256(body).hexdigest()[:16]}"'
            self._kept[page] = Page(body, CSS if page == _STYLE else HTML, tag)
        return self._kept[page]

    def named(self, name: str) -> str | None:
        """Where a code of the catalogue or a file of the repository is explained."""
        return f"{ROOT}/problems/{name}" if name in self._catalogue else self.library.address(name)

    def _made(self, page: str) -> bytes | None:
        if page == _STYLE:
            return files("service.api.site").joinpath("site.css").read_bytes()
        make = self._makers.get(page)
        return None if make is None else self._framed(page, make()).encode()

    def _framed(self, page: str, content: Written) -> str:
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
        )

    def _from_file(self, page: str) -> Written:
        place = self.library.places[page]
        return written(self.library.text(page), partial(self.library.followed, place), self.named)

    @cached_property
    def _mentions(self) -> Mapping[str, list[Mention]]:
        """By code the places that name it."""
        pages = (page for page in self.library.places if page != "changelog" and "/" not in page)
        return mentions(self._catalogue, ((at(page), self.library.text(page)) for page in pages))
