"""SWE-bench's predictions: every form, k per instance, and what is named, remarked, left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vervet.core.errors import CandidateError
from vervet.core.lines import SetAside
from vervet.core.values import Problem, Suite
from vervet.generation.predictions import Predictions, read_predictions
from vervet.generation.recorded import RecordedCandidate, read_recorded

SUITE = Suite("lite", tuple(Problem(f"o__r-{n}", "patch", f"Issue {n}", {}) for n in range(1, 5)))
ONE = Suite("lite", SUITE.problems[:1])


def made(instance: str = "o__r-1", patch: object = "diff\n", model: object = "m") -> dict[str, Any]:
    return {"instance_id": instance, "model_name_or_path": model, "model_patch": patch}


def write(tmp_path: Path, *lines: object, name: str = "preds.jsonl") -> Path:
    path = tmp_path / name
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("\n".join(texts), encoding="utf-8")
    return path


def read(tmp_path: Path, *lines: object, **options: Any) -> Predictions:
    return read_predictions(write(tmp_path, *lines), SUITE, **options)


@pytest.mark.parametrize("form", ["lines", "list", "mapping"])
def test_every_form_gives_the_same_predictions(tmp_path: Path, form: str) -> None:
    rows = [made("o__r-1", "a\r\n"), made("o__r-2", "b")]
    if form == "lines":
        path = write(tmp_path, *rows)
    elif form == "list":
        path = write(tmp_path, json.dumps(rows, indent=1), name="preds.json")
    else:
        by_id = {row.pop("instance_id"): row for row in rows}
        path = write(tmp_path, json.dumps(by_id), name="preds.json")
    found = read_predictions(path, SUITE)
    assert [(each.instance_id, each.patch) for each in found.predictions] == [
        ("o__r-1", "a\r\n"),
        ("o__r-2", "b"),
    ]
    assert (found.set_aside, found.remarks, found.models) == ((), (), ("m",))


def test_the_order_of_the_file_gives_the_ordinals(tmp_path: Path) -> None:
    rows = [made(patch="a"), made("o__r-2"), made(patch="b"), made(patch="c", model="n")]
    found = read(tmp_path, *rows, made(patch="d"))
    assert [(e.instance_id, e.model, e.ordinal, e.line) for e in found.predictions] == [
        ("o__r-1", "m", 0, 1),
        ("o__r-2", "m", 0, 2),
        ("o__r-1", "m", 1, 3),
        ("o__r-1", "n", 0, 4),
        ("o__r-1", "m", 2, 5),
    ]
    assert (found.most, found.models) == (3, ("m", "n"))


def test_what_cannot_be_used_is_named_with_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        made(),
        '{"instance_id": "o__r-1", ',
        made("o__r-9"),
        {"model_patch": "x", "model_name_or_path": "m"},
        made(patch=["a"]),
        made(model=7),
        '["a list"]',
        made("o__r-4"),
    )
    assert [each.line for each in found.predictions] == [1, 8]
    assert [(item.line, item.reason.split(";")[0][:48]) for item in found.set_aside] == [
        (2, "not JSON: Expecting property name enclosed in do"),
        (3, "no problem of suite lite has the id 'o__r-9'"),
        (4, "the key 'instance_id' is missing"),
        (5, "'model_patch' is list, not a string"),
        (6, "'model_name_or_path' is int, not a string"),
        (7, "not a JSON object"),
    ]
    assert found.summary == "2 predictions of 2 instances; 6 lines left out"


def test_a_prediction_without_a_patch_counts_and_is_remarked(tmp_path: Path) -> None:
    absent = {"instance_id": "o__r-1", "model_name_or_path": "m"}
    found = read(tmp_path, made(patch=None), made(patch=""), made(patch=" \n"), absent)
    assert [each.ordinal for each in found.predictions] == [0, 1, 2, 3]
    assert [(each.line, each.words.split(":")[0]) for each in found.remarks] == [
        (1, "'model_patch' is null"),
        (2, "'model_patch' is empty"),
        (3, "'model_patch' is empty"),
        (4, "has no 'model_patch'"),
    ]
    assert found.summary == "4 predictions of 1 instances; 4 without a patch"


def test_equal_predictions_are_kept_and_remarked(tmp_path: Path) -> None:
    found = read(tmp_path, made(), made("o__r-2"), made(), made(model="n"))
    assert len(found.predictions) == 4
    assert [(each.line, "as line 1" in each.words) for each in found.remarks] == [(3, True)]


def test_other_models_are_left_out_by_name(tmp_path: Path) -> None:
    found = read(tmp_path, made(), made(model="n"), made(model=None), model="n")
    assert [each.line for each in found.predictions] == [2]
    assert [item.reason for item in found.set_aside] == [
        "is of the model 'm', not of 'n'",
        "is of the model 'None', not of 'n'",
    ]


def test_instances_that_were_not_asked_for_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path, made(), made("o__r-2"), made(), made(), made("o__r-9"))
    found = read_predictions(path, ONE, whole=SUITE, per_instance=2)
    assert [each.line for each in found.predictions] == [1, 3]
    assert found.passed_over == 2
    assert [item.line for item in found.set_aside] == [5]


def test_a_file_with_nothing_to_use_says_why(tmp_path: Path) -> None:
    with pytest.raises(CandidateError) as caught:
        read(tmp_path, made("o__r-9"), "{")
    assert "o__r-9" in caught.value.hint
    with pytest.raises(CandidateError, match="cannot read"):
        read_predictions(tmp_path / "absent", SUITE)


def test_recorded_candidates_are_the_same_predictions(tmp_path: Path) -> None:
    rows = [made(patch="a"), made("o__r-2", None), made("o__r-9"), made(patch="b")]
    path = write(tmp_path, json.dumps(rows, indent=1), name="preds.json")
    items = list(read_recorded(path, SUITE))
    kept = [item for item in items if isinstance(item, RecordedCandidate)]
    assert [(each.problem_id, each.ordinal, each.completion) for each in kept] == [
        ("o__r-1", 0, "a"),
        ("o__r-2", 0, ""),
        ("o__r-1", 1, "b"),
    ]
    (left,) = [item for item in items if isinstance(item, SetAside)]
    assert left.line == 12
    assert "o__r-9" in left.reason


def test_recorded_candidates_of_one_model_of_several(tmp_path: Path) -> None:
    path = write(tmp_path, made(), made(model="n"))
    items = list(read_recorded(path, SUITE, source="n"))
    assert [item.line for item in items if isinstance(item, RecordedCandidate)] == [2]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.dictionaries(
            st.sampled_from(["instance_id", "model_patch", "model_name_or_path", "other"]),
            st.one_of(st.none(), st.integers(), st.sampled_from(["o__r-1", "o__r-2", "x", ""])),
        ),
        max_size=8,
    )
)
def test_every_line_is_used_or_named(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = write(tmp_path, made(), *rows)
    found = read_predictions(path, SUITE)
    lines = [each.line for each in (*found.predictions, *found.set_aside)]
    assert sorted(lines) == list(range(1, len(rows) + 2))
