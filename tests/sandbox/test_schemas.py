"""What crosses the fence is what the schemas say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from tests.sandbox.jobs import job, run
from vervet.core.resources import sandboxes_dir
from vervet.sandbox import guest
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import ArtifactSpec
from vervet.sandbox.wire import LENGTHS, ProtocolError, check_report, job_head, parse_head


def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((sandboxes_dir() / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_every_answer_of_a_job_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[dict[str, Any]] = []
    read = guest.Guest.receive

    def recording(self: guest.Guest, **options: Any) -> guest.Answer | None:
        answer = read(self, **options)
        if answer is not None:
            answers.append(answer.head)
        return answer

    jail = JailSandbox()
    monkeypatch.setattr(guest.Guest, "receive", recording)
    source = (
        "import os\nopen('a', 'w').write('x')\nos.mkdir('d')\nif input() == 'x':\n    while 1: pass"
    )
    asked = replace(job(source, b"x\n", b"y\n", cpu_s=0.1), artifacts=(ArtifactSpec("a", "a", 9),))

    run(jail, asked)
    run(jail, job("os._exit(", b""))
    run(jail, job("import time\ntime.sleep(9)", wall_s=0.1, compile_s=0.1))
    jail.close()

    for answer in answers:
        validator("report").validate(answer)
    kinds = [answer["answer"] for answer in answers]
    assert kinds == [
        "check", "spent", "ready", "check", "artifacts", "spent", "ready", "check", "late", "check",
    ]  # fmt: skip


def test_every_message_of_a_job_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    messages: list[bytes] = []
    send = guest.Guest.ask

    def recording(self: guest.Guest, message: bytes, **options: Any) -> None:
        messages.append(message)
        send(self, message, **options)

    jail = JailSandbox()
    monkeypatch.setattr(guest.Guest, "ask", recording)
    sleeper = job("import time\ntime.sleep(9)", b"", wall_s=0.1, compile_s=0.1)

    run(jail, replace(sleeper, artifacts=(ArtifactSpec("a", "b/c", 9),)))
    run(jail, replace(job("", wall_s=1.0), peer=job("import time\ntime.sleep(9)").program))
    jail.close()

    heads = [_head(message.removeprefix(guest.boot_blob())) for message in messages]
    for head in heads:
        validator("job").validate(head)
    assert [head["ask"] for head in heads] == [
        "job", "check", "late", "artifacts", "job", "hello", "job", "check", "check", "stop",
    ]  # fmt: skip


def _head(message: bytes) -> Any:
    size, _ = LENGTHS.unpack_from(message)
    return json.loads(message[LENGTHS.size : LENGTHS.size + size])


@pytest.mark.parametrize("path", ["/x", "../x", "a/../../x", "a//b"])
def test_schema_refuses_paths_that_lead_out(path: str) -> None:
    head = job_head(job(""), count_processes=True)
    validator("job").validate(head)
    head["files"][0]["path"] = path

    with pytest.raises(jsonschema.ValidationError):
        validator("job").validate(head)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"answer": "passed"}', b"[" * 100_000, b'{"answer": ["check"]}']
)
def test_nonsense_from_inside_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        parse_head(text)


@pytest.mark.parametrize(
    "change",
    [
        {"exit_code": None},
        {"signal": 9},
        {"stdout": 7},
        {"stdout": -1, "stderr": 4},
        {"limit": "patience"},
        {"wall_s": "long"},
    ],
)
def test_a_report_whose_numbers_do_not_fit_is_refused(change: dict[str, Any]) -> None:
    head = {
        "answer": "check", "exit_code": 0, "signal": None, "stage": "run", "limit": None,
        "known_by": "", "truncated": False, "wall_s": 0.1, "cpu_user_s": 0.1, "cpu_system_s": 0.0,
        "peak_memory": 1, "stdout": 3, "stderr": 0,
    }  # fmt: skip
    assert check_report("x", head, b"abc").stdout == b"abc"

    with pytest.raises(ProtocolError):
        check_report("x", head | change, b"abc")
