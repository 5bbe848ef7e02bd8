"""Run by `test_lowered` as a user without privileges: the cases where namespaces are forbidden.

Prints one JSON object of what came of them.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace

from tests.sandbox.hostile.aftermath import Host
from tests.sandbox.hostile.case import PROBE, attempt_at
from tests.sandbox.jobs import job, run
from tests.sandbox.lowered import (
    REFUSED_BY_SECCOMP,
    REFUSED_WITHOUT_NAMESPACES,
    STILL_REFUSED,
    lowered,
    wrong,
)
from vervet.core.errors import JobError


def refusal(sandbox: object) -> str:
    asked = job("print(1)")
    try:
        run(sandbox, replace(asked, program=replace(asked.program, processes_allowed=True)))  # type: ignore[arg-type]
    except JobError as error:
        return error.message
    return ""


def main() -> None:
    before = Host.now(os.getuid())
    with lowered(namespaces=False) as sandbox:
        attempt = attempt_at(sandbox, PROBE)
        names = (*STILL_REFUSED, *REFUSED_BY_SECCOMP, *REFUSED_WITHOUT_NAMESPACES)
        told = {
            "kind": sandbox.environment()["kind"],
            "layers": attempt.layers,
            "weakness": sandbox.weakness,
            "flags": sorted(attempt.flags),
            "wrong": wrong(sandbox, *names, processes=False),
            "processes": refusal(sandbox),
        }
    told["host"] = before.changes(os.getuid())
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
