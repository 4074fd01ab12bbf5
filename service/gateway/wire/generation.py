"""POST /v1/generations and /v1/generations/plan on the wire: who is asked what, under what, by which models.

An absent or null field means its default. What the structs cannot say (names that are known, counts that fit) is
checked in ``checks.py``, which lists every problem with its place.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from service.gateway import study as core

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=200_000)]
Number = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10**12)]
Scalar = str | int | float | bool | None
EMBEDDED = "simulated"


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer on offer: its code in the data and the words shown."""

    code: (
        Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)] | Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    )
    label: Annotated[
        Annotated[str, msgspec.Meta(max_length=2000)] | None, msgspec.Meta(description="Default: the code.")
    ] = None


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question."""

    name: Name
    type: Literal["choice", "likert", "numeric", "multi_select", "free_text", "ranking"]
    text: Text
    options: Annotated[
        list[Option] | None, msgspec.Meta(description="What may be answered; not for numeric and free_text.")
    ] = None
    min: Annotated[Number | None, msgspec.Meta(description="Smallest numeric answer. Default: none.")] = None
    max: Annotated[Number | None, msgspec.Meta(description="Largest numeric answer. Default: none.")] = None
    integer: Annotated[bool | None, msgspec.Meta(description="Numeric answers are whole. Default: false.")] = None
    decline: Annotated[
        Literal["none", "option", "schema"] | None,
        msgspec.Meta(description='option: a "don\'t know" is offered; schema: null is allowed. Default: none.'),
    ] = None


class Persona(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the models answer as."""

    unit_id: Name
    attributes: Annotated[
        dict[Name, Scalar] | None, msgspec.Meta(description="What the template may use. Default: none.")
    ] = None
    arm: Annotated[Name | None, msgspec.Meta(description="The condition the unit is in; required for assigned.")] = None
    human: Annotated[bool | None, msgspec.Meta(description="A human answer will be added. Default: false.")] = None


class Arm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition and the text that makes it."""

    name: Name
    text: Annotated[Text | None, msgspec.Meta(description="Default: empty.")] = None


Rate = Annotated[float, msgspec.Meta(ge=0, le=1)] | None
Latent = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)] | None
Least = Annotated[float, msgspec.Meta(ge=0, le=1e6)] | None


class Particular(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the embedded provider simulates: latent bias and noise, shares of calls that fail, milliseconds."""

    bias: Latent = None
    noise: Least = None
    refusal_rate: Rate = None
    malformed_rate: Rate = None
    off_option: Rate = None
    error_rate: Rate = None
    latency_ms: Least = None


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Sampling parameters under one name for all providers; only those given are sent, and a bound on the answer."""

    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = None
    top_k: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None
    seed: Annotated[
        Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] | None,
        msgspec.Meta(description="Sent with the first replicate; later ones send others drawn from it."),
    ] = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    frequency_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[float, msgspec.Meta(ge=-2, le=2)] | None = None
    stop: Annotated[list[Annotated[str, msgspec.Meta(min_length=1)]], msgspec.Meta(max_length=4)] | None = None
    service_tier: Annotated[str, msgspec.Meta(min_length=1, max_length=40)] | None = None
    simulated: Annotated[
        Particular | None,
        msgspec.Meta(description="What the embedded provider simulates; no other provider takes it."),
    ] = None


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One LLM."""

    name: Name
    provider: Annotated[
        Name | None, msgspec.Meta(description="A provider of GET /v1/providers. Default: simulated.")
    ] = None
    model: Annotated[
        Name | None,
        msgspec.Meta(description="The provider's name of the model. Default: name; simulated for simulated."),
    ] = None
    parameters: Annotated[Parameters | None, msgspec.Meta(description="Default: the provider's own.")] = None
    on_unsupported: Annotated[
        Literal["error", "drop"] | None,
        msgspec.Meta(description="What a parameter that the provider cannot take means. Default: error."),
    ] = None


