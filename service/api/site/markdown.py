"""Markdown to HTML: anchors as GitHub makes them, links within the site, tables that scroll, no HTML of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.token import Token

Follow = Callable[[str], str | None]
"""A link as written, or a name in a code span or in running text: where it leads; None: nowhere on this site."""
_FILE = re.compile(r"(?<![\w/.])(?:docs/\w+\.md|[A-Z]+\.md|benchmarks/README\.md)(?:#[\w-]+)?(?!\w)")
_LEVELS = {"h2": 2, "h3": 3}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of a page: its level, its anchor, its words."""

    level: int
    anchor: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A page's title, what is on it, and its headings below the title."""

    title: str
    html: str
    headings: tuple[Heading, ...]


def written(text: str, follow: Follow, named: Follow) -> Written:
    """A page of Markdown; ``follow`` knows links, ``named`` what code spans and file names in the text stand for."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse(text)
    headings = list(_headings(tokens))
    for token in tokens:
        _align(token)
    for opening, inside, closing in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if opening.type == "th_open" and not inside.content:
            opening.tag = closing.tag = "td"  # a header that heads nothing is none
            opening.attrs.pop("scope")
    for token in tokens:
        _become(token, "html_block", _BLOCKS)
        _link(token.children or [], follow, named)
    title = next((heading.text for heading in headings if heading.level == 1), "")
    html: str = parser.renderer.render(tokens, parser.options, {})
    return Written(title, html, tuple(heading for heading in headings if heading.level in _LEVELS.values()))


def anchor(text: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def anchored(words: str, seen: dict[str, int]) -> str:
    """The anchor of a page's next heading: with a number where ``seen`` has had it before."""
    name = anchor(words)
    seen[name] = seen.get(name, -1) + 1
    return f"{name}-{seen[name]}" if seen[name] else name


def _headings(tokens: Sequence[Token]) -> Iterator[Heading]:
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open":
            continue
        words = "".join(t.content for t in inline.children or [] if t.type in {"text", "code_inline"})
        name = anchored(words, seen)
        opening.attrSet("id", name)
        yield Heading(int(opening.tag[1]), name, words)


def _align(token: Token) -> None:
    """Alignment as a class: the pages' policy allows no style in an attribute."""
    style = token.attrs.pop("style", None)
    if style is not None:
        token.attrSet("class", str(style).rpartition(":")[2])
    if token.type == "th_open":
        token.attrSet("scope", "col")


def _link(children: Sequence[Token], follow: Follow, named: Follow) -> None:
    """Links lead into the site or become their words; code spans and file names outside of links become links."""
    rules: dict[str, Callable[[Token], str]] = {
        "text": lambda token: files_linked(token.content, named),
        "code_inline": lambda token: _anchor_element(_code(token), named(token.content)),
        "html_inline": _html,
        "image": _alternative,
    }
    leads: list[bool] = []
    for token in children:
        if token.type == "link_open":
            target = follow(str(token.attrGet("href")))
            token.attrSet("href", target or "")
            leads.append(target is not None)
        kept = leads.pop() if token.type == "link_close" else not leads or leads[-1]
        if token.type in _LINK and not kept:
            _become(token, "html_inline", {token.type: _nothing})
        _become(token, "html_inline", _LINKED if leads else rules)


def _become(token: Token, kind: str, rules: Mapping[str, Callable[[Token], str]]) -> None:
    """Replace a token that has a rule by the HTML that its rule makes."""
    if token.type in rules:
        token.content, token.type = rules[token.type](token), kind


def files_linked(text: str, named: Follow) -> str:
    """Plain text as HTML, the names of the site's files in it as links."""
    found = _FILE.split(text), _FILE.findall(text)
    parts = [escape(found[0][0])]
    for name, after in zip(found[1], found[0][1:], strict=True):
        parts += [_anchor_element(escape(name), named(name)), escape(after)]
    return "".join(parts)


def _anchor_element(inside: str, address: str | None) -> str:
    return inside if address is None else f'<a href="{escape(address)}">{inside}</a>'


def _code(token: Token) -> str:
    return f"<code>{escape(token.content)}</code>"


def _fence(token: Token) -> str:
    language = re.sub(r"\W.*", "", token.info.strip(), flags=re.DOTALL)
    kind = f' class="language-{language}"' if language else ""
    return f'<pre tabindex="0"><code{kind}>{escape(token.content)}</code></pre>\n'


def _html(token: Token) -> str:
    content = token.content.strip()
    return "" if content.startswith("<!--") and content.endswith("-->") else escape(content)


def _alternative(token: Token) -> str:
    return escape(token.content)


def _nothing(_token: Token) -> str:
    return ""


_LINK = {"link_open", "link_close"}
_LINKED: dict[str, Callable[[Token], str]] = {"code_inline": _code, "html_inline": _html, "image": _alternative}
_BLOCKS: dict[str, Callable[[Token], str]] = {
    "fence": _fence,
    "code_block": _fence,
    "html_block": _html,
    "table_open": lambda _: '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>\n',
    "table_close": lambda _: "</table></div>\n",
}
