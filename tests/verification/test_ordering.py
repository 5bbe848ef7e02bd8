"""The condition `order`: which checks change places, and whose outcome is whose."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.functions.suite import problem
from tests.verification.functions.test_preparation import ready
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence, Problem, Solution
from vervet.sandbox.jail import JailSandbox
from vervet.verification.answers import AnswerVerifier
from vervet.verification.functions import FunctionVerifier
from vervet.verification.ordering import Conditioned, Reorderable, in_order_of, shuffled
from vervet.verification.programs import ProgramVerifier
from vervet.verification.protocol import Verifier
from vervet.verification.registry import thorough, verify

PASSED, FAILED, ERROR, NOT_RUN = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.NOT_RUN
COUNTING = "seen = []\n\ndef counted(n):\n    seen.append(n)\n    return len(seen) - 1\n"
"""Right only where it is called with 0, 1, 2, ... in this order."""
CHECK = '''
METADATA = {"author": "ä"}

def check(candidate):
    """ä before the asserts, so that bytes and characters differ."""
    assert candidate(0) == 0, "ä"  # stays
    assert (
        candidate(1)
        == 1
    ); assert candidate(2) == 2
    assert candidate(3) == 3
'''


def checked(test: str, **change: Any) -> Problem:
    spec = {"prompt": "", "entry_point": "counted", "test": test, **change}
    return Problem("counted", "function", "", spec)


def statements(problem: Problem) -> list[str]:
    """The statements of `check`, in words without a layout."""
    (found,) = [
        node for node in ast.parse(problem.spec["test"]).body if isinstance(node, ast.FunctionDef)
    ]
    return [ast.unparse(node) for node in found.body]


def tried(sandbox: JailSandbox, asked: Problem, code: str, order: int) -> Attempt:
    verifier = thorough(FunctionVerifier())
    return verify(Conditioned(verifier, order), sandbox, asked, Solution("function", code))


@given(st.integers(0, 30), st.integers(0, 2**64))
def test_a_shuffle_is_another_order_of_the_same(count: int, seed: int) -> None:
    found = shuffled(range(count), random.Random(seed))
    assert sorted(found) == list(range(count))
    assert count < 2 or found != tuple(range(count))
    assert found == shuffled(range(count), random.Random(seed))


def test_seeds_give_these_orders_under_every_python() -> None:
    # By CPython 3.11: random.Random(seed).shuffle(list(range(5))).
    orders = [shuffled(range(5), random.Random(seed)) for seed in range(3)]
    assert orders == [(2, 1, 0, 4, 3), (2, 3, 4, 0, 1), (2, 1, 3, 4, 0)]


@given(st.permutations(range(6)), st.lists(st.sampled_from(list(Outcome)), max_size=8))
def test_outcomes_are_put_back_where_their_checks_are(
    places: list[int], outcomes: list[Outcome]
) -> None:
    attempt = Attempt(Status.FAILED, outcomes=tuple(outcomes))
    found = in_order_of(tuple(places), attempt).outcomes
    for at, outcome in enumerate(outcomes):
        assert found[places[at] if at < 6 else at] is outcome
    assert found.count(NOT_RUN) == outcomes.count(NOT_RUN) + len(found) - len(outcomes)


def test_evidence_is_numbered_and_named_as_its_check_is() -> None:
    evidence = (
        CheckEvidence(0, "test 1", FAILED, "wrong output"),
        CheckEvidence(1, "assert 2", ERROR, "KeyError"),
    )
    attempt = Attempt(Status.FAILED, evidence=evidence, message="test 1: wrong output")
    found = in_order_of((2, 0, 1), attempt)
    assert [(each.ordinal, each.name) for each in found.evidence] == [
        (0, "assert 1"),
        (2, "test 3"),
    ]
    assert found.message == "test 3: wrong output"


def test_evidence_of_what_came_before_the_checks_is_left_alone() -> None:
    evidence = (CheckEvidence(0, "extraction", NOT_RUN, "cut"),)
    assert in_order_of((1, 0), Attempt(Status.MALFORMED, evidence=evidence)).evidence == evidence


def test_programs_have_their_tests_shuffled_and_outcomes_put_back(jail: JailSandbox) -> None:
    tests = [{"input": f"{at}\n", "output": f"{at}\n"} for at in range(6)]
    asked = Problem("echo", "program", "", {"tests": tests})
    verifier = ProgramVerifier(all_tests=True)
    shuffled_problem, places = verifier.reordered(asked, 4)
    assert [tests[place] for place in places] == shuffled_problem.spec["tests"] != tests
    solution = Solution("program", "n = input()\nprint(n if n != '4' else 1 // 0)")
    found = verify(Conditioned(verifier, 4), jail, asked, solution)
    assert found.outcomes == (PASSED,) * 4 + (ERROR, PASSED)
    assert [(each.ordinal, each.name, each.expected) for each in found.evidence] == [
        (4, "test 5", b"4\n")
    ]
    assert found.message.startswith("test 5: ZeroDivisionError")


def test_asserts_of_mbpp_are_shuffled_and_their_outcomes_put_back(jail: JailSandbox) -> None:
    asked = problem("counted", *(f"assert counted({n}) == {n}" for n in range(4)))
    # random.Random(1) puts four in the order 3, 0, 2, 1: the third call is 2's own.
    found = tried(jail, asked, COUNTING, 1)
    assert (found.status, found.outcomes) == (Status.FAILED, (FAILED, FAILED, PASSED, FAILED))
    assert (found.evidence[0].name, found.message) == ("assert 4", "assert counted(3) == 3")


def test_asserts_of_humaneval_change_places_to_the_byte(jail: JailSandbox) -> None:
    asked = checked(CHECK)
    moved, places = FunctionVerifier().reordered(asked, 1)
    assert places == (3, 0, 2, 1)
    doc, *before = statements(asked)
    assert statements(moved) == [doc, *(before[place] for place in places)]
    assert sorted(moved.spec["test"]) == sorted(CHECK)
    found = tried(jail, asked, COUNTING, 1)
    assert (found.status, found.outcomes) == (Status.FAILED, (FAILED, FAILED, PASSED, FAILED))
    assert (
        verify(thorough(FunctionVerifier()), jail, asked, Solution("function", COUNTING)).outcomes
        == (PASSED,) * 4
    )


def test_a_solution_that_keeps_no_state_passes_in_any_order(jail: JailSandbox) -> None:
    for seed in range(4):
        found = tried(jail, checked(CHECK), "def counted(n):\n    return n\n", seed)
        assert (found.status, found.outcomes) == (Status.PASSED, (PASSED,) * 4)


def test_only_asserts_in_a_row_change_places() -> None:
    test = """