class Elicitation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How answers are asked for; the same for every persona."""

    method: Literal["decision", "logprob", "sample", "verbalized"]
    replicates: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=1000)] | None,
        msgspec.Meta(description="How often each cell is asked. Default: 1."),
    ] = None
    option_order: Annotated[
        Literal["fixed", "random", "counterbalanced"] | None, msgspec.Meta(description="Default: fixed.")
    ] = None
    items_per_call: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=100)] | None,
        msgspec.Meta(description="Items that share an upstream call. Default: 1."),
    ] = None
    lenient: Annotated[
        bool | None,
        msgspec.Meta(description="Repair near answers; they stay out of the calibration output. Default: false."),
    ] = None


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts with ``{attribute}``, ``{arm}`` and ``{item}``; braces themselves are written twice."""

    system: Annotated[Text | None, msgspec.Meta(description="Default: empty.")] = None
    user: Annotated[Text | None, msgspec.Meta(description='Default: "{arm}\\n{item}".')] = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the run may spend; the operator's own caps hold besides."""

    usd: Positive | None = None
    tokens: Count | None = None
    calls: Count | None = None
    deadline_seconds: Positive | None = None


class Resume(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an earlier run of the same request has finished."""

    done: Annotated[list[str], msgspec.Meta(description="cell_id of every record not to be asked again.")]


class GenerationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A study to run."""

    personas: Annotated[list[Persona], msgspec.Meta(min_length=1)]
    items: Annotated[list[Item], msgspec.Meta(min_length=1, max_length=10_000)]
    models: Annotated[list[Model], msgspec.Meta(min_length=1, max_length=100)]
    elicitation: Elicitation
    arms: Annotated[
        Annotated[list[Arm], msgspec.Meta(min_length=1, max_length=10_000)] | None,
        msgspec.Meta(description="Default: one arm named all."),
    ] = None
    assignment: Annotated[
        Literal["crossed", "assigned"] | None,
        msgspec.Meta(description="crossed: every persona under every arm; assigned: under its own. Default: crossed."),
    ] = None
    template: Template | None = None
    seed: Annotated[Seed | None, msgspec.Meta(description="Of every random order. Default: 0.")] = None
    execution_order: Annotated[Literal["random", "sequential"] | None, msgspec.Meta(description="Default: random.")] = (
        None
    )
    limits: Limits | None = None
    resume: Resume | None = None
    cache: Annotated[
        Literal["use", "refresh", "off"] | None,
        msgspec.Meta(description="refresh: ask again and store; off: neither read nor store. Default: use."),
    ] = None
    output: Annotated[
        Literal["cells", "calibration"] | None,
        msgspec.Meta(description="calibration: the end record carries data for /v1/calibrations. Default: cells."),
    ] = None


def to_study(request: GenerationRequest) -> core.Study:
    """The study, with every default applied."""
    template, limits, asked = request.template or Template(), request.limits or Limits(), request.elicitation
    arms = request.arms if request.arms is not None else [Arm("all")]
    return core.Study(
        personas=tuple(core.Persona(p.unit_id, p.attributes or {}, p.arm, bool(p.human)) for p in request.personas),
        items=tuple(map(_item, request.items)),
        models=tuple(map(_model, request.models)),
        elicitation=core.Elicitation(
            asked.method,
            asked.replicates or 1,
            asked.option_order or "fixed",
            asked.items_per_call or 1,
            bool(asked.lenient),
        ),
        arms=tuple(core.Arm(arm.name, arm.text or "") for arm in arms),
        assignment=request.assignment or "crossed",
        template=core.Template(template.system or "", core.Template().user if template.user is None else template.user),
        seed=request.seed or 0,
        execution_order=request.execution_order or "random",
        caps=core.Caps(limits.usd, limits.tokens, limits.calls, limits.deadline_seconds),
        done=frozenset(request.resume.done if request.resume else ()),
        cache=request.cache or "use",
        output=request.output or "cells",
    )


def _item(item: Item) -> core.Item:
    options = tuple(core.Option(o.code, str(o.code) if o.label is None else o.label) for o in item.options or ())
    return core.Item(
        item.name, item.type, item.text, options, item.min, item.max, bool(item.integer), item.decline or "none"
    )


def _model(model: Model) -> core.Model:
    parameters = _given(model.parameters)
    parameters.pop("simulated", None)
    parameters |= _given(model.parameters.simulated if model.parameters else None)
    provider = model.provider or EMBEDDED
    return core.Model(
        model.name,
        provider,
        model.model or (EMBEDDED if provider == EMBEDDED else model.name),
        parameters,
        model.on_unsupported or "error",
    )


def _given(parameters: Parameters | Particular | None) -> dict[str, object]:
    found = msgspec.structs.asdict(parameters) if parameters else {}
    return {name: value for name, value in found.items() if value is not None}
