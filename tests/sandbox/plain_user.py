"""Run by `test_plain_user` as a user without privileges: every case, its verdict as a JSON line."""

from __future__ import annotations

import json
import os
import sys

from tests.sandbox.cases import CASES, HONEST, PROBE, attempt_at
from vervet.sandbox.jail import JailSandbox

if __name__ == "__main__":
    assert os.getuid() != 0
    jail = JailSandbox()
    for case in (*HONEST, *CASES):
        attempt, after = attempt_at(jail, case), attempt_at(jail, PROBE)
        line = json.dumps([case.name, attempt.status, attempt.code, after.status])
        sys.stdout.write(f"{line}\n")
