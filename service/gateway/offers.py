"""Whether the operator's providers can do what a study asks; every problem with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.protocol import Codec
from service.gateway.providers.simulated import PARTICULAR
from service.gateway.study import Model, Study
from service.web.problems import FieldError


def offered(provider: Provider, model: str) -> OfferedModel | None:
    """The provider's model; one that is not listed is taken as it comes where the provider takes any."""
    return provider.models.get(model) or (OfferedModel(model) if provider.any_model else None)


def price_of(provider: Provider, model: str) -> Price | None:
    """The model's price, None where the operator gave none."""
    found = offered(provider, model)
    return found.price if found else None


def problems_of(study: Study, providers: Mapping[str, Provider], codecs: Mapping[str, Codec]) -> list[FieldError]:
    """Unknown providers and models, methods and parameters they do not take, caps on money without prices."""
    return [problem for k, model in enumerate(study.models) for problem in _model(study, k, model, providers, codecs)]


def _model(
    study: Study, number: int, model: Model, providers: Mapping[str, Provider], codecs: Mapping[str, Codec]
) -> Iterator[FieldError]:
    place = f"/models/{number}"
    provider = providers.get(model.provider)
    if provider is None:
        hint = f"one of {', '.join(sorted(providers))}"
        yield FieldError(f"{place}/provider", "unknown_provider", "no such provider is configured", hint)
        return
    found = offered(provider, model.model)
    if found is None:
        hint = f"one of {', '.join(sorted(provider.models))}"
        yield FieldError(f"{place}/model", "unknown_model", "the provider's configuration has no such model", hint)
        return
    yield from _abilities(study, place, model, found, codecs[provider.codec])
    if study.caps.usd is not None and found.price is None:
        text = "a cap in dollars cannot hold without the model's price"
        yield FieldError("/limits/usd", "price_unknown", text, "cap tokens or calls, or have the price configured")


def _abilities(study: Study, place: str, model: Model, found: OfferedModel, codec: Codec) -> Iterator[FieldError]:
    able, method = codec.capabilities, study.elicitation.method
    methods = able.methods if found.methods is None else able.methods & found.methods
    if method not in methods:
        text = f"{codec.name} cannot ask this model by {method}"
        yield FieldError(place, "unsupported_method", text, f"one of {', '.join(sorted(methods))}")
    if study.elicitation.items_per_call > 1 and not able.several_items:
        text = f"{codec.name} asks one item per call"
        yield FieldError("/elicitation/items_per_call", "unsupported_method", text, "items_per_call 1")
    for name, values in able.values.items():
        if model.parameters.get(name, values[0]) not in values:
            text = f"{codec.name} takes another list of values"
            yield FieldError(f"{place}/parameters/{name}", "unsupported_parameter", text, f"one of {', '.join(values)}")
    if model.on_unsupported == "drop":
        return
    for name in sorted(set(model.parameters) - (able.parameters - found.unsupported)):
        text = f"{codec.name} cannot send it to this model"
        hint = "leave it out, or on_unsupported: drop, which records it as dropped"
        where = f"simulated/{name}" if name in PARTICULAR else name
        yield FieldError(f"{place}/parameters/{where}", "unsupported_parameter", text, hint)
