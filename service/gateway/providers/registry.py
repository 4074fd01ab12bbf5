"""The codecs by name: one line each."""

from __future__ import annotations

from collections.abc import Mapping

from service.gateway.providers import (
    anthropic,
    bedrock_converse,
    gemini,
    gemini_decisions,
    openai_chat,
    openai_decisions,
    openai_responses,
    simulated,
    system_one,
)
from service.gateway.providers.protocol import Codec

CODECS: Mapping[str, Codec] = {
    codec.name: codec
    for codec in (
        simulated.CODEC,
        openai_chat.CODEC,
        openai_chat.COMPATIBLE,
        openai_responses.CODEC,
        anthropic.CODEC,
        gemini.CODEC,
        bedrock_converse.CODEC,
        openai_decisions.CODEC,
        gemini_decisions.CODEC,
        system_one.CODEC,
    )
}
