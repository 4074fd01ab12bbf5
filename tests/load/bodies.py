"""The largest bodies of every kind that the limits let in: what ``tests.load.memory`` fills the gates with."""

from __future__ import annotations

import base64
import gzip
import json
import random
from collections.abc import Callable

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.ipc

from service.api.reading.media import ARROW
from service.web.compression import zstd_module

BODY, VALUES = 64 << 20, 10_000_000
TABLE = '{"layout":"table","outcomes":{"y":"y"},"predictions":[{"values":"p"}]}'
Sent = tuple[bytes, dict[str, str]]  # the body and its headers; "data" is the query parameter


def likert_json() -> Sent:
    """Most numbers per byte: ten million digits, in 20 MB."""
    return likert(VALUES - 20), {}


def likert(count: int) -> bytes:
    """A study of so many digits."""
    digits = np.random.default_rng(1).integers(1, 6, count).astype("S1").tolist()
    column = b",".join(digits)
    few = column[: 2 * 1999 + 1]
    return b'{"data":{"layout":"arrays","arms":[{"name":"all","human":[%b],"llm":[%b],"llm_only":[%b]}]}}' % (
        few,
        few,
        column[: 2 * (count - 4000) - 1],
    )


def nulls_json() -> Sent:
    """The same with a missing answer in every hundredth place, read by the strict decoder as Python objects."""
    body = likert_json()[0]
    head, middle, rest = body.partition(b'"llm_only":[')
    values = rest.removesuffix(b"]}]}}").split(b",")
    values[::100] = [b"null"] * len(values[::100])
    return head + middle + b",".join(values) + b"]}]}}", {}


def long_json() -> Sent:
    """17 digits: as many as 64 MiB take."""
    count = BODY // 20
    values = b",".join(b"%.17g" % x for x in np.random.default_rng(2).uniform(1, 2, count).tolist())
    few = b",".join(b"%.17g" % x for x in np.random.default_rng(3).uniform(1, 2, 2000).tolist())
    body = b'{"data":{"layout":"arrays","arms":[{"name":"all","human":[%b],"llm":[%b],"llm_only":[%b]}]}}'
    return body % (few, few, values[: values.rfind(b",", 0, BODY - 90_000)]), {}


def table_json() -> Sent:
    """Many columns: a hundred predictions of 99,000 units."""
    units, columns = 99_000, 98
    rng = np.random.default_rng(4)
    digits = lambda: rng.integers(1, 6, units).astype("S1").tolist()
    y = [*digits()[:5000], *[b"null"] * (units - 5000)]
    predictions = b",".join(b'{"model":"m%d","values":[%b]}' % (i, b",".join(digits())) for i in range(columns))
    table = b'{"data":{"layout":"table","outcomes":{"y":[%b]},"predictions":[%b]}}'
    return table % (b",".join(y), predictions), {}


def names_json() -> Sent:
    """Names instead of numbers: an arm for each of as many units as fit."""
    units = 2_400_000
    y, arm = b",".join([b"1", b"2"] * (units // 2)), b",".join([b'"control"', b'"treated"'] * (units // 2))
    return b'{"data":{"layout":"table","outcomes":{"y":[%b]},"arm":[%b]}}' % (y, arm), {}


def units_json(different: int = 1_600_000) -> Sent:
    """As many short names as are read, all different: in ``unit``, and again as clusters."""
    rows = b",".join([b"1", b"2"] * (different // 2))
    unit, cluster = (b",".join(b'"%c%06x"' % (mark, i) for i in range(different)) for mark in b"uc")
    table = b'{"data":{"layout":"table","outcomes":{"y":[%b]},"unit":[%b],"cluster":[%b]}}'
    return table % (rows if different < 1_000_000 else b"1", unit, cluster), {}


def arrow(*, names: bool) -> Sent:
    """Columns of an Arrow stream: numbers; or names, those in ``unit`` all different and one of ``subgroup`` long."""
    rows = 900_000 if names else 4_000_000
    rng = np.random.default_rng(7)
    columns = {
        "y": pa.array(rng.integers(1, 6, rows).astype("i1" if names else "f8")),
        "p": pa.array(rng.normal(3, 1, rows)),
    }
    if names:
        codes = pa.array(np.zeros(rows, "i1"))
        columns |= {"u": pa.array([f"u{i:06x}" for i in range(rows)])}
        columns |= {"g": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 1_000_000]))}
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.table(columns).schema) as writer:
        writer.write_table(pa.table(columns))
    asked = json.loads(TABLE) | ({"unit": "u", "subgroup": "g"} if names else {})
    return sink.getvalue().to_pybytes(), {"Content-Type": ARROW, "data": json.dumps(asked)}


def broken_json() -> Sent:
    """Ten million digits and one wrong value at the end: the second pass builds the whole tree."""
    return likert(VALUES - 30)[:-5] + b',"NA"]}]}}', {}


def spaced_gzip() -> Sent:
    """256 MiB of mostly blanks around ten million digits."""
    body = likert_json()[0]
    return gzip.compress(body + b" " * ((256 << 20) - len(body)), 1), {"Content-Encoding": "gzip"}


def zstd_of_it() -> Sent:
    """The same in zstd."""
    body = likert_json()[0]
    return zstd_module().compress(body + b" " * ((256 << 20) - len(body))), {"Content-Encoding": "zstd"}


def binary(count: int) -> dict[str, np.ndarray]:
    """Columns of a study as arrays."""
    rng = np.random.default_rng(5)
    return {"human": rng.normal(3, 1, 2000), "llm": rng.normal(3, 1, 2000), "llm_only": rng.normal(3, 1, count)}


def base64_json() -> Sent:
    """A binary array in JSON: 64 MiB of base64."""
    arm = {k: {"dtype": "<f8", "data": base64.b64encode(v.tobytes()).decode()} for k, v in binary(6_200_000).items()}
    return json.dumps({"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}}).encode(), {}


def messagepack(*, packed: bool) -> Sent:
    """MessagePack: binary arrays, or lists of numbers."""
    columns = binary(8_300_000 if packed else 7_300_000)
    arm = {k: {"dtype": "<f8", "data": v.tobytes()} if packed else v.tolist() for k, v in columns.items()}
    body = msgspec.msgpack.encode({"data": {"layout": "arrays", "arms": [{"name": "all", **arm}]}})
    return body, {"Content-Type": "application/vnd.msgpack"}


def csv() -> Sent:
    """A table of three columns of digits, as CSV."""
    rows, rng = 3_000_000, random.Random(6)
    lines = [f"{rng.randint(1, 5)},{rng.randint(1, 5)},x" for _ in range(1000)] * (rows // 1000)
    return "\n".join(["y,p,g", *lines]).encode(), {"Content-Type": "text/csv"}


KINDS: dict[str, Callable[[], Sent]] = {
    "JSON, digits": likert_json,
    "JSON, digits and nulls": nulls_json,
    "JSON, 17 digits": long_json,
    "JSON, 98 columns": table_json,
    "JSON, names": names_json,
    "JSON, units": units_json,
    "JSON, units within the limit": lambda: units_json(490_000),
    "JSON, one wrong value": broken_json,
    "JSON in gzip": spaced_gzip,
    "JSON in zstd": zstd_of_it,
    "JSON, base64": base64_json,
    "MessagePack, bin": lambda: messagepack(packed=True),
    "MessagePack, lists": lambda: messagepack(packed=False),
    "CSV": csv,
    "Arrow, numbers": lambda: arrow(names=False),
    "Arrow, names": lambda: arrow(names=True),
}
