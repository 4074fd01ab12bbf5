"""The fast and the strict JSON decoder: the same bodies accepted and refused, the same values, the same places."""

from __future__ import annotations

import random
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import msgspec
import numpy as np
import pytest

from service.api.limits import Limits
from service.api.reading import whole as reading
from service.api.reading.media import Reader, readers
from service.api.routes import handler
from service.api.routes.calibrations import calibrations
from service.calibration.errors import CalibrationError
from service.web import columns_json
from service.web.problems import ProblemError
from tests.acceptance.broken_bodies import broken, request, written

JSON = "application/json"
PATH = calibrations()
STEPS = PATH.steps()
QUICK = readers(STEPS.request, PATH.promised, 10**6, tabular=True)[JSON]
STRICT = replace(QUICK, columns=None)
LIMITS = Limits()


def whole(value: object) -> object:  # noqa: PLR0911 - a case each
    """A value in a form that is equal only if every bit is; arrays and lists of numbers by their bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, float):
        return value.hex()
    if is_dataclass(value):
        return type(value).__name__, [whole(getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, msgspec.Struct):
        if isinstance(getattr(value, "data", None), memoryview):
            return "numbers", bytes(value.data)
        return type(value).__name__, [whole(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, list) and value and all(type(item) is float for item in value):
        return "numbers", array("d", value).tobytes()
    if isinstance(value, Mapping):
        return [(name, whole(item)) for name, item in value.items()]
    return [whole(item) for item in value] if isinstance(value, (list, tuple)) else (type(value).__name__, value)


def outcome(reader: Reader, body: bytes, keep=whole) -> tuple:
    """The job in every bit, or the refusal in every word."""
    try:
        found = reading.decoded(reader, bytearray(body), "identity", {}, LIMITS)
        job = handler._job(STEPS, reader, LIMITS.bounds(), found)
    except ProblemError as refused:
        return refused.code, refused.detail, list(refused.errors), refused.total
    except CalibrationError as refused:
        return type(refused).__name__, refused.problems
    return "accepted", keep(job)


def disagreement(body: bytes) -> str:
    """Where the decoders differ; else what became of the body: ``fast``, ``strict`` (by it alone) or ``refused``."""
    quick, strict = outcome(QUICK, body), outcome(STRICT, body)
    if quick != strict:
        return f"outcomes differ: {quick} {strict}"
    struct = QUICK.columns(body, {})
    if struct is not None:
        try:
            if whole(struct) != whole(STRICT.decode(body, {})):
                return "structs differ"
        except ProblemError as refused:
            return f"accepted, but {refused.code}"
    return "refused" if strict[0] != "accepted" else "strict" if struct is None else "fast"


def examined(seed: int, count: int) -> Counter[str]:
    """How many mutated bodies went which way; fails on the first that the decoders see differently."""
    rng, found = random.Random(seed), Counter[str]()
    document = request(rng)
    for index in range(count):
        if not index % 8:
            document = request(rng)
        body = broken(rng, document)
        told = disagreement(body)
        assert told in {"fast", "strict", "refused"}, (told, body)
        found[told] += 1
    return found


@pytest.fixture(autouse=True)
def small_bodies_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "QUICK_BYTES", 0)


@pytest.mark.parametrize("fewest", [1, 32])
def test_a_few_thousand_mutated_bodies(fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_json, "FEWEST", fewest)
    found = examined(60 + fewest, 800)
    assert found["fast"] > 60
    assert found["refused"] > 200


def test_answers_are_the_same_bytes() -> None:
    rng, answered = random.Random(67), 0
    for _ in range(30):
        body = written(rng, request(rng))
        jobs = [outcome(reader, body, keep=lambda job: job) for reader in (QUICK, STRICT)]
        if jobs[0][0] != "accepted":
            continue
        answers = []
        for _, job in jobs:
            try:
                answers.append(STEPS.run(job).body)
            except CalibrationError as refused:
                answers.append(refused.problems)
        assert answers[0] == answers[1]
        answered += isinstance(answers[0], bytes)
    assert answered > 10


@pytest.mark.slow
@pytest.mark.parametrize("fewest", [1, 32])
def test_two_hundred_thousand_mutated_bodies(fewest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_json, "FEWEST", fewest)
    found = examined(6000 + fewest, 135_000)
    print(dict(found))
    assert found["fast"] > 20_000
    assert found["refused"] > 30_000
