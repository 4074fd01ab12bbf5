"""The lines of a run: ``cell``, ``progress``, ``error``, ``end``; and the answer of the plan."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from service.gateway.providers.protocol import Missing
from service.gateway.study import Code
from service.web.problems import ProblemDocument

Scalar = str | int | float | bool | None
Basis = Literal["table", "reserved", "unknown", "cache"]
Value = int | float | str | list[Code] | None


class Raw(msgspec.Struct, frozen=True):
    """What the model wrote, and its digest; both null where it wrote nothing."""

    text: str | None
    sha256: str | None


class Parse(msgspec.Struct, frozen=True):
    """The rule that read the answer, and whether it had to be repaired (never in the calibration output)."""

    rule: str | None
    repaired: bool


class AttemptRecord(msgspec.Struct, frozen=True):
    """One upstream request of a cell: HTTP status (null: none came), why it failed (null: it did not), seconds."""

    status: int | None
    reason: str | None
    seconds: float


class Provenance(msgspec.Struct, frozen=True):
    """Where an answer comes from: what was requested, what was sent, what was dropped, who answered."""

    provider: str
    endpoint: str
    model_requested: str
    model_returned: str | None
    fingerprint: str | None
    request_id: str | None
    parameters_requested: dict[str, Any]
    parameters_sent: dict[str, Any]
    parameters_dropped: list[str]
    prompt_sha256: str
    template_sha256: str
    procedure_hash: str
    option_order: list[Code]
    started: str | None
    latency_ms: float | None
    attempts: int
    tries: list[AttemptRecord]
    cached: bool
    gateway_version: str


class UsageRecord(msgspec.Struct, frozen=True):
    """Tokens that this run used, so none of an answer from the cache.

    Cells of one call have equal shares, the first ones a token more where it does not divide; ``end`` has the sum.
    """

    input: int = 0
    cached_input: int = 0
    output: int = 0
    reasoning: int = 0


class CostRecord(msgspec.Struct, frozen=True):
    """US dollars that this run spent, and what they rest on.

    ``table``: prices times tokens; ``reserved``: some or all of it is the upper bound of attempts whose usage is
    unknown; ``unknown``: no price; ``cache``: paid for before.
    """

    usd: float | None
    basis: Basis
    as_of: str | None


class CellRecord(msgspec.Struct, frozen=True, tag="cell", tag_field="type"):
    """One planned cell, answered or missing."""

    cell_id: str
    unit_id: str
    arm: str
    item: str
    model: str
    replicate: int
    status: Literal["answered", "missing"]
    value: Value
    probabilities: list[float] | None
    expected: float | None
    variance: float | None
    off_option_mass: float | None
    missing: Missing | None
    raw: Raw
    parse: Parse
    provenance: Provenance
    usage: UsageRecord
    cost: CostRecord


class ProgressRecord(msgspec.Struct, frozen=True, tag="progress", tag_field="type"):
    """How far the run is; rate in cells per second, usd null where a price is unknown."""

    done: int
    total: int
    rate: float
    usd: float | None
    tokens: int


class ErrorRecord(msgspec.Struct, frozen=True, tag="error", tag_field="type"):
    """A failure of the whole run after its first line."""

    problem: ProblemDocument


class Drift(msgspec.Struct, frozen=True):
    """A model that answered under another name or fingerprint than before, within one procedure."""

    model: str
    field: Literal["model_returned", "fingerprint"]
    before: str | None
    after: str | None


class ResumeRecord(msgspec.Struct, frozen=True):
    """How a run goes on: cells that have no answer but could get one, for a request with these hashes."""

    procedure_hash: str
    seed: int
    remaining: int


class CostsRecord(msgspec.Struct, frozen=True):
    """Mean US dollars per answered cell by model name, as /v1/designs takes them.

    Over the cells that were asked for now; a model without a price, or without such a cell, is left out.
    """

    llm: dict[str, float]


class PredictionColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One column of LLM answers, one value per persona."""

    outcome: str
    model: str
    values: list[float | None]
    arm: str | None = None
    category: str | None = None
    draw: int | None = None


class CalibrationData(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ``data`` of a calibration request, in the table layout; outcomes are for the caller to fill."""

    layout: Literal["table"]
    unit: list[str]
    human: list[bool]
    outcomes: dict[str, list[None]]
    predictions: list[PredictionColumn]
    arm: list[str | None] | None = None
    prediction_design: Literal["shared", "independent"] | None = None


class EndRecord(msgspec.Struct, frozen=True, tag="end", tag_field="type"):
    """The last line."""

    counts: dict[str, int]
    usage: UsageRecord
    cost: CostRecord
    complete: bool
    resume: ResumeRecord
    drift: list[Drift]
    costs: CostsRecord
    data: CalibrationData | None = None


Record = CellRecord | ProgressRecord | ErrorRecord | EndRecord


class SamplePrompt(msgspec.Struct, frozen=True):
    """What one planned call sends."""

    unit_id: str
    arm: str
    model: str
    items: list[str]
    system: str
    user: str
    parameters_sent: dict[str, Any]
    parameters_dropped: list[str]


class Bound(msgspec.Struct, frozen=True):
    """Upper bounds over one try of every call; usd null where a price is unknown."""

    input_tokens: int
    output_tokens: int
    usd: float | None


class PlanReply(msgspec.Struct, frozen=True):
    """What a run would do; nobody was called."""

    cells: int
    calls: int
    upper_bound: Bound
    procedure_hash: str
    procedure_hashes: dict[str, str]
    execution_order: str
    prompts: list[SamplePrompt]
    warnings: list[str]
