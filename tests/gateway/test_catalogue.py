from __future__ import annotations

from pathlib import Path

import pytest

from service.gateway.catalogue import CATALOGUE
from service.web.problems import web_catalogue
from tests.api.test_catalogue import RAISED_BY, codes

SOURCES = list(Path("service/gateway").rglob("*.py"))
OWN = set(CATALOGUE) - set(web_catalogue())


def written() -> set[str]:
    """Every code that the gateway's source makes a refusal of."""
    makers = {"FieldError": 1, "ProblemError": 0}
    assert makers.items() <= RAISED_BY.items()
    return {code for source in SOURCES for code in codes(source.read_text(), makers)}


def test_every_code_in_the_source_is_in_the_catalogue_and_the_other_way_round() -> None:
    assert written() <= set(CATALOGUE)
    text = "".join(source.read_text() for source in SOURCES)
    assert [code for code in sorted(OWN) if f'"{code}"' not in text] == []


@pytest.mark.parametrize("code", sorted(OWN))
def test_every_entry_says_something(code: str) -> None:
    entry = CATALOGUE[code]
    assert code == code.lower() == entry.code
    assert entry.status == 422
    assert not entry.title.endswith(".")
    assert entry.meaning.endswith(".")
    assert entry.action.endswith(".")
