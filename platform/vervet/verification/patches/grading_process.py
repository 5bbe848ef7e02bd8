"""The side process that reads logs with `swebench`; see grading.py and aside.py."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from vervet.verification.patches.aside import serve

__all__ = ["grade"]

MEMORY = 6 << 30  # What `swebench` imports takes more than 1 GiB of addresses.


def grade(log: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The fields of `grading.Graded`, or what is wrong with the spec under "error"."""
    from swebench.harness.constants import FAIL_TO_PASS, PASS_TO_PASS, EvalType
    from swebench.harness.grading import (
        get_eval_tests_report,
        get_logs_eval,
        get_resolution_status,
    )
    from swebench.harness.log_parsers import PARSER_REGISTRY
    from swebench.types import TestSpec

    if spec["log_parser"] not in PARSER_REGISTRY:
        return {"error": f"swebench has no log parser {spec['log_parser']!r:.80}"}
    if spec["eval_type"] not in [each.value for each in EvalType]:
        return {"error": f"swebench has no way to grade {spec['eval_type']!r:.80}"}
    test_spec = TestSpec(eval_script_list=[], **spec)
    with tempfile.TemporaryDirectory(prefix="vervet-") as folder:
        path = Path(folder) / "test_output.txt"
        path.write_text(log, encoding="utf-8", errors="replace", newline="")
        statuses, found = get_logs_eval(test_spec, str(path))
    wanted = {FAIL_TO_PASS: spec["FAIL_TO_PASS"], PASS_TO_PASS: spec["PASS_TO_PASS"]}
    if found:
        report = get_eval_tests_report(statuses, wanted, eval_type=EvalType(spec["eval_type"]))
        resolution = get_resolution_status(report)
    else:
        report = {key: {"success": [], "failure": names} for key, names in wanted.items()}
        resolution = "RESOLVED_NO"
    return {
        "found": found,
        "resolved": resolution == "RESOLVED_FULL",
        "resolution": resolution,
        "statuses": statuses,
        "f2p_success": report[FAIL_TO_PASS]["success"],
        "f2p_failure": report[FAIL_TO_PASS]["failure"],
        "p2p_success": report[PASS_TO_PASS]["success"],
        "p2p_failure": report[PASS_TO_PASS]["failure"],
    }


if __name__ == "__main__":
    serve(lambda asked: grade(asked["log"], asked["spec"]), memory=MEMORY)
