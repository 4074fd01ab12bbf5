"""The OpenAPI 3.1 document, built from the wire structs and the registered paths; nothing of it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import msgspec

from service.api.reading.media import ARROW
from service.api.render.media import CSV, EXTRA, HTML, JSON, MSGPACK, SVG
from service.api.routes.computation import Computation
from service.calibration.card import Card
from service.web.access.described import STATUSES, WORDS, schemes, security
from service.web.problems import MEDIA_TYPE, Entry, FieldError, ProblemDocument
from service.web.schemas import Schema, answer_schemas, described, read_words, reference, request_schemas

_OVERVIEW = (
    "Calibrated effects from a modest human sample plus LLM answers. New here? Begin with the "
    "[quick start](/docs/quick_start).\n\n"
    "Every POST is a pure function of its body: no state, safe to retry. `null` in an optional field means absent.\n\n"
    "**Refusals.** Every answer that is not a success is problem+json, but the page that a browser gets where /docs "
    "has none; its `type` leads into the [catalogue](/docs/problems) at /v1/problems.\n\n"
    "**Formats.** A request without Content-Type is read as JSON; an answer is JSON unless Accept prefers another "
    "type, whatever the request was. Bodies may be compressed with gzip or zstd. MessagePack is "
    "application/vnd.msgpack, application/msgpack or application/x-msgpack; in it the data of a binary array is bin; "
    "NaN and infinity in a list are refused.\n\n"
    "**Tracing.** X-Request-Id is taken over when it has 1 to 64 letters, digits, `.`, `_`, `:`, `-`; a valid W3C "
    "traceparent is taken over and answered.\n\n"
    "**Keys.** "
) + WORDS
_VALIDATE_ONLY = {
    "name": "validate_only",
    "in": "query",
    "required": False,
    "description": "Only its error, or what would be applied and the cost, which is charged. Default: false.",
    "schema": {"type": "boolean"},
}
_WORDS = {"name": "q", "in": "query", "required": False, "schema": {"type": "string"}, "example": "few_humans"}
_CSV_BODY = (
    "RFC 4180 in UTF-8 with a header; an empty field is missing, columns that data does not name are ignored. Where "
    "data takes numbers or names, a column is numbers when every filled field is one, and one that mixes is refused."
)
_CSV_DATA = (
    "With text/csv and Arrow only: the table object as JSON, URL-encoded, with the name of a column wherever the JSON "
    'body has the column itself, for example {"layout": "table", "outcomes": {"trust": "trust"}, "arm": "condition"}.'
)
_CSV_PLAN = "With text/csv and Arrow only: the plan as JSON, URL-encoded. Default: every default."
_ARROW_BODY = (
    "An Arrow IPC stream with its end-of-stream marker, its buffers not compressed; read where the extra arrow is "
    "installed, else 415. Integers, float32 and float64 are numbers, strings and dictionaries of strings are names, "
    "bool is true or false; null is missing, and NaN is. data and plan may stand in the schema's metadata instead."
)
_CSV_ANSWER = (
    "A header and one line per entry of {}, field names joined by _, lists as JSON; warnings stand on every line. A "
    "text that begins like a formula (=, +, -, @) has an apostrophe before it."
)
_REPORT = (
    "{} Made where the extra is installed (" + EXTRA + "), else 406; costs work units of its own. For people: it shows "
    "the claim and every warning, and numbers rounded. The same request gives the same bytes."
)
_PAGE = _REPORT.format(
    "A report that stands alone: figure, tables, assumptions, a paragraph for a methods section, what to cite."
)
_FIGURE = _REPORT.format("The figure of the report, with a title and a description for screen readers.")
_STATUSES = {
    400: "The bytes cannot be read",
    **STATUSES,
    404: "No such path or code",
    406: "No acceptable media type",
    408: "The body arrived too slowly",
    413: "Too many bytes or values",
    415: "Unknown media type or encoding",
    422: "Readable, but not a valid request, or not analysable; errors lists every problem",
    431: "The headers are too large",
    500: "A fault of ours",
    503: "Busy or not ready; Retry-After says when to try again",
    504: "Not done within the deadline",
}
_POST_STATUSES = (400, *STATUSES, 406, 408, 413, 415, 422, 431, 500, 503, 504)
_GET_STATUSES = (400, 406, 431, 500)


def build_document(computations: Sequence[Computation[Any, Any]]) -> bytes:
    """The encoded document for these computing paths."""
    steps = [computation.steps() for computation in computations]
    answers = [kind for each in steps for kind in (each.answer, each.validation)]
    schemas = answer_schemas([*answers, Card, Entry, FieldError, ProblemDocument])
    schemas |= request_schemas([each.request for each in steps])
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Rectifier calibration service",
            "version": version("rectifier"),
            "description": _OVERVIEW,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "externalDocs": {"description": "Documentation", "url": "/docs"},
        "tags": [{"name": "compute"}, {"name": "describe"}, {"name": "operate"}],
        "paths": {c.path: {"post": _post(c)} for c in computations} | _reading_paths(),
        "components": {
            "schemas": dict(sorted(described(schemas, read_words("service.api")).items())),
            "responses": _problem_responses(),
            "securitySchemes": schemes(),
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _post(computation: Computation[Any, Any]) -> Schema:
    return {
        "operationId": computation.name,
        "summary": computation.title,
        "tags": ["compute"],
        "security": security(computation.scope),
        "parameters": [_VALIDATE_ONLY, *(_table_parameters(computation) if computation.tabular else ())],
        "requestBody": {"required": True, "content": _request_content(computation)},
        "responses": {"200": _success("The answer", _answer_content(computation))} | _problems(_POST_STATUSES),
    }


def _request_content(computation: Computation[Any, Any]) -> Schema:
    schema = {"schema": reference(computation.steps().request)}
    content: Schema = {JSON: schema, MSGPACK[0]: schema}
    if computation.examples:
        examples = {name: {"value": msgspec.json.decode(body)} for name, body in computation.examples}
        content[JSON] = schema | {"examples": examples}
    if computation.tabular:
        content[CSV] = {"schema": {"type": "string", "description": _CSV_BODY}}
        content[ARROW] = {"schema": {"description": _ARROW_BODY}}
    return content


def _answer_content(computation: Computation[Any, Any]) -> Schema:
    steps = computation.steps()
    schema = {"schema": {"anyOf": [reference(steps.answer), reference(steps.validation)]}}
    content: Schema = {JSON: schema, MSGPACK[0]: schema}
    if computation.lines:
        content[CSV] = {"schema": {"type": "string", "description": _CSV_ANSWER.format(computation.lines.field)}}
    if computation.report:
        content[HTML] = {"schema": {"type": "string", "description": _PAGE}}
        content[SVG] = {"schema": {"type": "string", "description": _FIGURE}}
    return content


def _table_parameters(computation: Computation[Any, Any]) -> list[Schema]:
    plan = next(f for f in msgspec.structs.fields(computation.steps().request) if f.name == "plan")
    described = (("data", _CSV_DATA, {"type": "object"}), ("plan", _CSV_PLAN, reference(plan.type)))
    return [
        {"name": name, "in": "query", "required": False, "description": text, "content": {JSON: {"schema": schema}}}
        for name, text, schema in described
    ]


def _reading_paths() -> Schema:
    listed: Schema = {
        "type": "object",
        "required": ["problems"],
        "properties": {"problems": {"type": "array", "items": reference(Entry)}},
    }
    cards: Schema = {"type": "object", "additionalProperties": {"type": "array", "items": reference(Card)}}
    status: Schema = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    page: Schema = {"schema": {"type": "string"}}
    one = _get("describeProblem", "One error or warning", _json(reference(Entry)) | {"text/html": page}, (404,))
    docs = _get("readPage", "A page of the documentation", {"text/html": page}, (404,))
    search = _get("searchPages", "What of the documentation has every word", {"text/html": page})
    deep = _get("readDeepPage", "A page of a section of the documentation", {"text/html": page}, (404,))
    paths = {
        "/v1/methods": _get("listMethods", "Every method with formula, assumptions, sources, limits", _json(cards)),
        "/v1/problems": _get("listProblems", "Every error and warning", _json(listed) | {"text/html": page}),
        "/v1/problems/{code}": one | {"parameters": [_path("code", "few_humans")]},
        "/openapi.json": _get("describeApi", "This document", _json({"type": "object"})),
        "/": _get("readWorkbench", "The workbench, a page for people", {"text/html": page}),
        "/docs": _get("readDocs", "The documentation: contents", {"text/html": page}),
        "/docs/search": search | {"parameters": [_WORDS]},
        "/docs/{page}": docs | {"parameters": [_path("page", "concepts")]},
        "/docs/{section}/{page}": deep | {"parameters": [_path("section", "problems"), _path("page", "few_humans")]},
        "/docs/api": _get("readReference", "This document as a page", {"text/html": page}),
        "/livez": _get("probeLiveness", "The process answers", _json(status)),
        "/readyz": _get("probeReadiness", "Requests may be sent here", _json(status), (503,)),
        "/startupz": _get("probeStartup", "A known answer was computed right", _json(status), (503,)),
        "/metrics": _get("readMetrics", "Prometheus metrics", {"text/plain": page}),
    }
    return {path: {"get": operation} for path, operation in paths.items()}


def _get(name: str, summary: str, content: Schema, more: tuple[int, ...] = ()) -> Schema:
    tag = "describe" if name.startswith(("list", "describe")) else "operate"
    responses = {"200": _success(summary, content)} | _problems((*_GET_STATUSES, *more))
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": responses}


def _path(name: str, example: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _success(description: str, content: Schema) -> Schema:
    header = {"X-Request-Id": {"description": "The request id", "schema": {"type": "string"}}}
    return {"description": description, "headers": header, "content": content}


def _problems(statuses: Sequence[int]) -> Schema:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def _problem_responses() -> Schema:
    content = {MEDIA_TYPE: {"schema": reference(ProblemDocument)}}
    return {f"Problem{status}": {"description": words, "content": content} for status, words in _STATUSES.items()}
