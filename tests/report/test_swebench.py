"""SWE-bench's reports: the same as the official tool writes, and read by it and by us again."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from swebench.harness.reporting import make_run_report
from swebench.harness.run_evaluation import read_run_metadata, run_instance
from swebench.harness.utils import make_test_spec

from vervet.core.errors import UsageError
from vervet.core.status import Flag, Status
from vervet.core.values import Suite
from vervet.generation.predictions import read_predictions
from vervet.problems.swebench import SwebenchFormat
from vervet.report.swebench import EvaluatedPatch, TestLists, file_name, instance_report, run_report
from vervet.report.swebench_folders import stored_logs, write_run, write_run_reports
from vervet.verification.patches.grading import regrade

LOG = "x\n+ : '>>>>> Start Test Output'\n{}+ : '>>>>> End Test Output'\n"
ROW: dict[str, Any] = {
    "repo": "o/r",
    "base_commit": "d16bfe05",
    "patch": "gold\n",
    "test_patch": "tests\n",
    "problem_statement": "It is broken.",
    "version": "1.0",
    "FAIL_TO_PASS": '["t.py::test_a", "t.py::test_b"]',
    "PASS_TO_PASS": '["t.py::test_c"]',
    "image": "swebench/sweb.eval.x86_64.o_1776_r:latest",
    "eval_script": "#!/bin/bash\n: '>>>>> Start Test Output'\n: '>>>>> End Test Output'\n",
    "log_parser": "parse_log_pytest",
    "eval_type": "pass_and_fail",
}
IDS = [f"o__r-{number}" for number in range(1, 9)]
ROWS = [{**ROW, "instance_id": instance} for instance in IDS]
PROBLEMS = {row["instance_id"]: SwebenchFormat().problem(row) for row in ROWS}
PASSED = "PASSED t.py::test_a\nPASSED t.py::test_b\nPASSED t.py::test_c\n"
PARTIAL = "PASSED t.py::test_a\nFAILED t.py::test_b - no\nPASSED t.py::test_c\n"


def made(instance: str, output: str | None, status: Status, **changes: Any) -> EvaluatedPatch:
    log = None if output is None else LOG.format(output).encode()
    graded = regrade(log, PROBLEMS[instance]) if log else None
    lists = None
    if graded is not None and graded.found:
        lists = TestLists(
            graded.f2p_success, graded.f2p_failure, graded.p2p_success, graded.p2p_failure
        )
    patch = EvaluatedPatch(
        instance_id=instance,
        model="a/model",
        ordinal=0,
        patch="diff\r\n",
        status=status,
        tests=graded.statuses if graded else None,
        lists=lists,
        log=log,
    )
    return replace(patch, **changes)


@pytest.fixture
def patches() -> list[EvaluatedPatch]:
    """One of every end that a patch can come to; nothing for the last instance."""
    return [
        made(IDS[0], PASSED, Status.PASSED),
        made(IDS[1], PARTIAL, Status.FAILED, code="partial"),
        made(IDS[2], None, Status.MALFORMED, patch=None, code="empty_patch"),
        made(IDS[3], None, Status.MALFORMED, applied=False, code="does_not_apply"),
        made(IDS[4], PARTIAL, Status.TIMED_OUT, timeout_s=1800),
        made(IDS[5], "no tests ran\n", Status.FAILED, code="no_tests"),
        made(IDS[6], None, Status.INFRA_ERROR, code="image_missing"),
    ]


def write(root: Path, patches: list[EvaluatedPatch]) -> tuple[Path, ...]:
    return write_run(root, "run 1", patches, IDS, dataset="rows.jsonl")


def test_the_runs_report_is_the_official_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patches: list[EvaluatedPatch]
) -> None:
    (path,) = write(tmp_path, patches)
    assert path == tmp_path / "a__model.run 1.json"
    ours = json.loads(path.read_text())
    predictions = {
        each.instance_id: {
            "instance_id": each.instance_id,
            "model_name_or_path": each.model,
            "model_patch": each.patch,
        }
        for each in patches
    }
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()):
        official = make_run_report(predictions, ROWS, "run 1", None, str(tmp_path / "official"))
    theirs = json.loads(official.read_text())
    beside = ours.pop("vervet")
    assert ours.keys() == theirs.keys()
    # They guess at failures from words in logs, where we know what happened.
    guessed = ("infra_failure", "ambiguous_failure", "failure_reasons")
    for key in theirs:
        if not key.startswith(guessed):
            assert ours[key] == theirs[key], key
    assert theirs["ambiguous_failure_ids"] == [IDS[4], IDS[5]]
    assert ours["ambiguous_failure_ids"] == [IDS[4]]
    assert ours["infra_failure_ids"] == [IDS[6]]
    assert ours["failure_reasons"] == {IDS[4]: "timed_out", IDS[6]: "image_missing"}
    assert beside["statuses"][IDS[3]] == "malformed"


def test_the_official_tool_grades_our_logs_to_our_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patches: list[EvaluatedPatch]
) -> None:
    write(tmp_path, patches)
    monkeypatch.chdir(tmp_path)
    metadata = read_run_metadata("run 1")
    assert metadata is not None
    assert (metadata["dataset"], metadata["split"]) == ("rows.jsonl", "test")
    regraded = 0
    for patch in patches:
        folder = Path("logs/run_evaluation/run 1/a__model") / patch.instance_id
        assert (folder / "patch.diff").read_bytes() == (patch.patch or "").encode()
        if not (folder / "report.json").exists():
            continue
        ours = json.loads((folder / "report.json").read_text())
        prediction = {
            "instance_id": patch.instance_id,
            "model_name_or_path": patch.model,
            "model_patch": patch.patch,
        }
        spec = make_test_spec(ROWS[IDS.index(patch.instance_id)])
        run_instance(spec, prediction, None, "run 1", rewrite_reports=True)
        theirs = json.loads((folder / "report.json").read_text())
        assert ours[patch.instance_id].pop("vervet")["status"] == patch.status.value
        for guessed in ("infra_failure", "infra_failure_reason"):
            theirs[patch.instance_id].pop(guessed, None)
            ours[patch.instance_id].pop(guessed, None)
        assert ours == theirs
        regraded += 1
    assert regraded == 3


def test_stored_logs_are_graded_to_the_same_again(
    tmp_path: Path, patches: list[EvaluatedPatch]
) -> None:
    write(tmp_path, patches)
    stored = {each.instance_id: each for each in stored_logs(tmp_path, "run 1")}
    assert list(stored) == IDS[:7]
    for patch in patches:
        one = stored[patch.instance_id]
        assert one.patch == (patch.patch or "")
        assert (one.log is None) is (patch.log is None)
        if one.log is not None and patch.status is not Status.TIMED_OUT:
            assert regrade(one.log, PROBLEMS[patch.instance_id]).resolved is patch.resolved
    assert b"Timeout error: 1800 seconds exceeded." in (stored[IDS[4]].log or b"")
    with pytest.raises(UsageError) as caught:
        list(stored_logs(tmp_path, "other"))
    assert "run 1" in caught.value.hint


def test_k_candidates_are_each_reported_as_a_model(tmp_path: Path) -> None:
    patches = [
        made(IDS[0], PARTIAL, Status.FAILED),
        made(IDS[0], PASSED, Status.PASSED, ordinal=1, patch="second"),
        made(IDS[1], PASSED, Status.PASSED, ordinal=1),
        made(IDS[0], PASSED, Status.PASSED, ordinal=12),
    ]
    paths = write(tmp_path, patches)
    assert [path.name for path in paths] == [
        "a__model.run 1.json",
        "a__model__k1.run 1.json",
        "a__model__k12.run 1.json",
    ]
    resolved = [json.loads(path.read_text())["resolved_ids"] for path in paths]
    assert resolved == [[], IDS[:2], IDS[:1]]
    stored = [
        (each.model, each.ordinal, each.instance_id) for each in stored_logs(tmp_path, "run 1")
    ]
    assert stored == [
        ("a/model", 0, IDS[0]),
        ("a/model", 1, IDS[0]),
        ("a/model", 1, IDS[1]),
        ("a/model", 12, IDS[0]),
    ]
    with pytest.raises(UsageError, match="one patch an instance"):
        run_report(patches, IDS)


def test_the_predictions_are_kept_with_their_ordinals(tmp_path: Path) -> None:
    patches = [
        made(IDS[1], None, Status.MALFORMED, patch=None),
        made(IDS[0], PASSED, Status.PASSED, ordinal=1, patch="second\r\n"),
        made(IDS[0], PARTIAL, Status.FAILED, patch="first"),
    ]
    write(tmp_path, patches)
    found = read_predictions(
        tmp_path / "logs" / "run_evaluation" / "run 1" / "predictions.jsonl",
        Suite("s", tuple(PROBLEMS.values())),
    )
    assert {(e.instance_id, e.ordinal, e.patch) for e in found.predictions} == {
        (IDS[0], 0, "first"),
        (IDS[0], 1, "second\r\n"),
        (IDS[1], 0, ""),
    }


@pytest.mark.parametrize("flag", [Flag.FLAGGED, Flag.UNSAFE])
def test_a_pass_that_is_doubted_is_not_resolved(flag: Flag) -> None:
    patch = made(IDS[0], PASSED, Status.PASSED, flags=frozenset({flag}))
    assert instance_report(patch)[IDS[0]]["resolved"] is False
    report = run_report([patch], IDS)
    assert (report["resolved_ids"], report["unresolved_ids"]) == ([], IDS[:1])
    assert report["vervet"]["flagged_ids"] == IDS[:1]


def test_a_forged_pass_is_rejected_whatever_its_log_says(tmp_path: Path) -> None:
    patch = made(IDS[0], PASSED, Status.REJECTED, code="canary")
    (path,) = write(tmp_path, [patch])
    report = json.loads(path.read_text())
    assert report["resolved_ids"] == []
    assert report["vervet"]["rejected_ids"] == IDS[:1]


def test_a_report_that_no_longer_holds_is_taken_away(tmp_path: Path) -> None:
    write(tmp_path, [made(IDS[0], PASSED, Status.PASSED)])
    write(tmp_path, [made(IDS[0], None, Status.INFRA_ERROR)])
    folder = tmp_path / "logs" / "run_evaluation" / "run 1" / "a__model" / IDS[0]
    assert not (folder / "report.json").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(UsageError, match="cannot write"):
        write(tmp_path, [made(IDS[0], PASSED, Status.PASSED)])


def test_nothing_to_report_is_no_report(tmp_path: Path) -> None:
    assert write_run_reports(tmp_path, "r", [], IDS) == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("gpt", "gpt"), ("a/b", "a__b"), ("..", "_.."), ("", "_"), ("../../etc", "..__..__etc")],
)
def test_names_stay_in_their_folder(name: str, expected: str) -> None:
    assert file_name(name) == expected


@settings(deadline=None)
@given(one=st.text(max_size=400))
def test_any_name_is_one_part_of_a_path(one: str) -> None:
    name = file_name(one)
    assert "/" not in name
    assert "\0" not in name
    assert name not in ("", ".", "..")
    assert len(name.encode()) <= 255
