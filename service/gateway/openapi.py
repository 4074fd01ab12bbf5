"""The gateway's OpenAPI 3.1 document, built from the wire structs; nothing of it is written twice."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import msgspec

from service.gateway.keys import MAX_LENGTH, PATTERN
from service.gateway.routes.providers import ProvidersReply
from service.gateway.wire.generation import GenerationRequest
from service.gateway.wire.records import CellRecord, EndRecord, ErrorRecord, PlanReply, ProgressRecord
from service.web.access.described import STATUSES, WORDS, schemes, security
from service.web.problems import MEDIA_TYPE, Entry, FieldError, ProblemDocument
from service.web.schemas import Schema, answer_schemas, described, read_words, reference, request_schemas

JSON = "application/json"
_OVERVIEW = (
    "LLM answers for research: personas x arms x items x models x replicates in, one record per planned cell out, "
    "answered or missing with its reason, and what was sent, tried and spent on record. `output: calibration` ends the "
    "stream with the `data` of a calibration request. No statistics, no database; a request names providers that the "
    "operator configured, never a URL. `null` in an optional field means absent. Every refusal is problem+json (on "
    "/v1/chat/completions: OpenAI's error object). Request bodies may be compressed with gzip or zstd. "
) + WORDS
_EXAMPLE = {
    "personas": [{"unit_id": "r17", "attributes": {"age": 34, "job": "nurse"}, "arm": "treatment", "human": True}],
    "arms": [{"name": "control", "text": "A plain notice."}, {"name": "treatment", "text": "A warm letter."}],
    "items": [
        {
            "name": "trust",
            "type": "likert",
            "text": "I trust the sender.",
            "options": [
                {"code": 1, "label": "Disagree"},
                {"code": 2, "label": "Neither"},
                {"code": 3, "label": "Agree"},
            ],
        }
    ],
    "models": [{"name": "simulated", "provider": "simulated"}],
    "elicitation": {"method": "decision"},
    "template": {"system": "You are {age} years old and work as {job}.", "user": "{arm}\n{item}"},
    "output": "calibration",
}
_STATUSES = {
    400: "The bytes cannot be read",
    **STATUSES,
    404: "No such path, code, provider or model",
    406: "No acceptable media type",
    408: "The body arrived too slowly",
    413: "Too many bytes or values",
    415: "Unknown media type or encoding",
    422: "Readable, but not a study that can be run; errors lists every problem",
    431: "The headers are too large",
    500: "A fault of ours",
    502: "The provider failed",
    503: "Busy or not ready; Retry-After says when to try again",
    504: "The provider took too long",
}
_CHAT_STATUSES = {
    401: f"{STATUSES[401]}; or the provider refuses the key",
    429: f"{STATUSES[429]}; or the provider's limit",
}
_POST = (400, *STATUSES, 406, 408, 413, 415, 422, 431, 500)
_GET = (400, 406, 431, 500)
_RECORDS = (CellRecord, ProgressRecord, ErrorRecord, EndRecord)
_KEYS: Schema = {
    "name": "X-Upstream-Key",
    "in": "header",
    "required": False,
    "description": "Keys of the caller's own, one for a provider: provider=key, .. Never stored or logged.",
    "schema": {"type": "string", "pattern": PATTERN, "maxLength": MAX_LENGTH},
}
_TENANT: Schema = {
    "name": "X-Tenant",
    "in": "header",
    "required": False,
    "description": "Whose cache this is; part of every cell_id. To be set by whoever authenticates callers; where this "
    "service has keys, every client has a cache of its own, and this divides it further.",
    "schema": {"type": "string"},
}


def build_document() -> bytes:
    """The encoded document."""
    schemas = answer_schemas([*_RECORDS, PlanReply, ProvidersReply, Entry, FieldError, ProblemDocument])
    schemas |= request_schemas([GenerationRequest])
    document: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "Rectifier gateway",
            "version": version("rectifier"),
            "description": _OVERVIEW,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": "generate"}, {"name": "describe"}, {"name": "operate"}],
        "paths": _posting_paths() | _reading_paths(),
        "components": {
            "schemas": dict(sorted(described(schemas, read_words("service.gateway")).items())),
            "responses": _problem_responses(),
            "securitySchemes": schemes(),
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _posting_paths() -> Schema:
    line: Schema = {"anyOf": [reference(kind) for kind in _RECORDS]}
    stream = {"application/x-ndjson": {"schema": line}, "text/event-stream": {"schema": _event(line)}}
    study = {JSON: {"schema": reference(GenerationRequest), "examples": {"study": {"value": _EXAMPLE}}}}
    chat = {JSON: {"schema": {"type": "object"}}}
    completion = {JSON: {"schema": {"type": "object"}}, "text/event-stream": {"schema": _event({})}}
    plan = {JSON: {"schema": reference(PlanReply)}}
    failing = (400, 401, 403, 404, 408, 413, 415, 422, 429, 431, 500, 502, 503, 504)
    return {
        "/v1/generations/plan": {
            "post": _post("planGeneration", "What a run would do; nobody is called", study, plan, _POST)
        },
        "/v1/generations": {
            "post": _post("generate", "Runs a study: one record per cell, as they come", study, stream, (*_POST, 503))
        },
        "/v1/chat/completions": {
            "post": _post("completeChat", "OpenAI's wire, with provenance and limits", chat, completion, failing)
        },
    }


def _event(data: Schema) -> Schema:
    """One event of a stream; ``data`` is what its text is JSON of (OpenAI's last event has the text [DONE])."""
    text: Schema = {"type": "string"}
    content = {"contentMediaType": JSON, "contentSchema": data} if data else {}
    return {
        "type": "object",
        "description": "One event of the stream",
        "required": ["data"],
        "properties": {"event": text, "id": text, "data": text | content},
    }


def _post(name: str, summary: str, body: Schema, answer: Schema, statuses: Sequence[int]) -> Schema:
    problems = _problems(statuses)
    if name == "completeChat":
        error: Schema = {JSON: {"schema": {"type": "object"}}}
        problems = {
            str(s): {"description": _CHAT_STATUSES.get(s, _STATUSES[s]), "content": error | _problem_content()}
            for s in sorted(statuses)
        }
    return {
        "operationId": name,
        "summary": summary,
        "tags": ["generate"],
        "security": security("generate"),
        "parameters": [_KEYS, _TENANT],
        "requestBody": {"required": True, "content": body},
        "responses": {"200": _success("The answer", answer)} | problems,
    }


def _reading_paths() -> Schema:
    listed: Schema = {
        "type": "object",
        "required": ["problems"],
        "properties": {"problems": {"type": "array", "items": reference(Entry)}},
    }
    status: Schema = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
    code: Schema = {"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}
    page: Schema = {"schema": {"type": "string"}}
    one = _get("describeProblem", "One refusal", _json(reference(Entry)) | {"text/html": page}, (404,))
    paths = {
        "/v1/providers": _get(
            "listProviders",
            "Providers, models, abilities, prices",
            _json(reference(ProvidersReply)),
            tuple(STATUSES),
        ),
        "/v1/problems": _get("listProblems", "Every refusal", _json(listed) | {"text/html": page}),
        "/v1/problems/{code}": one | {"parameters": [code]},
        "/openapi.json": _get("describeApi", "This document", _json({"type": "object"})),
        "/docs/api": _get("readReference", "This document as a page", {"text/html": page}),
        "/livez": _get("probeLiveness", "The process answers", _json(status)),
        "/readyz": _get("probeReadiness", "Runs may be started here", _json(status), (503,)),
        "/startupz": _get("probeStartup", "Known texts were read right", _json(status), (503,)),
        "/metrics": _get("readMetrics", "Prometheus metrics", {"text/plain": page}),
    }
    paths["/v1/providers"]["security"] = security("generate")
    return {path: {"get": operation} for path, operation in paths.items()}


def _get(name: str, summary: str, content: Schema, more: tuple[int, ...] = ()) -> Schema:
    tag = "describe" if name.startswith(("list", "describe")) else "operate"
    responses = {"200": _success(summary, content)} | _problems((*_GET, *more))
    return {"operationId": name, "summary": summary, "tags": [tag], "responses": responses}


def _json(schema: Schema) -> Schema:
    return {JSON: {"schema": schema}}


def _success(description: str, content: Schema) -> Schema:
    header = {"X-Request-Id": {"description": "The request id", "schema": {"type": "string"}}}
    return {"description": description, "headers": header, "content": content}


def _problems(statuses: Sequence[int]) -> Schema:
    return {str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in sorted(statuses)}


def _problem_content() -> Schema:
    return {MEDIA_TYPE: {"schema": reference(ProblemDocument)}}


def _problem_responses() -> Schema:
    used = {*_POST, *_GET, 404, 503}
    return {f"Problem{s}": {"description": _STATUSES[s], "content": _problem_content()} for s in sorted(used)}
