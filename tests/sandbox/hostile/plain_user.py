"""Run by `test_plain_user` as a user without privileges: every case as a JSON line, then the host.

Prints objects with `name, status, code, after` (the next verdict), `left` (processes in the jail
beyond those at rest) and `message`; the last line is a list of what has changed on the host.
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
    for case in (*HONEST, *CASES):
        attempt, after = attempt_at(jail, case), attempt_at(jail, PROBE)
        tell({
            "name": case.name, "status": attempt.status, "code": attempt.code,
            "message": attempt.message, "layers": attempt.layers, "after": after.status,
            "left": len(inhabitants()) - at_rest,
        })  # fmt: skip
    jail.close()
    tell(before.changes(os.getuid()))


if __name__ == "__main__":
    main()
