"""The shipped instances of SWE-bench's form: their schema, their commits, their patches in git."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from swebench.harness.log_parsers import PARSER_REGISTRY
from swebench.harness.utils import make_test_spec
from swebench.task.repo import load_dockerfiles, load_task_repo

from tests.problems.swebench_shipped import FOLDER, candidates, generated, instances, task
from vervet.core.status import Status
from vervet.sandbox.docker.instance_repository import commit_files

ROWS = {row["instance_id"]: row for row in instances()}
COMMITS = {
    "vervet/ledger": "e7bc9412d496c76602c7ee456c321fb9e9daaf71",
    "vervet/spans": "a0d430b307f75eeb8021134ec1b6747f10ecb63e",
    "vervet/graphlet": "159314059811c4ff487435824ec409a39e9487ae",
}
SOURCES = {
    "vervet/ledger": "vervet__ledger-1",
    "vervet/spans": "vervet__spans-1",
    "vervet/graphlet": "vervet__graphlet-1",
}
FLAKY = "tests/test_book.py::test_two_accounts_have_different_colours"
CANDIDATES = [(each, name) for each in ROWS for name in candidates(each)]


def git(place: Path, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *words], cwd=place, input=text, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def checkouts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each repository at its commit."""
    made = {}
    for repo, instance in SOURCES.items():
        made[repo] = tmp_path_factory.mktemp("repositories") / "testbed"
        commit_files(task(instance) / "repo", made[repo])
    return made


@pytest.fixture
def clean(checkouts: dict[str, Path], request: pytest.FixtureRequest) -> Path:
    """The repository of the instance that the test is about, as it was committed."""
    place = checkouts[ROWS[request.getfixturevalue("instance")]["repo"]]
    git(place, "checkout", "--quiet", "--force", "main")
    git(place, "clean", "-fdq")
    return place


def test_the_generated_files_are_up_to_date() -> None:
    held = {name: (FOLDER / name).read_text() for name in generated()}

    assert held == generated(), "run python -m tests.problems.swebench_shipped"


def test_the_official_reader_reads_the_folder_as_the_rows() -> None:
    read = load_task_repo(FOLDER)
    tests = ("FAIL_TO_PASS", "PASS_TO_PASS")
    rows = [row | {key: json.loads(row[key]) for key in tests} for row in ROWS.values()]

    assert read == rows
    assert set(load_dockerfiles(FOLDER)) == set(ROWS)


@pytest.mark.parametrize("instance", ROWS)
def test_the_official_harness_knows_the_parser_and_the_markers(instance: str) -> None:
    spec = make_test_spec(ROWS[instance])

    assert spec.log_parser in PARSER_REGISTRY
    assert spec.eval_script.count(">>>>> Start Test Output") == 1
    assert "SWEBENCH_TEST_EXIT_CODE" in spec.eval_script


@pytest.mark.parametrize("repo", SOURCES)
def test_files_commit_to_the_base_commit(checkouts: dict[str, Path], repo: str) -> None:
    assert git(checkouts[repo], "rev-parse", "HEAD").stdout.strip() == COMMITS[repo]
    assert {row["base_commit"] for row in ROWS.values() if row["repo"] == repo} == {COMMITS[repo]}


def test_a_commit_does_not_depend_on_modes_or_on_what_tools_left(tmp_path: Path) -> None:
    made = tmp_path / "edited"
    subprocess.run(["cp", "-r", task("vervet__spans-1") / "repo", made], check=True)
    (made / "setup.py").chmod(0o755)
    (made / "__pycache__").mkdir()
    (made / "__pycache__" / "spans.cpython-311.pyc").write_bytes(b"x")

    assert commit_files(made, tmp_path / "testbed") == COMMITS["vervet/spans"]


@pytest.mark.parametrize("instance", ROWS)
def test_the_gold_patch_and_the_tests_apply_and_do_not_touch_each_other(
    instance: str, clean: Path
) -> None:
    row = ROWS[instance]
    for patch in (row["patch"], row["test_patch"]):
        done = git(clean, "apply", "-v", "-", text=patch)
        assert done.returncode == 0, done.stderr
    touched = [
        set(git(clean, "apply", "--numstat", "-R", "-", text=row[key]).stdout.split()[2::3])
        for key in ("patch", "test_patch")
    ]
    assert all(touched)
    assert not touched[0] & touched[1]


@pytest.mark.parametrize("instance", ROWS)
def test_the_script_holds_the_test_patch_and_restores_its_files(instance: str) -> None:
    row = ROWS[instance]
    lines = row["test_patch"].splitlines()
    files = [line.partition(" b/")[2] for line in lines if line.startswith("diff --git ")]

    assert row["test_patch"] in row["eval_script"]
    restore = f"git checkout {row['base_commit']} {' '.join(files)}\n"
    assert row["eval_script"].count(restore) == 2


@pytest.mark.parametrize("instance", ROWS)
def test_lists_of_tests_name_the_tests_that_there_are(instance: str, clean: Path) -> None:
    row = ROWS[instance]
    git(clean, "apply", "-", text=row["test_patch"])
    there = {
        node.name
        for path in clean.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    named = json.loads(row["FAIL_TO_PASS"]) + json.loads(row["PASS_TO_PASS"])

    assert {_function(name) for name in named} <= there
    assert len(named) == len(set(named))


def test_the_planted_flaky_test_is_one_that_must_pass() -> None:
    holding = [each for each, row in ROWS.items() if FLAKY in json.loads(row["PASS_TO_PASS"])]

    assert holding == ["vervet__ledger-2"]


@pytest.mark.parametrize(("instance", "name"), CANDIDATES)
def test_candidates_apply_unless_they_are_made_not_to(
    instance: str, name: str, clean: Path
) -> None:
    patch, status = candidates(instance)[name]
    applied = bool(patch) and git(clean, "apply", "-", text=patch).returncode == 0

    assert applied is (Status(status) is not Status.MALFORMED)


def test_no_candidate_is_there_twice() -> None:
    for instance in ROWS:
        patches = [patch for patch, _ in candidates(instance).values()]
        assert len(patches) == len(set(patches)), instance


def test_predictions_have_the_official_shape() -> None:
    lines = (FOLDER / "predictions.jsonl").read_text().splitlines()
    read: list[dict[str, Any]] = [json.loads(line) for line in lines]

    assert {tuple(sorted(each)) for each in read} == {
        ("instance_id", "model_name_or_path", "model_patch")
    }
    assert all(sum(each["instance_id"] == one for each in read) > 5 for one in ROWS)


def _function(name: str) -> str:
    """The function that a test is: of pytest's ids, and of unittest's."""
    if " (" in name:
        return name.partition(" (")[0]
    return name.rpartition("::")[2].partition("[")[0]
