"""Logs graded in a process of their own: the same as the official grader, and within a deadline."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from swebench.harness.grading import get_eval_report
from swebench.types import TestSpec as OfficialSpec

from vervet.core.errors import ProblemError, UsageError
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.verification.patches.grading import markers, regrade

F2P = ["t.py::test_a", "t.py::test_b[x y]"]
P2P = ["t.py::test_c", "t.py::test_d"]
PROBLEM = Problem(
    "o__r-1",
    "patch",
    "Issue",
    {
        "repo": "o/r",
        "image": "i",
        "version": "1",
        "FAIL_TO_PASS": F2P[:1],
        "PASS_TO_PASS": P2P,
        "log_parser": "parse_log_pytest",
        "eval_type": "pass_and_fail",
    },
)


def log(*lines: str, after: str = "") -> str:
    body = "".join(f"{line}\n" for line in lines)
    return f"before\n+ : '>>>>> Start Test Output'\n{body}+ : '>>>>> End Test Output'\n{after}"


LOGS = {
    "resolved": log("PASSED t.py::test_a", "PASSED t.py::test_c", "XFAIL t.py::test_d"),
    "unresolved": log("FAILED t.py::test_a - x", "PASSED t.py::test_c", "PASSED t.py::test_d"),
    "regression": log("PASSED t.py::test_a", "ERROR t.py::test_c", "SKIPPED t.py::test_d"),
    "missing": log("PASSED t.py::test_a"),
    "nothing": log("no tests ran"),
    "no markers": "PASSED t.py::test_a\n",
    "timed out": log("PASSED t.py::test_a", after=">>>>> Tests Timed Out"),
    "exit code lies": log("PASSED t.py::test_a", after=">>>>> Test Exit Code: 1\n"),
    "not utf-8": log("PASSED t.py::test_a \udcff"),
}


@pytest.mark.parametrize("name", LOGS)
def test_the_verdict_is_the_official_one(tmp_path: Path, name: str) -> None:
    data = LOGS[name].encode("utf-8", "surrogateescape")
    ours = regrade(data, PROBLEM)
    path = tmp_path / "log"
    path.write_text(data.decode(errors="replace"), encoding="utf-8")
    spec = OfficialSpec(instance_id=PROBLEM.id, eval_script_list=[], **PROBLEM.spec)
    prediction = {"instance_id": PROBLEM.id, "model_patch": "x", "model_name_or_path": "m"}
    theirs = get_eval_report(spec, prediction, str(path), include_tests_status=True)[PROBLEM.id]
    assert ours.resolved == theirs["resolved"] == (name == "resolved")
    assert ours.found == theirs["patch_successfully_applied"]
    if ours.found:
        for ours_of, theirs_of in (
            ((ours.f2p_success, ours.f2p_failure), theirs["tests_status"]["FAIL_TO_PASS"]),
            ((ours.p2p_success, ours.p2p_failure), theirs["tests_status"]["PASS_TO_PASS"]),
        ):
            assert [list(names) for names in ours_of] == [*theirs_of.values()]


def test_a_log_of_gold_resolves_every_real_instance(shared_data: Path) -> None:
    problems = load(str(shared_data / "swebench_lite" / "instances.jsonl.gz")).suite.problems
    wrong = []
    for problem in problems:
        names = (*problem.spec["FAIL_TO_PASS"], *problem.spec["PASS_TO_PASS"])
        parser = problem.spec["log_parser"]
        if parser == "parse_log_django":
            lines = [f"{name} ... ok" for name in names]
        elif parser == "parse_log_sympy":
            lines = [f"{name} ok" for name in names]
        else:
            lines = [f"PASSED {name}" for name in names]
        if not regrade(log(*lines), problem).resolved:
            wrong.append(problem.id)
    assert wrong == []


def test_partial_and_none_are_told_apart() -> None:
    both = replace(PROBLEM, spec={**PROBLEM.spec, "FAIL_TO_PASS": ["t.py::a", "t.py::b"]})
    passed = [f"PASSED {name}" for name in P2P]
    partial = regrade(log("PASSED t.py::a", "FAILED t.py::b", *passed), both)
    assert (partial.resolution, partial.f2p_failure) == ("RESOLVED_PARTIAL", ("t.py::b",))
    assert partial.statuses["t.py::b"] == "FAILED"
    assert regrade(log("PASSED t.py::a", "FAILED t.py::b"), both).resolution == "RESOLVED_NO"


def test_a_log_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    problem = replace(PROBLEM, spec={**PROBLEM.spec, "log_parser": "parse_log_sympy"})
    assert regrade(log("test_x ok"), problem).found
    begun = time.monotonic()
    hostile = regrade(log("_" * 2_000_000), problem, deadline_s=1.0)
    assert (hostile.found, hostile.resolved, hostile.why) == (False, False, "unreadable")
    assert time.monotonic() - begun < 30
    assert regrade(log("test_x ok"), problem).found


def test_a_parser_that_swebench_has_not_is_the_problems_fault() -> None:
    with pytest.raises(ProblemError, match="no log parser 'parse_log_none'"):
        regrade("", replace(PROBLEM, spec={**PROBLEM.spec, "log_parser": "parse_log_none"}))


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(UsageError) as caught:
        regrade("", PROBLEM)
    assert "vervet[swebench]" in caught.value.hint


def test_markers_are_counted() -> None:
    assert markers(LOGS["resolved"]) == (1, 1)
    assert markers(json.dumps([LOGS["resolved"]] * 2).encode()) == (2, 2)
    assert markers(b"\xff") == (0, 0)
