"""A language model of random weights, made, and asked without any server: run by a Python that has torch.

``tiny_model.py make FOLDER`` writes a Llama of two layers with one token per byte, "Yes" and "No" besides, and a chat
template; only the characters of WRITES come out of its mouth, so that some of its random texts are answers.
``tiny_model.py ask FOLDER`` reads a list of questions as JSON and writes their answers: with ``labels`` the share of
each next token among them and their mass, in double precision; with ``max_tokens`` the text that the model writes.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

WRITES = "159b {"
ROLES = ["<|system|>", "<|user|>", "<|assistant|>"]
TEMPLATE = (
    "<s>{% for message in messages %}<|{{ message.role }}|>{{ message.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SEED = 20


def make(folder: str) -> None:
    tokenizer = _tokenizer()
    tokenizer.save_pretrained(folder)
    size = len(tokenizer)
    ends = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    torch.manual_seed(SEED)
    config = LlamaConfig(
        vocab_size=size,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.3,
        **ends,
    )
    model = LlamaForCausalLM(config)
    written = {1, *(_token(tokenizer, character) for character in WRITES)}
    silent = [token for token in range(size) if token not in written]
    model.generation_config = GenerationConfig(do_sample=True, suppress_tokens=silent, **ends)
    model.save_pretrained(folder)


def ask(folder: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder)
    questions = json.load(sys.stdin)
    precise = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float64)
    json.dump(
        [_shares(precise, tokenizer, q) if "labels" in q else _written(model, tokenizer, q) for q in questions],
        sys.stdout,
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    pieces = ["<s>", "</s>", *ROLES, *sorted(pre_tokenizers.ByteLevel.alphabet()), "Ye", "Yes", "No"]
    merges = [("Y", "e"), ("Ye", "s"), ("N", "o")]
    backend = Tokenizer(models.BPE(vocab={piece: k for k, piece in enumerate(pieces)}, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(pieces[: 2 + len(ROLES)])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _token(tokenizer: Any, text: str) -> int:
    (token,) = tokenizer.encode(text, add_special_tokens=False)
    return int(token)


def _tokens(tokenizer: Any, prompt: str) -> torch.Tensor:
    return tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids


@torch.no_grad()
def _shares(model: Any, tokenizer: Any, question: dict[str, Any]) -> dict[str, Any]:
    tokens = _tokens(tokenizer, question["prompt"])
    probabilities = model(tokens).logits[0, -1].softmax(-1)
    labels = probabilities[[_token(tokenizer, label) for label in question["labels"]]]
    mass = labels.sum()
    return {"input": tokens.shape[-1], "shares": (labels / mass).tolist(), "mass": float(mass)}


def _written(model: Any, tokenizer: Any, question: dict[str, Any]) -> dict[str, Any]:
    tokens = _tokens(tokenizer, question["prompt"])
    temperature = question["temperature"]
    chance = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
    torch.manual_seed(question.get("seed", 0))
    found = model.generate(tokens, max_new_tokens=question["max_tokens"], **chance)[0, tokens.shape[-1] :]
    text = tokenizer.decode(found, skip_special_tokens=True)
    return {"input": tokens.shape[-1], "text": text, "output": len(found)}


if __name__ == "__main__":
    {"make": make, "ask": ask}[sys.argv[1]](sys.argv[2])
