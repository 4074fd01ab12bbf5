from __future__ import annotations

import pytest

from service.api.site.markdown import Heading, anchor, files_linked, written

PAGE = """# The *title* of `it`

<!-- a note -->
| a | b |
|---|--:|
| `few_humans` | 1 |

## Same
See docs/designs.md, [there](x.md#y), [nowhere `few_humans`](gone.md) and `other`.

```sh
echo '<b>'
```

## Same
<b>bold</b>

    indented & kept
"""


def follow(link: str) -> str | None:
    return None if link.startswith("gone") else f"/to/{link}"


def named(name: str) -> str | None:
    return {"few_humans": "/docs/problems/few_humans", "docs/designs.md": "/docs/designs"}.get(name)


FOUND = written(PAGE, follow, named)


def test_titles_headings_and_anchors():
    assert FOUND.title == "The title of it"
    assert FOUND.headings == (Heading(2, "same", "Same"), Heading(2, "same-1", "Same"))
    assert '<h2 id="same-1">' in FOUND.html


@pytest.mark.parametrize(
    ("text", "name"),
    [("What was measured", "what-was-measured"), ("One error rate: `x_y`, 95 %", "one-error-rate-x_y-95-")],
)
def test_anchors_are_those_of_github(text, name):
    assert anchor(text) == name


def test_tables_can_be_scrolled_and_carry_no_style():
    assert '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>' in FOUND.html
    assert '<th class="right" scope="col">b</th>' in FOUND.html
    assert "style" not in FOUND.html


def test_an_empty_header_is_no_header():
    html = written("| | b |\n|---|---|\n| a | 1 |\n", follow, named).html
    assert '<tr>\n<td></td>\n<th scope="col">b' in html


def test_links_lead_into_the_site_or_become_their_words():
    assert '<a href="/to/x.md#y">there</a>' in FOUND.html
    assert ", nowhere <code>few_humans</code> and <code>other</code>" in FOUND.html


def test_codes_and_files_that_have_a_page_are_links():
    assert '<td><a href="/docs/problems/few_humans"><code>few_humans</code></a></td>' in FOUND.html
    assert 'See <a href="/docs/designs">docs/designs.md</a>,' in FOUND.html
    part = {"docs/a.md#b-c": "/docs/a#b-c"}.get
    assert files_linked("docs/a.md#b-c.", part) == '<a href="/docs/a#b-c">docs/a.md#b-c</a>.'
    assert files_linked("a<b docs/none.md", named) == "a&lt;b docs/none.md"


def test_code_is_kept_as_it_is():
    assert '<pre tabindex="0"><code class="language-sh">echo &#x27;&lt;b&gt;&#x27;\n</code></pre>' in FOUND.html
    assert '<pre tabindex="0"><code>indented &amp; kept\n</code></pre>' in FOUND.html


def test_html_is_shown_not_obeyed_and_comments_are_left_out():
    assert "<b>" not in FOUND.html
    assert "&lt;b&gt;bold&lt;/b&gt;" in FOUND.html
    assert "note" not in FOUND.html
    assert "<img" not in written("![a picture](https://elsewhere/x.png)", follow, named).html
    assert "<script" not in written("<script>alert(1)</script>\n\n<!-- a --> <i>", follow, named).html
