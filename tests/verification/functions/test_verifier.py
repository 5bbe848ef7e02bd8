"""Functions judged by tests in another process: statuses, outcomes, evidence, flags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.verification.functions.suite import IN_PLACE, SORTING, judge, problem
from vervet.core.errors import ProblemError
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, Problem
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.registry import make_sandbox
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.verification.functions import FunctionVerifier, tests
from vervet.verification.registry import verify

STOP = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")

DOUBLE = {
    "prompt": 'def double(x):\n    """Twice x."""\n',
    "entry_point": "double",
    "test": "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(0) == 0\n",
}


def attempt(jail: JailSandbox, completion: str, **change: Any) -> Attempt:
    asked = Problem("double", "function", DOUBLE["prompt"], DOUBLE | change, stop=STOP)
    verifier = FunctionVerifier()
    verifier.check_problem(asked)
    return verify(verifier, jail, asked, verifier.extract(asked, completion, cut=False))


@pytest.mark.parametrize(
    ("completion", "status", "code"),
    [
        ("    return 2 * x\n", Status.PASSED, ""),
        ("    return 2 * x\n\ndef other():\n    return (", Status.PASSED, ""),
        ("    print('noise')\n    return 2 * x", Status.PASSED, ""),
        ("```python\ndef double(x):\n    return x + x\n```", Status.PASSED, ""),
        ("    return x + 2\n", Status.FAILED, "assertion"),
        ("    return x / 0\n", Status.CRASHED, "ZeroDivisionError"),
        ("    return y\n", Status.CRASHED, "NameError"),
        ("    return (\n", Status.MALFORMED, "syntax_error"),
        ("return x\n", Status.MALFORMED, "syntax_error"),
        ("", Status.MALFORMED, "nothing_extracted"),
        ("    while True: pass\n", Status.TIMED_OUT, "cpu_time"),
        ("    import sys; sys.exit(0)\n", Status.FAILED, "ended_early"),
        ("    import os; os._exit(0)\n", Status.FAILED, "ended_early"),
        ("    raise SystemExit\n", Status.FAILED, "ended_early"),
        ("    return double(x)\n", Status.CRASHED, "RecursionError"),
        ("    return bytearray(1 << 40)\n", Status.MEMORY_EXCEEDED, "memory"),
        ("    while True: print('x' * 9999)\n", Status.OUTPUT_EXCEEDED, "output"),
        ("    import signal; signal.raise_signal(11)\n", Status.CRASHED, "SIGSEGV"),
        ("    return x\n1 / 0\n", Status.CRASHED, "ZeroDivisionError"),
        ("    return x\ndel double\n", Status.CRASHED, "NameError"),
        ("    return range(10 ** 12)\n", Status.FAILED, "assertion"),
    ],
)
def test_completions_get_their_status(
    jail: JailSandbox, completion: str, status: Status, code: str
) -> None:
    found = attempt(jail, completion, limits={"cpu_s": 0.5, "wall_s": 30.0})

    assert (found.status, found.code) == (status, code)
    assert found.outcomes == (Outcome.PASSED,) * 2 or status is not Status.PASSED


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": "assert double(2) == 4"}, "no tests"),
        ({"entry_point": "double("}, "no name"),
        ({"prompt": None}, "prompt"),
        ({"tests": []}, "tests"),
        ({"test": "def check(candidate):\n    pass\n"}, "no tests"),
        ({"test": "def check(candidate:\n  assert 1"}, "no Python"),
        ({"setup": "x = 1"}, "setup"),
        ({"asserts": ["assert 1"]}, "both"),
        ({"mode": "inside"}, "inside"),
        ({"reaches": -1}, "reaches"),
        ({"mirror": 1}, "mirror"),
        ({"limits": {"speed": 1}}, "speed"),
    ],
)
def test_broken_problems_are_named(change: dict[str, Any], words: str) -> None:
    asked = Problem("double", "function", "", DOUBLE | change)

    with pytest.raises(ProblemError, match="problem double") as caught:
        FunctionVerifier().check_problem(asked)

    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("asserts", "words"),
    [
        ([], "no tests"),
        ("assert f()", "no tests"),
        ([1], "asserts\\[0\\]"),
        (["f()"], "no assert"),
        (["assert f()", "if f(): assert f()"], "no assert"),
        (["assert f("], "no Python"),
    ],
)
def test_broken_asserts_are_named(asserts: Any, words: str) -> None:
    asked = problem("f")
    asked = Problem("f", "function", "", {**asked.spec, "asserts": asserts})

    with pytest.raises(ProblemError, match=words):
        FunctionVerifier().check_problem(asked)


FIRST_RIGHT = "def arranged(numbers): return [1, 2, 3][:len(numbers)]"


def test_the_outcome_of_every_assert_is_kept(jail: JailSandbox) -> None:
    found = judge(jail, SORTING, FIRST_RIGHT)

    assert found.outcomes == (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN)
    assert (found.status, found.code) == (Status.FAILED, "assertion")


def test_all_asserts_are_run_where_that_is_asked_for(jail: JailSandbox) -> None:
    found = judge(jail, SORTING, FIRST_RIGHT, all_tests=True)

    assert found.outcomes == (Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)
    assert found.evidence[0].ordinal == 1
    assert (found.status, found.code) == (Status.FAILED, "assertion")


def test_the_failing_assert_and_what_was_returned_are_the_evidence(jail: JailSandbox) -> None:
    (evidence,) = judge(jail, SORTING, FIRST_RIGHT).evidence

    assert (evidence.ordinal, evidence.name) == (1, "assert 2")
    assert evidence.message == "assert arranged([5, 4]) == [4, 5]"
    assert evidence.actual == b"[1, 2]"


def test_an_exception_is_told_with_the_line_of_the_solution(jail: JailSandbox) -> None:
    found = judge(jail, SORTING, "def arranged(numbers):\n    return numbers[7]\n")

    assert found.message == (
        "IndexError: list index out of range (solution, line 2) "
        "at assert arranged([3, 1, 2]) == [1, 2, 3]"
    )
    assert found.outcomes == (Outcome.ERROR, Outcome.NOT_RUN, Outcome.NOT_RUN)


def test_a_value_that_the_tests_cannot_work_with_is_a_failure(jail: JailSandbox) -> None:
    found = judge(jail, problem("f", "assert f() + 1 == 2"), "def f(): return None")

    assert (found.status, found.code) == (Status.FAILED, "error_in_test")
    assert found.message.startswith("TypeError")


def test_time_spent_waiting_is_the_solutions(jail: JailSandbox) -> None:
    asked = problem("f", "assert f()", limits={"wall_s": 0.3})

    found = judge(jail, asked, "import time\ndef f(): time.sleep(60)")

    assert (found.status, found.code) == (Status.TIMED_OUT, "wall_time")
    assert found.usage.wall_s < 5


def test_time_spent_on_reading_an_answer_is_the_solutions(jail: JailSandbox) -> None:
    asked = problem("f", "assert not f()", limits={"cpu_s": 0.5})
    code = """
