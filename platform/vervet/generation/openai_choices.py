"""From a server's JSON to completions: text, tokens, finish reason, log-probability."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from vervet.core.sampling import Completion

__all__ = ["NoChoicesError", "completions_of", "cut_at_stop", "share_out"]


class NoChoicesError(ValueError):
    """Raised when an answer holds no choices that can be read."""


def completions_of(answer: Mapping[str, Any], stop: Sequence[str]) -> list[Completion]:
    """The answer's choices, each cut before the first of `stop`.

    Raises `NoChoicesError` if there are none, or if one of them holds no text.
    """
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise NoChoicesError("it has no choices")
    texts = [_text(choice) for choice in choices]
    logprobs = [_logprobs(choice) for choice in choices]
    tokens = _tokens(answer, texts, logprobs)
    read = _prompt_tokens(answer)
    return [
        replace(_completion(choice, text, values, count, stop), prompt_tokens=read)
        for choice, text, values, count in zip(choices, texts, logprobs, tokens, strict=True)
    ]


def cut_at_stop(text: str, stop: Sequence[str]) -> str:
    """`text` up to where the first of the stop strings begins."""
    places = [place for place in (text.find(one) for one in stop if one) if place >= 0]
    return text[: min(places)] if places else text


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Whole numbers that add up to `total`, in proportion to `weights` (largest remainders).

    A server counts the tokens of a request and not of each choice: this is the estimate.
    """
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    exact = [total * weight / whole for weight in weights]
    shares = [math.floor(value) for value in exact]
    by_rest = sorted(range(len(exact)), key=lambda at: exact[at] - shares[at], reverse=True)
    for at in by_rest[: total - sum(shares)]:
        shares[at] += 1
    return shares


def _completion(
    choice: Mapping[str, Any], text: str, logprobs: list[float], tokens: int, stop: Sequence[str]
) -> Completion:
    kept = cut_at_stop(text, stop)
    by_length = choice.get("finish_reason") == "length" and kept == text
    return Completion(
        text=kept,
        finish_reason="length" if by_length else "stop",
        tokens=tokens,
        mean_logprob=sum(logprobs) / len(logprobs) if logprobs else None,
    )


def _text(choice: object) -> str:
    """The text of a choice of either form; a chat message without content is empty."""
    if isinstance(choice, dict):
        if isinstance(choice.get("text"), str):
            return str(choice["text"])
        message = choice.get("message")
        if isinstance(message, dict):
            content = message.get("content")
            if content is None or isinstance(content, str):
                return content or ""
    raise NoChoicesError(f"a choice without text: {str(choice)[:80]}")


def _logprobs(choice: Mapping[str, Any]) -> list[float]:
    """Log-probability of each token in nats; empty where the server gave none."""
    given = choice.get("logprobs")
    if not isinstance(given, dict):
        return []
    values = given.get("token_logprobs")
    if values is None and isinstance(given.get("content"), list):
        values = [item.get("logprob") for item in given["content"] if isinstance(item, dict)]
    if not isinstance(values, list):
        return []
    return [float(value) for value in values if isinstance(value, int | float)]


def _prompt_tokens(answer: Mapping[str, Any]) -> int | None:
    """Tokens of the prompt, which a request reads once; None where the server does not say."""
    usage = answer.get("usage")
    count = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and count >= 0 else None


def _tokens(
    answer: Mapping[str, Any], texts: Sequence[str], logprobs: Sequence[list[float]]
) -> list[int]:
    """Tokens of each choice: counted by log-probabilities, else shared out, else 0."""
    if all(logprobs):
        return [len(values) for values in logprobs]
    usage = answer.get("usage")
    total = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(total, int) or total < 0:
        return [0] * len(texts)
    return share_out(total, [len(text.encode("utf-8", "replace")) for text in texts])
