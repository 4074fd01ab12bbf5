"""Real requests of every layout, and ways to break them: in their structure, in their numbers, in their bytes."""

from __future__ import annotations

import base64
import copy
import json
import random
import re
from array import array
from collections.abc import Callable, Iterator

LITERALS = [
    "-0", "-0.0", "0e0", "1E5", "1e+2", "1e400", "-1e400", "1e-400", "5e-324", "2.2250738585072011e-308", "4.9e-325",
    "1.7976931348623157e308", "1.7976931348623159e308", "9007199254740993", "-9007199254740993", "18446744073709551615",
    "18446744073709551616", "-9223372036854775809", "9" * 400, "0." + "0" * 400 + "1",
    "12345678901234567890.1234567890123",
    "0.1000000000000000055511151231257827", "01", "1.", ".5", "+1", "-", "1e", "0x10", "1_0",
    "NaN", "Infinity", "-Infinity", "true", "false", "null", '"1"', '"NA"', "[]", "[1]", "[[1]]", "{}", '{"a":1}',
    "\u0661",
]  # fmt: skip
_SAID = [text for text in LITERALS if re.fullmatch(r"-?(0|[1-9]\d{,20})(\.\d+)?([eE][-+]?\d{1,2})?", text)]
BITS = [
    b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"\0", b"\x1f", b"\x7f", b"\xff", b"\xc0\x80", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\\u0000", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\u002d", b"[[", b"]]", b"[1]", b" ",
    b"\n", b"\t", b"\x0b", b"\xc2\xa0", b"//", b"/**/", b"-", b"-0", b"1", b"0", b".", b"e", b"E9", b"1e999",
    b"null", b"true", b'"[":', b'"a":1,', b"[" * 40,
]  # fmt: skip
VALUES = [
    None, True, False, 0, -1, 1.5, 1e300, 10**400, "", "NA", "x", [], {}, [1], [[1], [2]], [{}], [None], ["a"], [True],
    [1, "a"], [0.5] * 40, [1] * 40, [None] * 40, ["n"] * 40, [[1, 2]] * 20, [1] * 39 + [[1]], [1] * 39 + [None],
    {"layout": "table"}, {"dtype": "<f8", "data": ""}, {"dtype": "|i1", "data": "AAEC", "categories": ["a", "b"]},
]  # fmt: skip
_NUMBER = re.compile(r"(?<=[\[:, ])-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?=[\],}\s])")


def numbers(rng: random.Random, count: int) -> list[float]:
    kind = rng.randrange(6)
    if kind == 0:
        return [rng.randint(1, 5) for _ in range(count)]
    if kind == 1:
        return [round(rng.gauss(3, 1), 3) for _ in range(count)]
    if kind == 2:
        return [rng.gauss(0, 1) for _ in range(count)]
    if kind == 3:
        return [rng.choice([0, 1]) for _ in range(count)]
    if kind == 4:
        return [rng.randint(-(2**63), 2**64 - 1) for _ in range(count)]
    return [rng.choice([0.0, -0.0, 1e-9, 2.5e7, 3]) * rng.random() for _ in range(count)]


def column(rng: random.Random, count: int, missing: float = 0.1) -> object:
    """Numbers, some as a binary array, some with nulls."""
    found = numbers(rng, count)
    if rng.random() < 0.1:
        return {"dtype": "<f8", "data": base64.b64encode(array("d", map(float, found)).tobytes()).decode()}
    return [None if rng.random() < 0.1 else x for x in found] if rng.random() < missing else found


def words(rng: random.Random, count: int) -> list[str]:
    names = rng.choice([["a", "b"], ["c[1]", "t[2]"], ["é{", "\u4e2d:"], ['q"', "\\n"]])
    return [rng.choice(names) for _ in range(count)]


def arrays(rng: random.Random) -> dict:
    arms = []
    for name in ("control", "treatment", "third")[: rng.randint(1, 3)]:
        n, m = rng.randint(3, 45), rng.randint(0, 60)
        arm = {"name": name, "human": column(rng, n), "llm": column(rng, n), "llm_only": column(rng, m)}
        arms.append({k: v for k, v in arm.items() if k != "llm_only" or rng.random() < 0.8})
    return {"layout": "arrays", "arms": arms}


