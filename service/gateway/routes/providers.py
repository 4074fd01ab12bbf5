"""GET /v1/providers: what the operator has configured; never a key or whether there is one of a caller's."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from service.gateway.providers.offer import OfferedModel, Provider
from service.gateway.providers.protocol import Codec
from service.web.access.guard import needs


class PriceEntry(msgspec.Struct, frozen=True):
    """US dollars per million tokens, and when they were right."""

    input: float
    cached_input: float | None
    output: float
    as_of: str


class ModelEntry(msgspec.Struct, frozen=True):
    """One listed model; price null: unknown."""

    name: str
    methods: list[str]
    parameters: list[str]
    price: PriceEntry | None


class ProviderEntry(msgspec.Struct, frozen=True):
    """One provider; ``any_model``: models that are not listed are passed on as they are named."""

    name: str
    codec: str
    methods: list[str]
    parameters: list[str]
    several_items: bool
    any_model: bool
    key_configured: bool
    models: list[ModelEntry]


class ProvidersReply(msgspec.Struct, frozen=True):
    """All of them."""

    providers: list[ProviderEntry]


def providers_handler(providers: Mapping[str, Provider], codecs: Mapping[str, Codec]) -> HTTPRouteHandler:
    """The handler over the configuration."""
    entries = [_entry(provider, codecs[provider.codec]) for provider in providers.values()]
    content = msgspec.json.encode(ProvidersReply(entries))

    @get("/v1/providers", opt=needs("generate"), sync_to_thread=False)
    def listed() -> Response[bytes]:
        return Response(content, media_type="application/json")

    return listed


def _entry(provider: Provider, codec: Codec) -> ProviderEntry:
    able = codec.capabilities
    return ProviderEntry(
        provider.name,
        provider.codec,
        sorted(able.methods),
        sorted(able.parameters),
        able.several_items,
        provider.any_model,
        provider.key is not None,
        [_model(model, codec) for model in provider.models.values()],
    )


def _model(model: OfferedModel, codec: Codec) -> ModelEntry:
    able, price = codec.capabilities, model.price
    methods = able.methods if model.methods is None else able.methods & model.methods
    entry = None if price is None else PriceEntry(price.input, price.cached_input, price.output, price.as_of)
    return ModelEntry(model.name, sorted(methods), sorted(able.parameters - model.unsupported), entry)