def check(candidate):
    assert candidate(0) == 0
    assert candidate(1) == 1
    found = candidate(2)
    assert found == 2
    if found:
        assert candidate(3) == 3
        assert candidate(4) == 4
    assert candidate(5) == 5
    assert candidate(6) == 6
"""
    moved, places = FunctionVerifier().reordered(checked(test, reaches=7), 0)
    before, after = statements(checked(test)), statements(moved)
    assert [after[at] for at in (2, 3, 4)] == [before[at] for at in (2, 3, 4)]
    assert (after[0], after[1]) == (before[1], before[0])
    assert (after[5], after[6]) == (before[6], before[5])
    assert places is None


def test_asserts_of_the_module_are_met_before_those_of_check() -> None:
    test = "def check(candidate):\n    assert candidate(1)\n    assert candidate(2)\nassert True\n"
    assert FunctionVerifier().reordered(checked(test), 0)[1] == (0, 2, 1)


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_other_line_ends_do_not_shift_what_is_moved(newline: str) -> None:
    moved, _ = FunctionVerifier().reordered(checked(CHECK.replace("\n", newline)), 1)
    usual, _ = FunctionVerifier().reordered(checked(CHECK), 1)
    assert moved.spec["test"] == usual.spec["test"]


LOOP = """
def check(candidate):
    for n in (0, 1, 2):
        assert candidate(n) == n
"""


def test_where_no_assert_can_be_moved_everything_is_as_it_was(jail: JailSandbox) -> None:
    verifier, solution = thorough(FunctionVerifier()), Solution("function", COUNTING)
    asked = checked(LOOP, reaches=3)
    usual = verify(verifier, jail, asked, solution)
    found = verify(Conditioned(verifier, 1), jail, asked, solution)
    assert (
        (found.status, found.outcomes)
        == (usual.status, usual.outcomes)
        == (Status.PASSED, (PASSED,) * 3)
    )


def test_rows_beside_a_loop_tell_the_status_alone(jail: JailSandbox) -> None:
    test = f"{LOOP}    assert candidate(3) == 3\n    assert candidate(4) == 4\n"
    found = tried(jail, checked(test, reaches=5), COUNTING, 1)
    assert (found.status, found.outcomes) == (Status.FAILED, ())
    assert [each.name for each in found.evidence] == ["a check in another order"]
    assert found.message == "assert candidate(4) == 4"


def test_a_solution_with_nothing_to_run_is_as_malformed_as_ever(jail: JailSandbox) -> None:
    asked = checked(CHECK)
    verifier = FunctionVerifier()
    solution = Solution("function", "", malformed="cut")
    usual = verify(verifier, jail, asked, solution)
    assert verify(Conditioned(verifier, 1), jail, asked, solution) == usual


def test_an_order_is_no_other_verifier() -> None:
    for verifier in (ProgramVerifier(), FunctionVerifier(), AnswerVerifier()):
        conditioned: Verifier = Conditioned(verifier, 1)
        assert conditioned.digest() == verifier.digest()
        assert conditioned.kind == verifier.kind
    assert isinstance(ProgramVerifier(), Reorderable)
    assert isinstance(FunctionVerifier(), Reorderable)
    assert not isinstance(AnswerVerifier(), Reorderable)


def test_every_reference_of_humaneval_passes_in_another_order(
    jail: JailSandbox, shared_data: Path
) -> None:
    verifier = FunctionVerifier()
    problems = ready(jail, shared_data / "humaneval" / "HumanEval.jsonl.gz")
    statuses = [
        verify(
            Conditioned(verifier, 1),
            jail,
            each,
            verifier.extract(each, each.references[0], cut=False),
        ).status
        for each in problems
    ]
    assert statuses == [Status.PASSED] * 164
    places = [verifier.reordered(each, 1)[1] for each in problems]
    # By hand: two have a row of asserts beside a loop; three have nothing but a loop, one a
    # single assert.
    unknown = [each.id for each, found in zip(problems, places, strict=True) if found is None]
    assert unknown == ["HumanEval/44", "HumanEval/53"]
    assert places.count(()) == 4