def table(rng: random.Random) -> dict:
    count, human = rng.randint(8, 70), rng.random()
    answered = [rng.random() < human or i < 6 for i in range(count)]
    arms = rng.random() < 0.5
    study: dict = {
        "layout": "table",
        "outcomes": {
            name: [x if a else None for x, a in zip(numbers(rng, count), answered, strict=True)]
            for name in rng.sample(["y", "trust [1]", "a/b~", "\u00fc"], rng.randint(1, 2))
        },
        "predictions": [{"model": f"m{i}", "values": column(rng, count, 0.2)} for i in range(rng.randint(1, 3))],
    }
    if arms:
        study |= {"prediction_design": "shared", "arm": [rng.choice(["c", "t"]) if a else None for a in answered]}
    for outcome in list(study["outcomes"])[1:]:
        study["predictions"] = [p | {"outcome": next(iter(study["outcomes"]))} for p in study["predictions"]]
        study["predictions"].append({"outcome": outcome, "values": column(rng, count), "fill": "mean"})
    extras = {
        "covariates": {"age": column(rng, count), "sex": words(rng, count)},
        "weight": [round(0.5 + rng.random(), 2) for _ in range(count)],
        "cluster": rng.choice([words(rng, count), [rng.randint(1, 9) for _ in range(count)]]),
        "stratum": words(rng, count),
        "subgroup": [rng.randint(1, 2) for _ in range(count)],
        "unit": [f"u{i}" for i in range(count)],
        "human": answered,
        "sampling_probability": None,
    }
    return study | {name: value for name, value in extras.items() if rng.random() < 0.25}


def moments(rng: random.Random) -> dict:
    square = [[1.4, 0.8], [0.8, 1.1]]
    arms = [{"name": a, "n": rng.randint(20, 90), "mean": numbers(rng, 2), "covariance": square} for a in "ct"]
    only = [{"arm": a, "n": 600, "mean": [3.2], "covariance": [[1.1]]} for a in "ct"]
    fields = {"layout": "moments", "prediction_design": "independent", "predictions": [{"model": "gpt"}]}
    return fields | {"arms": arms, "llm_only": only}


def summary(rng: random.Random) -> dict:
    covariance = {"11": [[0.5, 0.1], [0.1, 0.4]], "12": [[0.2, 0.0], [0, 0.2]], "22": [[1, 0], [0, 1]]}
    return {
        "layout": "summary",
        "components": ["a", "b"],
        "theta_human": [rng.gauss(0, 1), 1],
        "gamma_human": [0.5, rng.random()],
        "gamma_llm_only": [0.4, 0.9],
        "covariance": covariance | {"33": [[0.1, 0], [0, 0.1]]},
        "n_human": rng.randint(50, 500),
    }


PLANS: list[dict | None] = [
    None,
    {},
    {"missing": "drop_unit"},
    {"estimator": "regression", "missing": "drop_unit"},
    {"estimand": {"type": "proportions"}, "missing": "drop_unit"},
    {"estimand": {"type": "quantile", "q": [0.25, 0.5]}},
    {"costs": {"human": 5, "llm": 0.02}, "null_value": -0, "seed": 3.0},
    {"contrasts": [{"name": "t - c", "weights": {"t": 1, "c": -1}}], "multiplicity": "holm"},
    {"estimand": {"type": "linear", "terms": ["age"]}, "confidence_level": 0.9},
]


def request(rng: random.Random) -> dict:
    """A calibration of any layout."""
    data = rng.choices([arrays, table, moments, summary], [6, 8, 1, 1])[0](rng)
    plan = rng.choice(PLANS if "age" in data.get("covariates", ()) else PLANS[:-1])
    return {"data": data} if plan is None else {"plan": copy.deepcopy(plan), "data": data}


def written(rng: random.Random, document: object) -> bytes:
    """As JSON, in one of the ways in which people write it."""
    style: dict = rng.choice([{}, {"separators": (",", ":")}, {"indent": 1}, {"separators": (" , ", " : ")}])
    return json.dumps(document, ensure_ascii=rng.random() < 0.5, **style).encode()


