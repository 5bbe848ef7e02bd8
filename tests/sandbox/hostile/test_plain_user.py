"""The jail gives a user without privileges the same verdicts as root, and keeps the same promises.

Where the suite runs as root, the cases run once more in a process that is nobody in particular.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.hostile.case import Case
from tests.sandbox.hostile.catalogue import CASES, HONEST
from tests.sandbox.hostile.users import as_plain_user
from vervet.core.status import Status

pytestmark = pytest.mark.xdist_group("hostile-plain-user")
HOST = "the host"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What came of every case, by name, and under `HOST` what has changed there."""
    module = "tests.sandbox.hostile.plain_user"
    done = as_plain_user(module, tmp_path_factory.mktemp("plain"))
    assert done.returncode == 0, done.stdout[-4000:]
    *lines, host = map(json.loads, done.stdout.splitlines())
    return {line["name"]: line for line in lines} | {HOST: host}


@pytest.mark.parametrize("case", [*HONEST, *CASES], ids=lambda case: case.name)
def test_a_program_gets_the_same_status(told: Mapping[str, Any], case: Case) -> None:
    line = told[case.name]

    assert case.is_met_by(line["status"], line["code"], line["layers"]), line
    assert (line["after"], line["left"]) == (Status.PASSED, 0), line


def test_the_host_is_as_before(told: Mapping[str, Any]) -> None:
    assert told[HOST] == []
