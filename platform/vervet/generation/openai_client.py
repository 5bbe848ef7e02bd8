"""HTTP to an OpenAI-compatible server: sends, waits, tries again, and says what went wrong.

Knows nothing of candidates. The key is sent and never kept in a message, a log or a record.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import tenacity

from vervet.core.errors import ServerError, UsageError

__all__ = ["OpenAIClient", "Refused"]

_PATIENCE_S = 120.0
_CONNECT_S = 10.0


class Refused(Exception):  # noqa: N818 - a value for the caller, never shown to a user
    """The server understood the request and will not do it (4xx but 401, 403, 408, 429)."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status
        self.words = words


class _TryAgain(Exception):  # noqa: N818 - never leaves this module
    """What may go away by itself; `wait_s` is what the server asked for."""

    def __init__(self, words: str, *, hint: str, wait_s: float = 0.0) -> None:
        super().__init__(words)
        self.hint = hint
        self.wait_s = wait_s


class OpenAIClient:
    """One server. Not safe for use by several threads at once.

    `tries` bounds how often a request is sent; `backoff_s` is the first pause, doubled at each
    further one. Raises `UsageError` for a base URL that is none.
    """

    def __init__(
        self, base_url: str, *, key: str = "", timeout_s: float, tries: int, backoff_s: float
    ) -> None:
        self._url = _checked_url(base_url)
        self._key = key
        self._tries = tries
        self._backoff_s = backoff_s
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S)),
        )

    @property
    def server(self) -> str:
        """The base URL without user name and password."""
        return str(self._url.copy_with(userinfo=b""))

    def post(self, path: str, body: Mapping[str, Any], what: str) -> dict[str, Any]:
        """The JSON object answered to `body`; `what` names the request in errors.

        Raises `Refused` if the server will not do it, `ServerError` if it cannot be reached,
        wants another key, or answers nonsense again and again.
        """
        return self._persist("POST", path, body, what)

    def models(self) -> list[str]:
        """Names of the models that the server has. Raises as `post` does."""
        answer = self._persist("GET", "models", None, "the list of models")
        rows = answer.get("data")
        rows = rows if isinstance(rows, list) else []
        return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row]

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def _persist(
        self, method: str, path: str, body: Mapping[str, Any] | None, what: str
    ) -> dict[str, Any]:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            stop=tenacity.stop_after_attempt(self._tries),
            wait=_pause(self._backoff_s),
            reraise=True,
        )
        try:
            return retrying(self._once, method, path, body)
        except _TryAgain as error:
            tries = f", {self._tries} times in a row" if self._tries > 1 else ""
            raise ServerError(
                f"{self.server} {error}{tries} (request: {what})", hint=error.hint
            ) from error

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        url = f"{str(self._url).rstrip('/')}/{path}"
        try:
            response = self._http.request(method, url, json=body)
        except httpx.ConnectError as error:
            raise _TryAgain(
                f"cannot be reached ({error})",
                hint="Start the server, or correct openai.base_url.",
            ) from error
        except httpx.TimeoutException as error:
            raise _TryAgain(
                "did not answer in time",
                hint="Ask for fewer candidates a request, or raise openai.timeout_s.",
            ) from error
        except httpx.TransportError as error:
            raise _TryAgain(
                f"broke off the answer ({error})", hint="Look at the server's log."
            ) from error
        except httpx.DecodingError as error:
            raise _TryAgain(
                f"answered what cannot be decompressed ({error})", hint="Look at the server's log."
            ) from error
        return self._answer(response)

    def _answer(self, response: httpx.Response) -> dict[str, Any]:
        status = response.status_code
        words = self._words(response)
        if status in (401, 403):
            raise ServerError(
                f"{self.server} refused the key ({status})"
                if self._key
                else f"{self.server} wants a key ({status})",
                hint="Set VERVET_OPENAI_API_KEY (or OPENAI_API_KEY) to one that this server takes.",
            )
        if status in (408, 425, 429) or status >= 500:
            raise _TryAgain(
                f"answered {status}: {words}",
                hint="Wait, or ask for less at once." if status == 429 else "See the server's log.",
                wait_s=_retry_after(response),
            )
        if not response.is_success:
            raise Refused(status, words)
        return self._object(response)

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            value = json.loads(response.content)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise _TryAgain(
                f"answered what is no JSON object: {self._words(response)}",
                hint="Check that openai.base_url leads to an OpenAI-compatible server.",
            )
        return value

    def _words(self, response: httpx.Response) -> str:
        """What the server said, in a line, without the key that some of them repeat."""
        said = response.text
        try:
            value = json.loads(said)
            error = value.get("error", value)
            said = error.get("message", said) if isinstance(error, dict) else str(error)
        except (ValueError, AttributeError, RecursionError):
            pass
        said = " ".join(str(said).split())
        if self._key:
            said = said.replace(self._key, "***")
        return said[:300] or "(nothing)"


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise UsageError(
            f"the server's URL {base_url!r} is none",
            hint="Write it as http://HOST:PORT/v1.",
        )
    return url


def _pause(backoff_s: float) -> Callable[[tenacity.RetryCallState], float]:
    """Grows with the tries; at least what the server asked for, at most `_PATIENCE_S`."""
    grow = tenacity.wait_exponential(backoff_s, max=30.0) + tenacity.wait_random(0, backoff_s)

    def wait(state: tenacity.RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        asked = failure.wait_s if isinstance(failure, _TryAgain) else 0.0
        return min(max(asked, grow(state)), _PATIENCE_S)

    return wait


def _retry_after(response: httpx.Response) -> float:
    """Seconds that the header Retry-After asks for: a number or a date; 0 without one."""
    text = response.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            until = parsedate_to_datetime(text)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = (until - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            seconds = 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0
