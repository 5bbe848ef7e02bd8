"""Completions from any OpenAI-compatible server, by `/completions` or `/chat/completions`.

Owns the splitting into sub-batches that the server takes, and the reading of its choices.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from typing import Any

from vervet.core.digests import digest_json
from vervet.core.errors import GenerationError, PromptError, ServerError, UsageError
from vervet.core.sampling import Completion, GeneratorInfo, Sampling
from vervet.generation.openai_choices import NoChoicesError, completions_of
from vervet.generation.openai_client import OpenAIClient, Refused

__all__ = ["DEFAULT_BASE_URL", "OpenAIGenerator"]

DEFAULT_BASE_URL = "http://localhost:8000/v1"
_KEYS = ("VERVET_OPENAI_API_KEY", "OPENAI_API_KEY")
_TOO_LONG = re.compile(
    r"context[ _](length|window|size)|max(imum)?[ _](model|context|seq)|too long|prompt is longer",
    re.IGNORECASE,
)
_BARREN_ANSWERS = 3


@dataclass(slots=True)
class _Manners:
    """What this server was found to take; learnt from its refusals and kept."""

    most_n: int
    most_stop: int = 4
    limit_key: str = "max_tokens"


class OpenAIGenerator:
    """A model behind an OpenAI-compatible server.

    `base_url` ends in `/v1`; `chat` sends the prompt as one user message; `logprobs` asks for
    log-probabilities (`mean_logprob` is then over all tokens that the server made).
    Raises `UsageError` for a URL that is none or a model without a name.
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str = DEFAULT_BASE_URL,
        chat: bool = False,
        logprobs: bool = False,
        most_per_request: int = 128,
        timeout_s: float = 600.0,
        tries: int = 6,
        backoff_s: float = 0.5,
    ) -> None:
        if not model:
            raise UsageError(
                "the model of the server has no name",
                hint="Write it as openai:MODEL@http://HOST:PORT/v1.",
            )
        key = next((os.environ[name] for name in _KEYS if os.environ.get(name)), "")
        self._model = model
        self._chat = chat
        self._logprobs = logprobs
        self._manners = _Manners(most_n=most_per_request)
        self._client = OpenAIClient(
            base_url, key=key, timeout_s=timeout_s, tries=tries, backoff_s=backoff_s
        )

    @property
    def server(self) -> str:
        """The base URL, without user name and password."""
        return self._client.server

    def info(self) -> GeneratorInfo:
        """The model's name; a server tells neither revision nor digest."""
        return GeneratorInfo(engine="openai", model=self._model, server=self.server)

    def check(self) -> None:
        """Raise `ServerError` now if the server is down or lacks the model."""
        try:
            models = self._client.models()
        except Refused as refused:
            if self._ends_in_v1():
                return  # Some servers list no models; the first request will tell.
            raise self._wrong_url(refused) from refused
        if models and self._model not in models:
            raise self._wrong_model(models)

    def generate(self, prompt: str, *, n: int, sampling: Sampling, seed: int) -> list[Completion]:
        """Exactly `n` completions, asked for in sub-batches that the server takes.

        The sub-batch that starts at completion i has a seed derived from `seed` and i. Raises
        `PromptError` for a prompt over the context or without UTF-8 form, `ServerError` for
        what the server does.
        """
        _check_text(prompt)
        made: list[Completion] = []
        barren = 0
        while len(made) < n:
            asked = min(n - len(made), self._manners.most_n)
            try:
                answer = self._ask(prompt, asked, sampling, _seed_at(seed, len(made)))
                got = completions_of(answer, sampling.stop)[: n - len(made)]
            except NoChoicesError as error:
                barren += 1
                if barren == _BARREN_ANSWERS:
                    raise ServerError(
                        f"{self.server} answered without usable choices: {error} "
                        f"(request: {self._what(prompt, asked)})",
                        hint="Check that openai.base_url and openai.chat fit the server.",
                    ) from error
                continue
            if len(got) < asked:
                self._manners.most_n = len(got)
            made += got
        return made

    def close(self) -> None:
        """End the connections to the server."""
        self._client.close()

    def _ask(self, prompt: str, n: int, sampling: Sampling, seed: int) -> dict[str, Any]:
        """One answer to at most `n` choices; learns the server's manners on the way."""
        path = "chat/completions" if self._chat else "completions"
        while True:
            body = self._body(prompt, n, sampling, seed)
            try:
                return self._client.post(path, body, self._what(prompt, n))
            except Refused as refused:
                n = self._yield_to(refused, body, prompt)

    def _body(self, prompt: str, n: int, sampling: Sampling, seed: int) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "n": n,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._manners.limit_key: sampling.max_tokens,
            "seed": seed,
        }
        if self._chat:
            body["messages"] = [{"role": "user", "content": prompt}]
        else:
            body["prompt"] = prompt
        if sampling.stop and self._manners.most_stop:
            body["stop"] = list(sampling.stop[: self._manners.most_stop])
        if self._logprobs:
            body["logprobs"] = True if self._chat else 1
        return body

    def _yield_to(self, refused: Refused, body: dict[str, Any], prompt: str) -> int:
        """The n to ask for after a refusal. Raises what the refusal means if none will help."""
        n: int = body["n"]
        if _TOO_LONG.search(refused.words):
            raise PromptError(
                f"the prompt is too long for {self._model}: {refused.words} "
                f"(request: {self._what(prompt, n)})",
                hint="Lower sampling.max_tokens, or serve the model with a longer context.",
            )
        if refused.status == 404 or "model" in refused.words.lower():
            self._blame_model_or_url(refused)
        if "max_completion_tokens" in refused.words and "max_tokens" in body:
            self._manners.limit_key = "max_completion_tokens"
            return n
        if "stop" in refused.words.lower() and "stop" in body:
            self._manners.most_stop = len(body["stop"]) // 2
            return n
        if n > 1 and refused.status in (400, 413, 422):
            self._manners.most_n = n // 2
            return n // 2
        raise ServerError(
            f"{self.server} refused the request with {refused.status}: {refused.words} "
            f"(request: {self._what(prompt, n)})",
            hint="Change the setting that the server names.",
        )

    def _blame_model_or_url(self, refused: Refused) -> None:
        """Raise what is wrong, if it is the model's name or the URL."""
        try:
            models = self._client.models()
        except (Refused, GenerationError):
            models = []
        if models and self._model not in models:
            raise self._wrong_model(models) from refused
        if refused.status == 404:
            raise self._wrong_url(refused) from refused

    def _ends_in_v1(self) -> bool:
        return self.server.rstrip("/").endswith("/v1")

    def _wrong_model(self, models: list[str]) -> ServerError:
        near = difflib.get_close_matches(self._model, models, n=3, cutoff=0.4) or models[:12]
        return ServerError(
            f"{self.server} has no model {self._model!r}", hint=f"It has: {', '.join(near)}."
        )

    def _wrong_url(self, refused: Refused) -> ServerError:
        path = "chat/completions" if self._chat else "completions"
        end = "" if self._ends_in_v1() else "; it usually ends in /v1"
        return ServerError(
            f"{self.server} has no /{path} ({refused.status}: {refused.words})",
            hint=f"Check openai.base_url{end}, and whether the server wants openai.chat=true.",
        )

    def _what(self, prompt: str, n: int) -> str:
        return f"model {self._model}, n = {n}, prompt of {len(prompt)} characters {prompt[:40]!r}"


def _seed_at(seed: int, first: int) -> int:
    """Seed of the sub-batch that starts at completion `first`, below 2**31 as servers ask."""
    value = seed if first == 0 else int(digest_json([seed, first])[:15], 16)
    return value % (1 << 31)


def _check_text(prompt: str) -> None:
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise PromptError(
            f"the prompt holds half a surrogate pair at character {error.start}",
            hint="Correct the problem's prompt.",
        ) from error