import sys
solver = sys.modules["court.solver"]
def f():
    data = solver.encode((1, "value", [i * (2**61 - 1) for i in range(60_000)], False, None), id)
    solver.send(data.replace(b"l\\0", b"e\\0", 1))
"""
    found = judge(jail, asked, code)

    assert (found.status, found.code) == (Status.TIMED_OUT, "cpu_time")


def test_fewer_asserts_than_the_reference_reaches_are_no_pass(jail: JailSandbox) -> None:
    test = "def check(candidate):\n    for word in candidate('a b'):\n        assert word\n"
    asked = Problem("f", "function", "", {"prompt": "", "entry_point": "f", "test": test})
    some = Problem("f", "function", "", {**asked.spec, "reaches": 2})

    assert judge(jail, some, "def f(text): return text.split()").status is Status.PASSED
    found = judge(jail, some, "def f(text): return []")
    assert (found.status, found.code) == (Status.FAILED, "asserts_missing")


def test_asserts_in_a_row_must_all_be_reached_without_any_reference(jail: JailSandbox) -> None:
    test = "def check(candidate):\n    assert candidate()\n    {}\n    assert candidate()\n"
    found = []
    for between in ("pass", "if candidate() == 2: return"):
        spec = {"prompt": "", "entry_point": "f", "test": test.format(between)}
        found.append(judge(jail, Problem("f", "function", "", spec), "def f(): return 2").status)

    assert found == [Status.PASSED, Status.FAILED]


def test_a_setup_does_not_take_the_functions_place(jail: JailSandbox) -> None:
    asked = problem("f", "assert f() == answer", setup="answer = 2\ndef f(): return 2")

    assert judge(jail, asked, "def f(): return 3").status is Status.FAILED
    assert judge(jail, asked, "def f(): return 2").status is Status.PASSED


def test_a_prompt_may_end_in_a_bare_head(jail: JailSandbox) -> None:
    prompt = "def helper(x):\n    return x + 1\n\ndef f(x):\n"
    spec = {
        "prompt": prompt,
        "entry_point": "f",
        "setup": "",
        "asserts": ["assert f(1) == helper(1)"],
    }

    asked = Problem("f", "function", prompt, spec)

    assert judge(jail, asked, "    return 2\n").status is Status.PASSED


def test_what_runs_only_as_a_program_is_not_run(jail: JailSandbox) -> None:
    code = "def f(): return __name__\nif __name__ == '__main__':\n    print(1 / 0)\n"

    assert judge(jail, problem("f", "assert f() == 'solution'"), code).status is Status.PASSED


def test_prints_of_a_solution_are_no_ones_result(jail: JailSandbox) -> None:
    code = "print('PASSED')\ndef f(): print('1' * 4000)"

    assert judge(jail, problem("f", "assert f() is None"), code).status is Status.PASSED


SORTS_ITS_ARGUMENT = "def arranged(numbers):\n    numbers.sort()\n    return numbers\n"


def test_an_argument_changed_in_place_is_dropped(jail: JailSandbox) -> None:
    found = judge(jail, IN_PLACE, SORTS_ITS_ARGUMENT)

    assert (found.status, found.flags) == (Status.PASSED, frozenset())


def test_a_change_that_would_have_failed_the_tests_is_flagged(jail: JailSandbox) -> None:
    asked = problem(
        "arranged",
        "assert arranged(numbers) == [1, 2, 3]",
        "assert numbers == [3, 1, 2]",
        setup="numbers = [3, 1, 2]",
    )
    found = judge(jail, asked, SORTS_ITS_ARGUMENT)

    assert (found.status, found.flags) == (Status.PASSED, {Flag.FLAGGED})
    assert "in place" in found.message
    assert judge(jail, asked, "def arranged(n): return sorted(n)").flags == frozenset()


@pytest.mark.parametrize(
    ("setup", "call", "after", "code"),
    [
        ("x = [2, 1]", "f(x)", "x == [1, 2]", "x.sort()"),
        ("x = [[2], [1]]; y = x[0]", "f(x)", "y == [2, 9]", "x[0].append(9)"),
        ("x = {'a': [1]}; y = x['a']", "f(x)", "y == [] and x == {'a': y, 'b': 2}",
         "x['a'].clear(); x['b'] = 2"),
        ("x = {1}", "f(x)", "x == {2}", "x.clear(); x.add(2)"),
        ("x = bytearray(b'a')", "f(x)", "x == b'ab'", "x += b'b'"),
        ("from collections import deque\nx = deque([1, 2])", "f(x)", "list(x) == [2]",
         "x.popleft()"),
        ("x = [1]", "f((x, 2))", "x == [1, 3]", "x[0].append(3)"),
        ("x = [1]", "f(x=x)", "x == []", "x.pop()"),
    ],
)  # fmt: skip
def test_changes_in_place_are_mirrored_where_a_problem_asks_for_it(
    jail: JailSandbox, setup: str, call: str, after: str, code: str
) -> None:
    asserts = (f"assert {call} is None", f"assert {after}")
    solution = f"def f(x):\n    {code}\n"

    assert judge(jail, problem("f", *asserts, setup=setup), solution).status is Status.FAILED
    mirrored = problem("f", *asserts, setup=setup, mirror=True)
    assert judge(jail, mirrored, solution).status is Status.PASSED


@pytest.mark.parametrize(
    ("asserts", "code"),
    [
        ("assert f(2)(3) == 5", "def f(a): return lambda b: a + b"),
        ("assert f(2).total == 2 and f(3).plus(1) == 4", """
