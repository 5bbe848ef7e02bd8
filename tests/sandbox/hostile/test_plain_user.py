"""The jail gives a user without privileges the same verdicts as root, and keeps the same promises.

Where the suite runs as root, the cases run once more in a process that is nobody in particular.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.hostile.case import Case
from tests.sandbox.hostile.catalogue import CASES, HONEST
from tests.sandbox.hostile.users import plain_user
from vervet.core.status import Status

Ask = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Have a case judged by a plain user's jail; the host is looked at before it and after it."""
    errors = tmp_path_factory.mktemp("plain-user") / "errors"
    with (
        errors.open("w") as file,
        plain_user(
            "tests.sandbox.hostile.plain_user",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        send, hear = process.stdin, process.stdout

        def told(name: str) -> dict[str, Any]:
            send.write(f"{name}\n".encode())
            send.flush()
            line = hear.readline()
            assert line, errors.read_text()
            found: dict[str, Any] = json.loads(line)
            return found

        yield told
        send.close()
        host = hear.read()
    assert json.loads(host or "null") == [], errors.read_text()


@pytest.mark.parametrize("case", [*HONEST, *CASES], ids=lambda case: case.name)
def test_a_program_gets_the_same_status(ask: Ask, case: Case) -> None:
    line = ask(case.name)

    assert case.is_met_by(line["status"], line["code"], line["layers"]), line
    assert (line["after"], line["left"]) == (Status.PASSED, 0), line
