from __future__ import annotations

import os

import msgspec

from service.api.parsing.errand import REFUSALS, content_of, mapped, memory_file, problem, refusal
from service.calibration.errors import Problem
from service.web.problems import FieldError, ProblemError


def test_a_problem_travels_whole() -> None:
    errors = [FieldError("/a/0", "wrong_type", "Seen.", "Do."), Problem("/b", "few_humans", "2", "more")]
    sent = ProblemError("invalid_request", "Two.", errors, total=700)
    came = problem(REFUSALS.decode(msgspec.msgpack.encode(refusal(sent))))
    assert (came.code, came.detail, came.total) == ("invalid_request", "Two.", 700)
    assert [(e.pointer, e.code, e.detail, e.hint) for e in came.errors] == [
        ("/a/0", "wrong_type", "Seen.", "Do."),
        ("/b", "few_humans", "2", "more"),
    ]


def test_a_memory_file_gives_back_what_it_holds() -> None:
    for content in (b"", bytearray(b"abc" * 1_000_000)):
        fd = memory_file(content)
        assert content_of(fd) == content
        os.close(fd)


def test_a_mapped_file_outlives_its_descriptor() -> None:
    for content in (b"", b"some"):
        fd = memory_file(content)
        memory = mapped(fd)
        os.close(fd)
        assert bytes(memory) == content