class Sum:
    def __init__(self, total): self.total = total
    def plus(self, more): return self.total + more
def f(a): return Sum(a)"""),
    ],
)  # fmt: skip
def test_objects_of_the_solution_are_called_where_a_problem_asks_for_it(
    jail: JailSandbox, asserts: str, code: str
) -> None:
    assert judge(jail, problem("f", asserts), code).status is Status.FAILED
    assert judge(jail, problem("f", asserts, handles=True), code).status is Status.PASSED


def test_a_pass_beside_the_tests_says_so(jail: JailSandbox) -> None:
    asked = problem("area", "assert area(Square(2)) == 4", mode="beside")
    code = "class Square:\n    def __init__(self, side): self.side = side\n"

    right = judge(jail, asked, f"{code}def area(square): return square.side ** 2")
    wrong = judge(jail, asked, f"{code}def area(square): return square.side + 3")

    assert (right.status, right.flags) == (Status.PASSED, {Flag.BESIDE})
    assert (wrong.status, wrong.code) == (Status.FAILED, "assertion")
    assert wrong.outcomes == (Outcome.FAILED,)


@pytest.mark.parametrize(
    ("code", "status", "ending"),
    [
        ("def f(): raise SystemExit", Status.FAILED, "ended_early"),
        ("def f(): raise AssertionError", Status.CRASHED, "AssertionError"),
        ("def f(): return 1 / 0", Status.CRASHED, "ZeroDivisionError"),
        ("import os\ndef f(): os._exit(0)", Status.FAILED, "ended_early"),
        ("def f(: pass", Status.MALFORMED, "syntax_error"),
        ("f = g", Status.CRASHED, "NameError"),
        ("g = 1", Status.CRASHED, "NameError"),
        ("def f():\n    while True: pass", Status.TIMED_OUT, "cpu_time"),
    ],
)
def test_endings_beside_the_tests_have_the_same_names(
    jail: JailSandbox, code: str, status: Status, ending: str
) -> None:
    asked = problem("f", "assert f()", mode="beside", limits={"cpu_s": 0.3, "wall_s": 20.0})

    found = judge(jail, asked, code)

    assert (found.status, found.code) == (status, ending)


def test_a_solution_beside_the_tests_keeps_its_own_names(jail: JailSandbox) -> None:
    code = "def f(n):\n    f.calls.append(n)\n    return len(f.calls)\nf.calls = []\n"
    asked = problem("f", "assert f(1) == 1", "assert f(2) == 2", mode="beside", setup="calls = 7")

    assert judge(jail, asked, code).status is Status.PASSED


@pytest.mark.parametrize("said", [b"", b"nonsense", b'\n{"outcomes":"P"}', b"\n[1]", b"\n\xff"])
def test_a_judge_that_does_not_say_so_passes_nobody(said: bytes) -> None:
    sandbox = ScriptedSandbox(lambda *_: prints(said))

    found = judge(sandbox, SORTING, "def arranged(numbers): return sorted(numbers)")

    assert found.status is Status.FAILED


@pytest.mark.parametrize(
    "change",
    [
        {"outcomes": "PX"},
        {"outcomes": ["P"]},
        {"outcomes": "P" * 5000},
        {"reached": "3"},
        {"failed": 0},
        {"stuck": "x" * 5000},
        {"at": None},
        {"more": 1},
    ],
)
def test_an_account_of_another_form_passes_nobody(change: dict[str, Any]) -> None:
    told: dict[str, Any] = {
        **dict.fromkeys(("failed", "changed", "handles"), False),
        **dict.fromkeys(("stuck", "stuck_words"), ""),
        "outcomes": "PPP",
        "reached": 3,
        "ended": True,
    }
    sound, other = (json.dumps(each).encode() for each in (told, told | change))

    assert judge(ScriptedSandbox(lambda *_: prints(sound)), SORTING, "").status is Status.PASSED
    assert judge(ScriptedSandbox(lambda *_: prints(other)), SORTING, "").status is Status.FAILED


def test_a_sandbox_that_fails_says_nothing_about_the_solution() -> None:
    found = judge(ScriptedSandbox(lambda *_: "it burned"), SORTING, "def arranged(n): return n")

    assert (found.status, found.message) == (Status.INFRA_ERROR, "it burned")
    assert found.outcomes == (Outcome.NOT_RUN,) * 3


def test_nothing_of_the_tests_lies_with_the_solution() -> None:
    sandbox = ScriptedSandbox(lambda *_: "stop here")
    judge(sandbox, IN_PLACE, "def arranged(n): return n")
    (job,) = sandbox.jobs

    assert job.peer is not None
    assert all(b"numbers" not in file.data for file in job.peer.files)
    assert all(b"def arranged(n)" not in file.data for file in job.program.files)
    assert b"sorted(numbers)" in job.checks[0].stdin


def test_a_judge_of_another_python_runs_the_tests_from_their_source(
    jail: JailSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tests, "TAG", "another-python")
    asked = problem("f", "assert f() == one", setup="one = 1  # read by another Python")

    assert judge(jail, asked, "def f(): return 1").status is Status.PASSED
    assert judge(jail, asked, "def f(): return 2").outcomes == (Outcome.FAILED,)


def test_tests_beside_the_solution_run_in_a_fresh_interpreter_too() -> None:
    asked = problem("f", "assert f(object()) == 1", mode="beside")
    sandbox = make_sandbox("reference")
    try:
        found = judge(sandbox, asked, "def f(x): return 1")
    finally:
        sandbox.close()

    assert (found.status, found.flags) == (Status.PASSED, {Flag.BESIDE})
