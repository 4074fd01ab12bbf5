from __future__ import annotations

import gzip
import json
import os
import socket
import threading
from importlib.resources import files
from typing import Any

import msgspec
import numpy as np
import pytest

from service.api.limits import Limits
from service.api.parsing import answering, shipping
from service.api.parsing.errand import MESSAGE_BYTES, REFUSALS, REPLIES, Errand, Reply, mapped, memory_file, problem
from service.api.parts import calibration_parts
from service.api.reading.media import Reader
from service.api.reading.whole import digest
from service.api.wire.calibration import CalibrationRequest
from service.api.wire.columns import BinaryArray, SentNames, names_of, numbered
from tests.api.parsing.every_request import requests

EXAMPLE = files("service.api").joinpath("example.json").read_bytes()
PATH, JSON = "/v1/calibrations", "application/json"
COMPUTATIONS = calibration_parts().computations
TAKES = {c.path: answering._readers(c, Limits()) for c in COMPUTATIONS}


def sent(body: bytes, encoding: str = "identity", takes: Any = TAKES.__getitem__) -> tuple[Reply, int]:
    return answering.answered(Errand(3, PATH, JSON, encoding, {}), memory_file(body), takes, Limits(max_values=10_000))


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_body_comes_back_decoded_with_its_digest(encoding: str) -> None:
    reply, fd = sent(EXAMPLE if encoding == "identity" else gzip.compress(EXAMPLE), encoding)
    assert (reply.number, reply.refused, reply.failure) == (3, False, None)
    assert reply.digest == digest(bytearray(EXAMPLE), {})
    wire = shipping.read(CalibrationRequest, mapped(fd), reply.at, reply.size)
    assert len(wire.data.predictions) == len(json.loads(EXAMPLE)["data"]["predictions"])
    os.close(fd)


@pytest.mark.parametrize(
    ("body", "code"), [(b'{"data": 1', "malformed_json"), (b"[" + b"1," * 20_000, "too_many_numbers")]
)
def test_a_refusal_comes_back_as_it_is(body: bytes, code: str) -> None:
    reply, fd = sent(body)
    assert reply.refused
    assert problem(REFUSALS.decode(os.pread(fd, reply.size, reply.at))).code == code
    os.close(fd)


def test_a_fault_of_ours_comes_back_without_its_words() -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError("canary")

    reply, fd = sent(b"{}", takes={PATH: {JSON: Reader(b",", (), crash)}}.__getitem__)
    os.close(fd)
    assert reply.failure is not None
    assert reply.failure.startswith("ZeroDivisionError at crash:")
    assert "canary" not in reply.failure


def test_it_says_when_it_is_ready_and_ends_when_nobody_is_there() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    serving = threading.Thread(target=answering.serve, args=(theirs, COMPUTATIONS, Limits()))
    serving.start()
    assert REPLIES.decode(ours.recv(MESSAGE_BYTES)) == Reply(0)
    ours.close()
    serving.join(10)
    assert not serving.is_alive()
    theirs.close()


def test_who_left_before_it_was_ready_is_no_fault() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.close()
    with theirs:
        answering.serve(theirs, (), Limits())


def values(column: BinaryArray) -> list[float | str | None]:
    """A column as a list."""
    if isinstance(column, SentNames):
        return names_of(column)
    return [None if v != v else v for v in np.frombuffer(column.data, column.dtype).tolist()]  # noqa: PLR0124 - NaN


def same(sent: Any, came: Any, field: str = "") -> bool:
    """Whether what was decoded is what comes back, a list as a column, of units as the order of their names."""
    if isinstance(sent, list) and isinstance(came, BinaryArray):
        return values(came) == (numbered(sent).tolist() if field == "unit" else sent)
    if isinstance(sent, bytes):
        return sent == bytes(came)
    if isinstance(sent, msgspec.Struct) and type(sent) is type(came):
        return all(same(getattr(sent, name), getattr(came, name), name) for name in sent.__struct_fields__)
    if isinstance(sent, dict):
        return sent.keys() == came.keys() and all(same(value, came[key]) for key, value in sent.items())
    if isinstance(sent, list):
        return len(sent) == len(came) and all(same(one, other) for one, other in zip(sent, came, strict=True))
    return type(sent) is type(came) and bool(sent == came)


@pytest.mark.parametrize("computation", COMPUTATIONS, ids=lambda computation: computation.name)
def test_every_field_of_every_path_comes_back_as_it_was_sent(computation: Any) -> None:
    """Lists of names in a plan once did not, and large bodies with them were answered with 500."""
    reader, documents = TAKES[computation.path][JSON], requests(computation.steps().request)
    assert len(documents) > 3
    for document in documents:
        body = json.dumps(document).encode()
        reply, fd = answering.answered(
            Errand(1, computation.path, JSON, "identity", {}), memory_file(body), TAKES.__getitem__, Limits()
        )
        assert (reply.refused, reply.failure) == (False, None), document
        came = shipping.read(computation.steps().request, mapped(fd), reply.at, reply.size)
        os.close(fd)
        assert same(reader.decode(body, {}), came), document
