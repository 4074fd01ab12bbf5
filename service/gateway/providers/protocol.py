"""What a provider is: a pure codec, from a call to request bytes and from response bytes to a completion. No I/O.

A codec never sees a key but in ``authorization``, whose result goes to the socket and nowhere else; it never sees a
``unit_id`` at all. One file per codec, one line in ``registry.py``, one test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from service.gateway.study import Item, Method, Option

Missing = Literal[
    "refused",
    "blocked_input",
    "blocked_output",
    "truncated",
    "empty",
    "unparseable",
    "out_of_range",
    "not_an_option",
    "off_option_mass",
    "logprobs_absent",
    "constraint_not_honoured",
    "unsupported",
    "context_overflow",
    "auth_failed",
    "rate_limited",
    "upstream_error",
    "timeout",
    "circuit_open",
    "budget_exhausted",
    "deadline",
    "cancelled",
]
"""Why a cell has no answer: a closed list."""

Parameter = Literal[
    "temperature", "top_p", "top_k", "max_output_tokens", "seed", "reasoning_effort", "frequency_penalty",
    "presence_penalty", "stop", "service_tier",
]  # fmt: skip
"""The generic names under which parameters are requested; a codec says which it can send."""


@dataclass(frozen=True, slots=True)
class Question:
    """One item as it is asked in a call: its options in the order shown (declining among them)."""

    item: Item
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One upstream call: the rendered prompt, its questions, and what the answer must look like.

    ``schema`` is the JSON schema (closed objects, every property required) that ``sample`` and ``verbalized`` answers
    follow; None for ``decision``, ``logprob`` and a lone free text. ``labels`` are what a ``logprob`` answer is one of,
    in the order of the question's options; ``parameters`` are the requested ones under their generic names. ``draw``
    tells draws of one prompt apart; only the embedded provider, which has no chance of its own, sends it.
    """

    model: str
    method: Method
    system: str
    user: str
    questions: tuple[Question, ...]
    schema: Mapping[str, object] | None = None
    labels: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to make: path below the base URL, headers without any secret, body; what was sent and what left out.

    ``parameters_sent`` has the provider's names and values, the fixed ones (``store``, ``logprobs``) included;
    ``parameters_dropped`` the generic names of requested parameters that the provider has no place for.
    """

    path: str
    body: bytes
    headers: Mapping[str, str]
    parameters_sent: Mapping[str, object]
    parameters_dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """A response: status, headers with lower-case names, body (already bounded in size)."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens; ``cached_input`` is part of ``input``, ``reasoning`` part of ``output``."""

    input: int = 0
    cached_input: int = 0
    output: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """One decided question: the probability of every option in the order shown, or why there is none.

    The probabilities of one answer sum to 1, those of a ``multi_select`` are of each option by itself;
    ``off_option_mass`` is the share that fell on no option, None where the wire does not tell.
    """

    probabilities: tuple[float, ...] | None
    missing: Missing | None = None
    off_option_mass: float | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """What came back: one of ``text``, ``logprobs``, ``decisions`` carries the answer, or ``missing`` says why not.

    ``text`` is what the model wrote without its thinking; ``logprobs`` the alternatives of the first answer token with
    their log probabilities; ``detail`` says more about ``missing`` and holds nothing that the provider wrote.
    """

    text: str | None = None
    logprobs: tuple[tuple[str, float], ...] | None = None
    decisions: tuple[Decision, ...] = ()
    missing: Missing | None = None
    detail: str = ""
    usage: Usage | None = None
    model_returned: str | None = None
    fingerprint: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """A response that is no completion: the reason its cells carry when nothing better comes, and who must act.

    ``retryable``: another try may mend it (429, 5xx, 529; never a spent quota); ``retry_after`` is in seconds, as the
    provider asked; ``detail`` is ours, never the provider's words.
    """

    missing: Missing
    retryable: bool
    by: Literal["caller", "upstream", "overloaded"]
    detail: str
    retry_after: float | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a codec can do; an operator's configuration narrows it per model.

    ``values``: what a parameter may be on wires that take fewer values than its generic name has.
    """

    methods: frozenset[Method]
    parameters: frozenset[str]
    several_items: bool = True
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Codec(Protocol):
    """A provider's wire."""

    @property
    def name(self) -> str:
        """File name, registry key and the ``codec`` of the operator's configuration."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Methods and generic parameters."""
        ...

    def authorization(self, key: str) -> Mapping[str, str]:
        """The headers that carry the key; they go to the socket only."""
        ...

    def encode(self, call: Call) -> Sent:
        """The request; parameters that the wire has no place for are listed as dropped."""
        ...

    def decode(self, call: Call, received: Received) -> Completion | Failure:
        """What came back, never an exception: bytes that make no sense are ``upstream_error`` or ``unparseable``."""
        ...
