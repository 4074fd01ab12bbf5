"""What the decoder says to broken studies."""

from __future__ import annotations

import copy
import json

import pytest

from service.web.problems import ProblemError
from service.web.strict_json import StrictDecoder
from tests.web.study import Study

DECODER = StrictDecoder(Study)
GOOD = {
    "data": {"layout": "arrays", "arms": [{"name": "control", "human": [3, 4, 2.5], "llm": [3, None, 2]}]},
    "plan": {"estimator": "ppi", "replicates": 99, "costs": {"human": 5.0}},
}
TABLE = {
    "data": {"layout": "table", "arm": ["c", None], "outcomes": {"trust": [3, 4]}, "covariates": {"sex": ["f", "m"]}}
}


def refused(document: object) -> ProblemError:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(ProblemError) as caught:
        DECODER.decode(body)
    return caught.value


def found(document: object) -> list[tuple[str, str]]:
    return [(e.pointer, e.code) for e in refused(document).errors]


def changed(pointer: str, value: object, document: dict = GOOD) -> dict:
    """A copy of the document with one place replaced."""
    copied = copy.deepcopy(document)
    *path, last = [int(p) if p.isdigit() else p for p in pointer.split("/")[1:]]
    place = copied
    for step in path:
        place = place[step]
    place[last] = value
    return copied
