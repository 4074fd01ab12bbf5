"""Five providers' wires as their documentation has them: what of a body is prompt and schema, the rest is parameters.

Written apart from the codecs, to judge them by.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from tests.acceptance.relay import Arrived

Json = dict[str, Any]
_HEADERS = frozenset(
    {"host", "accept", "accept-encoding", "user-agent", "content-type", "content-length", "authorization"}
)


@dataclass(frozen=True)
class Wire:
    """One wire. Places are members of the body, one inside another, with dots between them; ``{}``: the model.

    ``kept`` is what aimock 1.43.0 puts into its journal beside model and prompt, by its own names: what its functions
    ...ToCompletionRequest keep of a body. None: the body as it came.
    """

    path: str
    system: str
    user: str
    schema: str
    more: tuple[str, ...] = ()
    headers: frozenset[str] = _HEADERS
    kept: dict[str, str] | None = None

    def carries(self, path: str) -> bool:
        """Whether requests to this path are this wire's."""
        before, _, after = self.path.partition("{}")
        return path.startswith(before) and path.endswith(after or before)

    def model(self, request: Arrived) -> Any:
        """The model that is asked."""
        before, model, after = self.path.partition("{}")
        return request.path[len(before) : -len(after)] if model else request.body["model"]

    def prompt(self, body: Json) -> tuple[Any, Any]:
        """System and user text."""
        return at(body, self.system), at(body, self.user)

    def constraint(self, body: Json) -> Any:
        """The schema, as the wire wraps it."""
        return at(body, self.schema)

    def parameters(self, body: Json) -> Json:
        """What is left of a body without model, prompt and schema."""
        left = copy.deepcopy(body)
        for place in (self.system, self.user, self.schema, *self.more):
            _take(left, place.partition("/")[0].split("."))
        return left

    def journaled(self, request: Arrived) -> Json:
        """What aimock writes down of a request."""
        body = request.body
        if self.kept is None:
            return body
        system, user = self.prompt(body)
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        found = {name: at(body, place) for name, place in self.kept.items()}
        return {"model": self.model(request), "messages": messages} | {k: v for k, v in found.items() if v is not None}


def at(body: Any, place: str) -> Any:
    """The value at a place, None where there is none; after a slash stands a role or 0, for the only such element."""
    for step in place.replace("/", ".").split("."):
        if isinstance(body, list):
            (body,) = body if step == "0" else [each for each in body if each["role"] == step]
        else:
            body = body.get(step) if body else None
    return body


def _take(body: Json, steps: list[str]) -> None:
    """Remove what stands there, and what is empty without it."""
    first, *rest = steps
    if rest and first in body:
        _take(body[first], rest)
    if not rest or not body.get(first, True):
        body.pop(first, None)


BY_NAME = {
    "openai_chat": Wire(
        "/v1/chat/completions", "messages/system.content", "messages/user.content", "response_format", ("model",)
    ),
    "openai_responses": Wire(
        "/v1/responses",
        "instructions",
        "input",
        "text.format",
        ("model",),
        kept={"temperature": "temperature", "max_tokens": "max_output_tokens"},
    ),
    "anthropic": Wire(
        "/v1/messages",
        "system",
        "messages/user.content",
        "output_config.format",
        ("model",),
        headers=_HEADERS | {"anthropic-version"},
        kept={"temperature": "temperature", "max_tokens": "max_tokens"},
    ),
    "gemini": Wire(
        "/v1beta/models/{}:generateContent",
        "systemInstruction/parts.0.text",
        "contents/user.parts.0.text",
        "generationConfig.responseJsonSchema",
        headers=_HEADERS - {"authorization"} | {"x-goog-api-key"},
        kept={
            "temperature": "generationConfig.temperature",
            "max_tokens": "generationConfig.maxOutputTokens",
            "top_p": "generationConfig.topP",
            "top_k": "generationConfig.topK",
        },
    ),
    "bedrock_converse": Wire(
        "/model/{}/converse",
        "system/0.text",
        "messages/user.content.0.text",
        "outputConfig.textFormat",
        kept={"temperature": "inferenceConfig.temperature", "max_tokens": "inferenceConfig.maxTokens"},
    ),
}


def wire_of(path: str) -> str:
    """The name of the wire that requests to this path come on."""
    (name,) = (name for name, wire in BY_NAME.items() if wire.carries(path))
    return name
