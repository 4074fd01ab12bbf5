from __future__ import annotations

from service.api.site.passages import Passage, passages

PAGE = """# A `title`
At the top
```
# no heading
```
## A `part`, too
One
### Same
Two
#### Deeper
Three
### Same
Four
"""


def test_a_page_is_cut_at_its_headings_and_not_in_its_code():
    found = list(passages("/docs/a", PAGE))
    assert [(p.address, p.section) for p in found] == [
        ("/docs/a", ""),
        ("/docs/a#a-part-too", "A part, too"),
        ("/docs/a#same", "Same"),
        ("/docs/a#same-1", "Same"),
    ]
    assert {p.page for p in found} == {"A title"}
    assert "# no heading" in found[0].text
    assert "Three" in found[2].text


def test_a_page_without_headings_is_one_passage():
    assert list(passages("/docs/a", "words")) == [Passage("/docs/a", "", "", "words")]
