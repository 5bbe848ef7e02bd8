"""GSM8K and MATH: what is right, out of a worked answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import ProblemError
from vervet.problems.bundled import load
from vervet.problems.competition_math import MathFormat, boxed
from vervet.problems.gsm8k import Gsm8kFormat

from .conftest import WriteLines

GSM8K = {"question": "What is 9 + 9?", "answer": "It is 9 + 9 = <<9+9=18>>18.\n#### 18"}
MATH = {
    "problem": "What is $1/2$?",
    "solution": "It is $\\boxed{\\frac{1}{2}}$.",
    "level": "Level 1",
    "type": "Prealgebra",
}


def test_gsm8k_record_is_named_by_its_row() -> None:
    problem = Gsm8kFormat().problem(GSM8K, row=17)
    assert (problem.id, problem.kind) == ("gsm8k/17", "answer")
    assert problem.prompt == "Question: What is 9 + 9?\nAnswer:"
    assert problem.spec["answer"] == "18"
    assert problem.references == (GSM8K["answer"],)


@pytest.mark.parametrize("answer", ["18", "#### ", ""])
def test_gsm8k_answer_without_its_mark(answer: str) -> None:
    with pytest.raises(ProblemError, match=r"####|'answer' is empty"):
        Gsm8kFormat().problem({**GSM8K, "answer": answer})


def test_real_gsm8k_is_read_whole(shared_data: Path) -> None:
    loaded = load(str(shared_data / "gsm8k" / "test.jsonl"))
    assert loaded.set_aside == ()
    assert len(loaded.suite.problems) == 1319
    wrong_in_the_set = loaded.suite.problems[1042]
    assert (wrong_in_the_set.id, wrong_in_the_set.spec["answer"]) == ("gsm8k/1042", "3")


def test_math_record() -> None:
    problem = MathFormat().problem(MATH, row=3)
    assert (problem.id, problem.kind) == ("math/3", "answer")
    assert problem.spec["answer"] == "\\frac{1}{2}"
    assert problem.labels == {"level": "Level 1", "type": "Prealgebra"}


def test_math_500_has_ids_and_answers_of_its_own() -> None:
    record = {**MATH, "unique_id": "test/algebra/1.json", "answer": "0.5", "subject": "Algebra"}
    problem = MathFormat().problem(record)
    assert (problem.id, problem.spec["answer"]) == ("test/algebra/1.json", "0.5")


@pytest.mark.parametrize(
    ("worked", "answer"),
    [
        (r"$\boxed{2}$", "2"),
        (r"first $\boxed{1}$, then $\boxed{2}$", "2"),
        (r"$\boxed{\frac{1}{\sqrt{2}}}$", r"\frac{1}{\sqrt{2}}"),
        (r"$\boxed{\{1, 2\}}$", r"\{1, 2\}"),
        (r"$\boxed{\{x}$", r"\{x"),
        (r"$\fbox{7}$", "7"),
        (r"$\boxed 7$.", "7"),
        (r"$\boxed{1$", None),
        ("nothing", None),
    ],
)
def test_answer_is_what_the_last_box_holds(worked: str, answer: str | None) -> None:
    assert boxed(worked) == answer


balanced = st.recursive(
    st.text("ab1 \\", max_size=4).filter(lambda text: not text.endswith("\\")),
    lambda inner: st.lists(inner.map("{{{}}}".format) | inner, max_size=3).map("".join),
    max_leaves=8,
)


@given(balanced, st.text("ab $.", max_size=9))
def test_balanced_braces_are_kept_whole(answer: str, after: str) -> None:
    assert boxed(f"so \\boxed{{{answer}}}{after}") == answer


@pytest.mark.parametrize("changes", [{"solution": "None."}, {"solution": r"\boxed{ }"}])
def test_math_solution_without_an_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(ProblemError, match=r"no .boxed"):
        MathFormat().problem({**MATH, **changes})


@pytest.mark.parametrize(
    ("worked", "name", "answer"),
    [("9 + 9\n#### 18", "gsm8k/0", "18"), (r"It is $\boxed{18}$.", "math/0", "18")],
)
def test_a_record_of_the_paper_s_code_is_known_by_its_answer(
    write: WriteLines, worked: str, name: str, answer: str
) -> None:
    record = {"prompt": "Some examples.", "question": "9 + 9?", "samples": ["#### 18"]}
    path = write(json.dumps({**record, "gt_answer": worked}).encode())
    (problem,) = load(str(path)).suite.problems
    assert (problem.id, problem.spec["answer"]) == (name, answer)
    assert problem.prompt == "Some examples."
