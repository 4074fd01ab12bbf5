from __future__ import annotations

from service.api.site.mentions import Mention, mentions

PAGE = """# A `title`
`few_humans` at the top
```
# `few_humans` in a block
```
## A `part`, too
`few_humans` twice, `few_humans`, and `unknown`
"""


def test_sections_that_name_a_code_are_found_once():
    assert mentions({"few_humans", "part", "other"}, [("/docs/a", PAGE)]) == {
        "few_humans": [Mention("/docs/a", "A title", ""), Mention("/docs/a#a-part-too", "A title", "A part, too")],
        "part": [Mention("/docs/a#a-part-too", "A title", "A part, too")],
        "other": [],
    }