def places(node: object, at: tuple = ()) -> Iterator[tuple]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield (*at, key)
        yield from places(child, (*at, key))


def restructured(rng: random.Random, document: dict) -> dict:
    """A value replaced, moved, removed or repeated somewhere; a column's entry as likely as a field."""
    steps = list(places(document))
    fields = [s for s in steps if isinstance(s[-1], str)]
    if not fields:
        return document
    *path, last = rng.choice(fields if rng.random() < 0.5 else steps)
    holder = document
    for step in path:
        holder = holder[step]
    change = rng.randrange(6)
    if change == 0:
        del holder[last]
    elif change == 1 and isinstance(holder, dict):
        holder[rng.choice(["x", "layout", "values", "a\0b", f"{last}\0", str(last).upper()])] = holder.pop(last)
    elif change == 2 and isinstance(holder, list):
        holder.insert(last, copy.deepcopy(rng.choice(VALUES)))
    elif change == 3:
        holder[last] = [holder[last]]
    else:
        holder[last] = copy.deepcopy(rng.choice(VALUES))
    return document


def relettered(rng: random.Random, body: bytes) -> bytes:
    """A number written otherwise, or replaced by what is none."""
    text = body.decode("utf-8", "surrogateescape")
    found = list(_NUMBER.finditer(text))
    if not found:
        return body
    for match in sorted(rng.sample(found, min(len(found), rng.choice([1, 1, 3]))), key=lambda m: -m.start()):
        text = text[: match.start()] + rng.choice(_SAID if rng.random() < 0.7 else LITERALS) + text[match.end() :]
    return text.encode("utf-8", "surrogateescape")


def respelled(rng: random.Random, body: bytes) -> bytes:
    """A key or name with escapes, twice, or with a list's bracket in it."""
    found = list(re.finditer(rb'"([a-z_]+)"(\s*:)?', body))
    if not found:
        return body
    match = rng.choice(found)
    name = match[1]
    at = rng.randrange(len(name))
    escaped = name[:at] + b"\\u%04x" % name[at] + name[at + 1 :]
    after = match[2] or b""
    twice = b'"%b":%b,"%b"' % (name, rng.choice([b"1", b"null", b"[1]", b"{}"]), rng.choice([name, escaped]))
    new = rng.choice([b'"%b"' % escaped, twice if after else b'"%b","%b"' % (name, name), b'"[%b"' % name])
    return body[: match.start()] + new + after + body[match.end() :]


def rebitten(rng: random.Random, body: bytes) -> bytes:
    """Bytes changed, put in, taken out, cut off."""
    for _ in range(rng.choice([1, 1, 2, 5])):
        at, change = rng.randrange(len(body) + 1), rng.randrange(7)
        end = min(len(body), at + rng.choice([1, 1, 2, 8, 64]))
        if change == 0:
            body = body[:at] + bytes([rng.randrange(256)]) + body[end:]
        elif change == 1:
            body = body[:at] + rng.choice(BITS) + body[at:]
        elif change == 2:
            body = body[:at] + rng.choice(BITS) + body[end:]
        elif change == 3:
            body = body[:at] + body[end:]
        elif change == 4:
            body = body[:at] + body[at:end] + body[at:]
        elif change == 5:
            body = body[:at]
        else:
            body = (
                rng.choice([b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b" ", b"\0", b""]) + body + rng.choice(BITS)
            )
    return body


BROKEN: list[Callable[[random.Random, bytes], bytes]] = [relettered, respelled, rebitten]


def broken(rng: random.Random, document: dict) -> bytes:
    """One of its mutations; one in six is only written in another way."""
    document = copy.deepcopy(document)
    how = rng.randrange(12)
    if 2 <= how <= 5:
        for _ in range(rng.choice([1, 1, 2])):
            document = restructured(rng, document)
    body = written(rng, document)
    if how >= 5:
        for _ in range(rng.choice([1, 1, 2])):
            body = rng.choice([relettered, *BROKEN])(rng, body)
    return body
