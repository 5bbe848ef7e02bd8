"""A small OpenAI-compatible server on a real socket, with faults to order.

Its completions count up, so that a test sees when one is lost or counted twice.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Fault = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: _Http

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.owner.keys.append(self.headers.get("Authorization"))
        if self.path == "/v1/models":
            self.owner.listings += 1
            self.send({"data": [{"id": name} for name in self.owner.models]})
        else:
            self.send({"detail": "Not Found"}, 404)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.owner.keys.append(self.headers.get("Authorization"))
        self.owner.requests.append(body)
        if self.owner.faults:
            self.owner.faults.popleft()(self)
        elif self.path == "/v1/completions":
            self.refuse_or(body, self.completions)
        elif self.path == "/v1/chat/completions":
            self.refuse_or(body, self.chat)
        else:
            self.send({"detail": "Not Found"}, 404)

    def refuse_or(self, body: dict[str, Any], answer: Callable[[dict[str, Any]], None]) -> None:
        """The refusals that a real server makes by itself."""
        owner = self.owner
        if body["model"] not in owner.models:
            self.send_error_object(404, f"The model `{body['model']}` does not exist.")
        elif body["n"] > owner.most_n:
            self.send_error_object(400, f"n must be at most {owner.most_n}")
        elif len(body.get("stop", [])) > owner.most_stop:
            self.send_error_object(422, f"at most {owner.most_stop} stop sequences")
        elif len(str(body.get("prompt"))) > owner.context:
            self.send_error_object(
                400, f"This model's maximum context length is {owner.context} tokens."
            )
        else:
            answer(body)

    def completions(self, body: dict[str, Any]) -> None:
        texts = self.owner.texts(min(body["n"], self.owner.returned_n))
        choices = [{"text": text, "finish_reason": "stop", "index": at} for at, text in texts]
        if body.get("logprobs"):
            for choice in choices:
                choice["logprobs"] = {"token_logprobs": [-1.0, -3.0]}
        self.send({"choices": choices, "usage": {"completion_tokens": 5 * len(choices)}})

    def chat(self, body: dict[str, Any]) -> None:
        assert body["messages"][0]["role"] == "user"
        texts = self.owner.texts(body["n"])
        choices = [
            {"message": {"role": "assistant", "content": text}, "finish_reason": "length"}
            for _, text in texts
        ]
        self.send({"choices": choices, "usage": {"completion_tokens": 7 * len(choices)}})

    def send_error_object(self, status: int, message: str) -> None:
        self.send({"error": {"message": message}}, status)

    def send(self, value: object, status: int = 200, **headers: str) -> None:
        self.send_bytes(json.dumps(value).encode(), status, **headers)

    def send_bytes(self, data: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", headers.pop("length", str(len(data))))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    @property
    def owner(self) -> ModelServer:
        return self.server.owner


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    owner: ModelServer


class ModelServer:
    def __init__(self) -> None:
        self.models = ["tiny", "large-chat"]
        self.most_n = 1000
        self.most_stop = 4
        self.returned_n = 1000
        self.context = 1000
        self.template = "text {}"
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.listings = 0
        self._count = itertools.count()
        self._http = _Http(("127.0.0.1", 0), Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self.root}/v1"

    def texts(self, n: int) -> list[tuple[int, str]]:
        return [(at, self.template.format(next(self._count))) for at in range(n)]

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
