"""Whatever a record holds, a format makes a problem of it or says what is wrong, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.problems.reading import all_formats, judged
from vervet.verification.registry import verifier_for

from .test_answer_formats import GSM8K, MATH
from .test_contest_formats import APPS, CALLED, CONTEST, FUNCTIONAL, LIVE, PAPER
from .test_function_formats import HUMANEVAL_PLUS, MBPP, MBPP_PLUS
from .test_suites import HUMANEVAL

RECORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "codecontests": ("codecontests", CONTEST),
    "codecontests, paper": ("codecontests", PAPER),
    "apps, program": ("apps", APPS),
    "apps, function": ("apps", CALLED),
    "livecodebench, program": ("livecodebench", LIVE),
    "livecodebench, function": ("livecodebench", FUNCTIONAL),
    "mbpp": ("mbpp", MBPP),
    "evalplus, HumanEval+": ("evalplus", HUMANEVAL_PLUS),
    "evalplus, MBPP+": ("evalplus", MBPP_PLUS),
    "gsm8k": ("gsm8k", GSM8K),
    "math": ("math", MATH),
    "humaneval": ("humaneval", HUMANEVAL),
}
FORMATS = all_formats()
WORDS = ("", "a", "1", "0.5", "\0", "\ud800", "def f(): pass", "####", "\\boxed{", "[]")
words = st.sampled_from(WORDS)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
keys = st.sampled_from(
    ["input", "output", "inputs", "outputs", "fn_name", "language", "solution", "seconds", "nanos"]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
anything = values | values.map(lambda value: json.dumps(value, default=str))


def check(problem: Problem) -> None:
    verifier_for(problem.kind).check_problem(problem)


@pytest.mark.parametrize("name", RECORDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_changed_record_is_a_problem_or_a_reason(name: str, data: st.DataObject) -> None:
    used, sound = RECORDS[name]
    changed = data.draw(st.lists(st.sampled_from(sorted(sound)), min_size=1, max_size=2))
    record = {**sound, **{key: data.draw(anything) for key in changed}}
    for one in FORMATS:
        assert one.recognises(record) in (True, False)
    (made_by,) = [one for one in FORMATS if one.name == used]
    try:
        problem = judged(made_by.problem(record), check)
    except ProblemError:
        return
    assert problem.prompt.strip()
    json.dumps([problem.spec, dict(problem.labels)], allow_nan=False)


@pytest.mark.parametrize("name", RECORDS)
def test_a_sound_record_is_recognised_by_its_format_alone(name: str) -> None:
    used, sound = RECORDS[name]
    assert [one.name for one in FORMATS if one.recognises(sound)] == [used]
