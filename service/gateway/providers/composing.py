"""What the codecs' requests have in common: renamed parameters, the bound on output tokens, the JSON body.

**Units** tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from service.gateway.providers.protocol import Call, Sent

JSON_HEADERS: Final[Mapping[str, str]] = {"content-type": "application/json", "accept": "application/json"}

DEFAULT_OUTPUT_TOKENS: Final = 1024
"""Bound on the output where ``max_output_tokens`` is not requested.

There is always one, for without it a call has no upper bound on its cost and a budget nothing to reserve. Answers are
short; a model that thinks before it answers may spend the bound on thinking and then comes out ``truncated``: request
more for it.
"""

LABEL_TOKENS: Final = 1
"""The bound for a ``logprob`` call, whose answer is one token; a model that thinks first needs a requested one."""


def parameters_of(call: Call, label_tokens: int = LABEL_TOKENS) -> dict[str, object]:
    """The requested parameters under their generic names (null: not requested), ``max_output_tokens`` always there."""
    bound = label_tokens if call.method == "logprob" else DEFAULT_OUTPUT_TOKENS
    requested = {name: value for name, value in call.parameters.items() if value is not None}
    return {"max_output_tokens": bound} | requested


def renamed(parameters: Mapping[str, object], wire: Mapping[str, str]) -> dict[str, object]:
    """The parameters that ``wire`` (generic name -> provider's name) has a place for, under the provider's names."""
    return {wire[name]: value for name, value in parameters.items() if name in wire}


def dropped(parameters: Mapping[str, object], taken: Iterable[str]) -> tuple[str, ...]:
    """The generic names of the parameters that are not taken, in alphabetical order."""
    return tuple(sorted(parameters.keys() - set(taken)))


def listed(value: object) -> object:
    """A lone text as a list of one, for wires that take lists only."""
    return [value] if isinstance(value, str) else value


def merged(first: Mapping[str, object], second: Mapping[str, object]) -> dict[str, object]:
    """Both objects in one; an object under the same key in both is merged, any other value is the second's."""
    both = dict(first)
    for key, value in second.items():
        here = both.get(key)
        both[key] = merged(here, value) if isinstance(here, Mapping) and isinstance(value, Mapping) else value
    return both


def sent(
    path: str,
    prompt: Mapping[str, object],
    parameters: Mapping[str, object],
    constraint: Mapping[str, object],
    left_out: tuple[str, ...],
) -> Sent:
    """The request whose body is prompt, parameters and constraint (the schema) in one; only the second is on record."""
    return Sent(
        path=path,
        body=msgspec.json.encode(merged(merged(prompt, parameters), constraint)),
        headers=JSON_HEADERS,
        parameters_sent=parameters,
        parameters_dropped=left_out,
    )
