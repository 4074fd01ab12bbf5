from __future__ import annotations

import gzip
import json
import os
import socket
import threading
from importlib.resources import files
from typing import Any

import pytest

from service.api.limits import Limits
from service.api.parsing import process, shipping
from service.api.parsing.errand import MESSAGE_BYTES, REFUSALS, REPLIES, Errand, Reply, mapped, memory_file, problem
from service.api.parts import calibration_parts
from service.api.reading.media import Reader
from service.api.reading.whole import digest
from service.api.wire.calibration import CalibrationRequest

EXAMPLE = files("service.api").joinpath("example.json").read_bytes()
PATH, JSON = "/v1/calibrations", "application/json"
COMPUTATIONS = calibration_parts().computations
TAKES = {c.path: process._readers(c, Limits()) for c in COMPUTATIONS}


def sent(body: bytes, encoding: str = "identity", takes: Any = TAKES) -> tuple[Reply, int]:
    return process.answered(Errand(3, PATH, JSON, encoding, {}), memory_file(body), takes, Limits(max_values=10_000))


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

    reply, fd = sent(b"{}", takes={PATH: {JSON: Reader(b",", (), crash)}})
    os.close(fd)
    assert reply.failure is not None
    assert reply.failure.startswith("ZeroDivisionError at crash:")
    assert "canary" not in reply.failure


def test_it_says_when_it_is_ready_and_ends_when_nobody_is_there() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    serving = threading.Thread(target=process.serve, args=(theirs, COMPUTATIONS, Limits()))
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
        process.serve(theirs, (), Limits())
