from __future__ import annotations

from service.api.site.mentions import Mention, mentions
from service.api.site.passages import Passage

TOP = Passage("/docs/a", "A title", "", "# A title\n`few_humans` at the top\n```\n`part` in a block\n```\n")
PART = Passage("/docs/a#part", "A title", "Part", "## Part\n`few_humans` twice, `few_humans`, and `unknown`")


def test_sections_that_name_a_code_are_found_once():
    assert mentions({"few_humans", "part"}, [TOP, PART]) == {
        "few_humans": [Mention("/docs/a", "A title", ""), Mention("/docs/a#part", "A title", "Part")],
        "part": [],
    }
