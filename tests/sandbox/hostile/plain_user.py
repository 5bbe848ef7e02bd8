"""Run by `test_plain_user` as a user without privileges: a case for each name that it is sent.

Reads names, one a line; answers each with an object of `status, code, layers, message`, `after`
(the next verdict) and `left` (processes in the jail beyond those at rest); at the end of its
input it prints a list of what has changed on the host.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from tests.sandbox.hostile.aftermath import Host, inhabitants
from tests.sandbox.hostile.case import PROBE, attempt_at
from tests.sandbox.hostile.catalogue import CASES, HONEST
from vervet.sandbox.jail import JailSandbox


def tell(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    assert os.getuid() != 0
    before = Host.now(os.getuid())
    jail = JailSandbox()
    attempt_at(jail, PROBE)
    at_rest = len(inhabitants())
    cases = {case.name: case for case in (*HONEST, *CASES)}
    for line in sys.stdin:
        attempt, after = attempt_at(jail, cases[line.strip()]), attempt_at(jail, PROBE)
        tell({
            "status": attempt.status, "code": attempt.code, "layers": attempt.layers,
            "message": attempt.message, "after": after.status,
            "left": len(inhabitants()) - at_rest,
        })  # fmt: skip
    jail.close()
    tell(before.changes(os.getuid()))


if __name__ == "__main__":
    main()
