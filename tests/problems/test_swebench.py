"""SWE-bench's instances: the real 300 rows, every kind of file, a folder of tasks, odd rows."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.problems.checking import check_file
from vervet.problems.hub import read_hub_suite
from vervet.problems.plain import dump
from vervet.problems.swebench import SwebenchFormat
from vervet.problems.swebench_flaky import flaky_instances, known_flaky
from vervet.problems.swebench_sources import load_instances, spelled_out

ROW: dict[str, Any] = {
    "repo": "owner/small",
    "instance_id": "owner__small-1",
    "base_commit": "d16bfe05",
    "patch": "diff --git a/x.py b/x.py\r\n",
    "test_patch": "diff --git a/test_x.py b/test_x.py\n",
    "problem_statement": "It adds wrongly.\r\n",
    "hints_text": "",
    "created_at": "2022-03-03T15:14:54Z",
    "version": "1.0",
    "FAIL_TO_PASS": '["test_x.py::test_a"]',
    "PASS_TO_PASS": "[]",
    "environment_setup_commit": "298ccb47",
    "image": "swebench/sweb.eval.x86_64.owner_1776_small-1:latest",
    "eval_script": "#!/bin/bash\n: '>>>>> Start Test Output'\n",
    "log_parser": "parse_log_pytest",
    "eval_type": "pass_and_fail",
}


def other(number: int) -> dict[str, Any]:
    return {**ROW, "instance_id": f"owner__small-{number}"}


def ids(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.id for problem in problems]


def reason(row: dict[str, Any]) -> str:
    with pytest.raises(ProblemError) as caught:
        SwebenchFormat().problem(row)
    return caught.value.message


def test_all_300_rows_of_lite_load_whole(shared_data: Path) -> None:
    path = shared_data / "swebench_lite" / "instances.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    loaded = load(str(path))
    assert loaded.set_aside == ()
    assert len(loaded.suite.problems) == 300
    for row, problem in zip(rows, loaded.suite.problems, strict=True):
        assert (problem.id, problem.kind) == (row["instance_id"], "patch")
        assert problem.prompt == row["problem_statement"]
        assert problem.references == (row["patch"],)
        for key in ("FAIL_TO_PASS", "PASS_TO_PASS"):
            assert problem.spec[key] == json.loads(row[key])
        for key in ("eval_script", "image", "log_parser", "eval_type", "test_patch", "version"):
            assert problem.spec[key] == row[key]


@pytest.mark.parametrize(
    "name",
    ["r.jsonl", "r.jsonl.gz", "r.json", "by_id.json.gz", "r.parquet", "r.parquet.gz"],
)
def test_every_kind_of_file_gives_the_same_instances(tmp_path: Path, name: str) -> None:
    rows = [other(1), other(2)]
    path = tmp_path / name
    if "parquet" in name:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "plain")
        data = (tmp_path / "plain").read_bytes()
    elif "jsonl" in name:
        data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    elif "by_id" in name:
        data = json.dumps({row.pop("instance_id"): row for row in rows}, indent=2).encode()
    else:
        data = json.dumps(rows).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    loaded = load(str(path))
    assert loaded.set_aside == ()
    expected = [SwebenchFormat().problem(other(number)) for number in (1, 2)]
    assert list(loaded.suite.problems) == expected


def write_task(folder: Path, row: dict[str, Any], **changes: Any) -> Path:
    """As a task repository keeps an instance."""
    task = folder / "tasks" / row["instance_id"]
    task.mkdir(parents=True)
    files = {
        "gold.patch": row["patch"],
        "test.patch": row["test_patch"],
        "eval.sh": row["eval_script"],
        "problem_statement.md": row["problem_statement"],
        "tests.json": json.dumps({k: json.loads(row[k]) for k in ("FAIL_TO_PASS", "PASS_TO_PASS")}),
    }
    for name, text in files.items():
        (task / name).write_text(text, encoding="utf-8", newline="")
    apart = {"patch", "test_patch", "eval_script", "problem_statement", "hints_text"}
    rest = {k: v for k, v in row.items() if k not in apart | {"FAIL_TO_PASS", "PASS_TO_PASS"}}
    (task / "task.yaml").write_text(yaml.safe_dump(rest | changes), encoding="utf-8")
    return task


def test_a_folder_of_tasks_gives_the_same_instances(tmp_path: Path) -> None:
    for number in (2, 1):
        write_task(tmp_path, other(number))
    loaded = load(str(tmp_path))
    assert list(loaded.suite.problems) == [SwebenchFormat().problem(other(n)) for n in (1, 2)]
    assert check_file(str(tmp_path)).sound == 2


def test_the_official_reader_reads_the_same_from_the_folder(tmp_path: Path) -> None:
    from swebench.task.repo import load_task_repo

    write_task(tmp_path, ROW)
    (ours,) = load(str(tmp_path)).suite.problems
    (theirs,) = load_task_repo(tmp_path)
    assert SwebenchFormat().problem(theirs) == ours


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("eval.sh", None, "has no eval.sh"),
        ("task.yaml", "a: [", "not YAML"),
        ("task.yaml", "- a\n", "not a mapping"),
        ("tests.json", "{\n,", "not JSON"),
        ("gold.patch", b"\n\xff", "not UTF-8"),
    ],
)
def test_a_broken_task_is_named_and_the_others_go_on(
    tmp_path: Path, file: str, text: str | bytes | None, words: str
) -> None:
    broken = write_task(tmp_path, other(1)) / file
    write_task(tmp_path, other(2))
    if text is None:
        broken.unlink()
    else:
        broken.write_bytes(text.encode() if isinstance(text, str) else text)
    loaded = load(str(tmp_path))
    assert ids(loaded.suite.problems) == ["owner__small-2"]
    assert "owner__small-1" in str(loaded.set_aside[0])
    assert words in str(loaded.set_aside[0])


def test_a_link_out_of_a_tasks_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    task = write_task(tmp_path / "repo", other(1))
    write_task(tmp_path / "repo", other(2))
    (task / "eval.sh").unlink()
    (task / "eval.sh").symlink_to(tmp_path / "secret")
    loaded = load(str(tmp_path / "repo"))
    assert ids(loaded.suite.problems) == ["owner__small-2"]
    assert "leads out" in loaded.set_aside[0].reason


def test_another_folder_is_no_suite(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="is a folder"):
        load(str(tmp_path))


def test_a_row_of_the_hub_is_recognised() -> None:
    loaded = read_hub_suite("hf://SWE-bench/SWE-bench_Lite", load=lambda _: [ROW, other(2)])
    assert ids(loaded.suite.problems) == ["owner__small-1", "owner__small-2"]
    assert loaded.suite.name == "SWE-bench_Lite"


def test_lists_are_read_as_their_json_text_is() -> None:
    as_lists = {**ROW, "FAIL_TO_PASS": ["test_x.py::test_a"], "PASS_TO_PASS": []}
    assert SwebenchFormat().problem(as_lists) == SwebenchFormat().problem(ROW)


def test_a_row_of_an_older_edition_is_told_what_it_lacks_and_what_gives_it() -> None:
    new = {"image", "eval_script", "log_parser", "eval_type"}
    words = reason({key: value for key, value in ROW.items() if key not in new})
    assert "'image', 'eval_script', 'log_parser' and 'eval_type'" in words
    assert "swebench 5" in words
    assert "hf://SWE-bench/SWE-bench_Lite" in words


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("repo", None, "'repo' is null"),
        ("base_commit", "", "'base_commit' is empty"),
        ("problem_statement", 3, "not a string"),
        ("FAIL_TO_PASS", "[]", "no test could tell"),
        ("FAIL_TO_PASS", "test_a", "not JSON"),
        ("FAIL_TO_PASS", '{"a": 1}', "not a list of tests"),
        ("PASS_TO_PASS", [1], "'PASS_TO_PASS[0]' is a number"),
        ("PASS_TO_PASS", "[" * 100_000, "nested too deep"),
        ("PASS_TO_PASS", None, "missing"),
        ("eval_type", "all", "none of pass_and_fail, fail_only"),
        ("test_patch", "\ud800", "surrogate"),
        ("image_assets", '{"test_patch": [{"path": "a.png"}]}', "needs images"),
    ],
)
def test_an_odd_key_is_named(key: str, value: object, words: str) -> None:
    assert words in reason({**ROW, key: value})


def test_an_odd_row_is_named_with_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps(other(1)), "{", json.dumps({**other(3), "repo": 4}), json.dumps(other(1))]
    path.write_text("\n".join([*lines, json.dumps(other(5))]), encoding="utf-8")
    loaded = load(str(path))
    assert ids(loaded.suite.problems) == ["owner__small-1", "owner__small-5"]
    assert [item.line for item in loaded.set_aside] == [2, 3, 4]


def test_instances_are_chosen_by_id_and_limit(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps(other(n)) for n in range(1, 6)), encoding="utf-8")
    chosen = load_instances(str(path), ids=["owner__small-4", "nothing", "owner__small-2"])
    assert ids(chosen.problems) == ["owner__small-2", "owner__small-4"]
    assert chosen.unknown == ("nothing",)
    assert ids(load_instances(str(path), limit=2).problems) == ["owner__small-1", "owner__small-2"]
    with pytest.raises(UnknownNameError, match="owner__small-1"):
        load_instances(str(path), ids=["owner__smal-1"])


def test_a_folder_gives_the_split_that_is_asked_for_and_named_ids_of_any(tmp_path: Path) -> None:
    write_task(tmp_path, other(1), split="test")
    write_task(tmp_path, other(2), split="dev")
    assert ids(load_instances(str(tmp_path)).problems) == ["owner__small-1"]
    named = load_instances(str(tmp_path), ids=["owner__small-2"])
    assert ids(named.problems) == ["owner__small-2"]
    with pytest.raises(ProblemError, match="no task of split 'train'") as caught:
        load_instances(str(tmp_path), split="train")
    assert "dev, test" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("lite", "hf://SWE-bench/SWE-bench_Lite:test"),
        ("Verified", "hf://SWE-bench/SWE-bench_Verified:test"),
        ("princeton-nlp/SWE-bench", "hf://princeton-nlp/SWE-bench:test"),
        ("hf://a/b:dev", "hf://a/b:dev"),
        ("data/rows.jsonl", "data/rows.jsonl"),
    ],
)
def test_names_that_users_of_swebench_know(name: str, meant: str) -> None:
    assert spelled_out(name) == meant


def test_our_own_format_keeps_an_instance(tmp_path: Path) -> None:
    problem = SwebenchFormat().problem({**ROW, "created_at": "2022"})
    path = tmp_path / "own.jsonl"
    path.write_text(dump(problem) + "\n", encoding="utf-8")
    assert load(str(path)).suite.problems == (problem,)


def test_the_flaky_instances_are_those_of_the_paper(shared_data: Path) -> None:
    listed = json.loads((shared_data / "swebench_lite" / "flaky_34.json").read_text())
    assert flaky_instances() == set(listed["instance_ids"])
    assert len(flaky_instances()) == 34
    assert flaky_instances(on_some_machines=True) - flaky_instances() == set(listed["extra"])
    assert known_flaky("psf__requests-863")
    assert not known_flaky("astropy__astropy-6938")


def test_the_shipped_instances_and_their_predictions_are_a_suite_by_name() -> None:
    from vervet.generation.predictions import read_predictions
    from vervet.problems.bundled import recorded_candidates

    suite = load("swebench").suite
    assert suite.origin == "bundled"
    assert {problem.kind for problem in suite.problems} == {"patch"}
    found = read_predictions(recorded_candidates("swebench"), suite)
    assert found.set_aside == ()
    assert {each.instance_id for each in found.predictions} == set(ids(suite.problems))
    assert found.most >= 4
