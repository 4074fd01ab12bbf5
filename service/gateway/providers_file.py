"""The operator's file of providers (``RECTIFIER_PROVIDERS_FILE``, TOML), and everything that can be wrong with it.

One table per provider; keys stand in files of their own, as Kubernetes mounts secrets::

    [providers.openai]
    codec = "openai_chat"
    base_url = "https://api.openai.com/v1/"
    key_file = "/run/secrets/openai"
    [providers.openai.models."some-model"]
    price = { input = 0.25, cached_input = 0.025, output = 2.0, as_of = "2026-11-01" }
    unsupported = ["temperature"]
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec

from service.gateway.providers.offer import OfferedModel, Price, Provider
from service.gateway.providers.registry import CODECS
from service.gateway.study import Method

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PARAMETERS: Final = frozenset().union(*(codec.capabilities.parameters for codec in CODECS.values()))

Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e6)]


class _Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    input: Dollars
    output: Dollars
    as_of: Annotated[str, msgspec.Meta(min_length=1)]
    cached_input: Dollars | None = None


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    price: _Price | None = None
    methods: list[Method] | None = None
    unsupported: list[str] = []


class _Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    codec: str
    base_url: str
    key_file: str | None = None
    local: bool = False
    any_model: bool = True
    bearer: bool = False
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    max_in_flight: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200
    models: dict[str, _Model] = {}


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: dict[str, _Provider]


def read_providers(path: Path, problems: list[str]) -> dict[str, Provider]:
    """The providers of a file; what is wrong with it goes to problems, without anything of a key."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text()), _File)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        problems.append(f"RECTIFIER_PROVIDERS_FILE: {type(error).__name__}: {_said(error)}")
        return {}
    return {name: _provider(name, given, problems) for name, given in read.providers.items()}


def _said(error: Exception) -> str:
    return error.strerror or "" if isinstance(error, OSError) else str(error)


def _provider(name: str, given: _Provider, problems: list[str]) -> Provider:
    place = f"providers.{name}"
    if not _NAME.fullmatch(name):
        problems.append(f"{place}: a name is of letters, digits, dot, dash and underscore, at most 64")
    if given.codec not in CODECS:
        problems.append(f"{place}.codec: one of {', '.join(sorted(CODECS))} is needed")
    problems += [f"{place}.base_url: {text}" for text in _wrong_address(given.base_url, local=given.local)]
    return Provider(
        name=name,
        codec=given.codec,
        base_url=given.base_url,
        key=_key(place, given.key_file, problems) if given.key_file else None,
        local=given.local,
        models={model: _model(place, model, words, problems) for model, words in given.models.items()},
        any_model=given.any_model,
        bearer=given.bearer,
        timeout_seconds=given.timeout_seconds,
        max_in_flight=given.max_in_flight,
    )


def _wrong_address(base_url: str, *, local: bool) -> list[str]:
    """What a base URL has too much or too little, without anything of it."""
    try:
        address = urlsplit(base_url)
        host, _ = address.hostname, address.port  # both are read only now
    except ValueError:
        return ["not a URL"]
    wrong = []
    if address.scheme not in ({"http", "https"} if local else {"https"}) or not host:
        wrong.append("an https URL is needed (http only with local = true)")
    if "@" in address.netloc or address.query or address.fragment:
        wrong.append("no user, password, query or fragment is taken; keys go in key_file")
    return wrong


def _key(place: str, path: str, problems: list[str]) -> str | None:
    try:
        words = Path(path).read_text().split()
    except (OSError, UnicodeDecodeError):
        problems.append(f"{place}.key_file: cannot be read")
        return None
    if len(words) != 1 or not (words[0].isascii() and words[0].isprintable()):
        problems.append(f"{place}.key_file: one line with one key of printable ASCII is needed")
        return None
    return words[0]


def _model(place: str, name: str, given: _Model, problems: list[str]) -> OfferedModel:
    unknown = sorted(set(given.unsupported) - _PARAMETERS)
    problems += [f"{place}.models.{name}.unsupported: there is no parameter {parameter}" for parameter in unknown]
    methods = None if given.methods is None else frozenset(given.methods)
    price = given.price
    known = None if price is None else Price(price.input, price.output, price.as_of, price.cached_input)
    return OfferedModel(name, methods, frozenset(given.unsupported), known)
