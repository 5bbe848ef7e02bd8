"""Special judges over a real jail: what they decide, what they see, what their failures mean."""

from __future__ import annotations

from typing import Any

import pytest

from vervet.core.errors import JobError, ProblemError
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

N, P, F, E = Outcome
SUMS = """
import sys
given, output, expected = (open(path).read() for path in sys.argv[1:])
words = output.split()
if len(words) != 2:
    sys.exit("two numbers are wanted")
sys.exit(0 if sum(map(int, words)) == int(given) else 1)
"""
"""Any two numbers that add up to the input."""
TESTS = [{"input": f"{n}\n", "output": f"0 {n}\n"} for n in range(1, 6)]


def attempt(
    sandbox: Any, source: str, judge: str = SUMS, *, all_tests: bool = False, **spec: Any
) -> Attempt:
    asked = Problem("sums", "program", "", {"tests": TESTS, "checker": {"judge": judge}, **spec})
    verifier = ProgramVerifier(all_tests=all_tests)
    verifier.check_problem(asked)
    return verify(verifier, sandbox, asked, Solution("program", source))


def test_what_the_judge_accepts_passes(jail: JailSandbox) -> None:
    found = attempt(jail, "n = int(input())\nprint(n // 2, n - n // 2)")

    assert (found.status, found.outcomes, found.evidence) == (Status.PASSED, (P,) * 5, ())
    assert found.layers == jail.layers()


def test_what_the_judge_rejects_fails_with_its_words(jail: JailSandbox) -> None:
    found = attempt(jail, "n = int(input())\nprint(1, n - 1, *[0][n < 4:])")

    assert (found.status, found.code) == (Status.FAILED, "wrong_output")
    assert found.outcomes == (P, P, P, F, N)
    assert found.message == "test 4: two numbers are wanted"
    assert (found.evidence[0].expected, found.evidence[0].actual) == (b"0 4\n", b"1 3 0\n")


def test_all_tests_are_judged_where_asked_for(jail: JailSandbox) -> None:
    source = "n = int(input())\nprint(1 // (n - 4), n if n == 2 else n + 1 - 1 // (n - 4) - 1)"

    found = attempt(jail, source, all_tests=True)

    assert found.outcomes == (P, F, P, E, P)
    assert (found.status, found.code) == (Status.FAILED, "wrong_output")
    assert [row.ordinal for row in found.evidence] == [1, 3]


def test_a_program_that_crashes_is_not_for_the_judge(jail: JailSandbox) -> None:
    found = attempt(jail, "n = int(input())\nprint(1 // (n - 3) * 0, n)")

    assert (found.status, found.code) == (Status.CRASHED, "ZeroDivisionError")
    assert found.outcomes == (P, P, E, N, N)


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        ("pass", Status.PASSED, ""),
        ("raise SystemExit", Status.PASSED, ""),
        ("import sys; sys.exit(1)", Status.FAILED, "wrong_output"),
        ("import sys; sys.exit(2)", Status.FAILED, "wrong_output"),
        ("import sys; sys.exit('no')", Status.FAILED, "wrong_output"),
    ],
)
def test_exit_statuses_of_a_judge(
    jail: JailSandbox, ending: str, status: Status, code: str
) -> None:
    found = attempt(jail, "print(1)", ending)

    assert (found.status, found.code) == (status, code)


BREAKING = {
    "an exception": "int(open('output.txt').read())",
    "another status": "import sys; sys.exit(3 if b'x' in open('output.txt', 'rb').read() else 0)",
    "a signal": "import os\nif b'x' in open('output.txt', 'rb').read(): os.kill(os.getpid(), 11)",
}


@pytest.mark.parametrize("name", BREAKING)
def test_an_output_that_breaks_the_judge_alone_is_flagged(jail: JailSandbox, name: str) -> None:
    tests = [{"input": "1", "output": "1"}] * 2

    found = attempt(jail, "print('x')", BREAKING[name], tests=tests)

    assert (found.status, found.code) == (Status.FAILED, "breaks_judge")
    assert found.flags == {Flag.FLAGGED}
    assert "the judge failed" in found.message


@pytest.mark.parametrize("judge", ["def (", "raise ValueError('mine')", "import os; os.abort()"])
def test_a_judge_that_always_fails_makes_no_verdict(jail: JailSandbox, judge: str) -> None:
    with pytest.raises(JobError, match="problem sums: its judge fails on the expected output"):
        attempt(jail, "print(1)", judge)


class Watching:
    """A sandbox that remembers the jobs it ran."""

    def __init__(self, jail: JailSandbox) -> None:
        self.weakness, self.environment, self.layers = jail.weakness, jail.environment, jail.layers
        self.close = jail.close
        self._jail = jail
        self.jobs: list[Job] = []

    def run(self, job: Job, on_check: OnCheck) -> Report:
        self.jobs.append(job)
        return self._jail.run(job, on_check)


def test_judge_and_candidate_never_meet(jail: JailSandbox) -> None:
    watching = Watching(jail)
    judge = "import os\nassert sorted(os.listdir()) == {}, os.listdir()\n".format(
        ["expected.txt", "input.txt", "judge.py", "output.txt", "special_judge.py"]
    )
    judge += "import sys\nassert open('expected.txt').read() == 'never-inside'\n"
    judge += "assert sys.stdin.read() == '' and sys.argv[0] == 'special_judge.py'"
    tests = [{"input": "1", "output": "never-inside"}] * 3

    found = attempt(watching, "# solved-here\nprint(1)", judge, tests=tests)

    assert found.status is Status.PASSED
    candidates, judges = watching.jobs
    assert "never-inside" not in repr(candidates)
    assert "assert" not in repr(candidates)
    assert "solved-here" not in repr(judges.program)
    assert judges.peer is candidates.peer is None


def test_many_tests_are_judged_in_rounds(jail: JailSandbox) -> None:
    watching = Watching(jail)
    tests = [{"input": f"{n}", "output": ""} for n in range(150)]

    found = attempt(watching, "print(0, int(input()) + 0 ** (120 - int('120')))", tests=tests)
    good = attempt(watching, "print(0, input())", tests=tests)

    assert (found.status, found.outcomes[:2]) == (Status.FAILED, (F, N))
    assert (good.status, good.outcomes) == (Status.PASSED, (P,) * 150)
    assert len(watching.jobs) == 2 + 6


def test_large_outputs_are_judged_before_there_are_too_many(jail: JailSandbox) -> None:
    watching = Watching(jail)
    tests = [{"input": f"{n}", "output": ""} for n in range(20)]
    source = "import sys\nsys.stdout.write('x' * 1000000)"

    found = attempt(watching, source, "pass", tests=tests)

    assert (found.status, found.outcomes) == (Status.PASSED, (P,) * 20)
    assert len(watching.jobs) == 4


@pytest.mark.parametrize("good", [0, 5, 6], ids=["candidate", "judge", "control"])
def test_a_sandbox_that_fails_under_the_judge_makes_no_verdict(good: int) -> None:
    calls: list[bytes] = []

    def script(source: bytes, _: bytes) -> CheckReport | str:
        calls.append(source)
        if len(calls) > good:
            return "out of order"
        return prints(b"", 7 if b"special judge" in source else 0)

    found = attempt(ScriptedSandbox(script), "print(1)")

    assert (found.status, found.message) == (Status.INFRA_ERROR, "out of order")
    assert found.outcomes == (N,) * 5


@pytest.mark.parametrize(
    "change",
    [
        {"checker": {"judge": 1}},
        {"checker": {"judges": ""}},
        {"checker": {"judge": ""}, "tolerance": 1e-6},
        {"checker": "exact", "tolerance": 1e-6},
        {"checker": "float", "tolerance": "1e-6"},
        {"checker": "float", "tolerance": 2},
        {"checker": "float", "tolerance": True},
        {"checker": 1},
        {"language": "cobol"},
        {"language": 1},
    ],
)
def test_broken_checkers_and_languages_are_named(change: dict[str, Any]) -> None:
    asked = Problem("sums", "program", "", {"tests": TESTS, **change})

    with pytest.raises(ProblemError, match="problem sums"):
        ProgramVerifier().check_problem(asked)


def test_a_tolerance_is_the_problem_s_own(jail: JailSandbox) -> None:
    tests = [{"input": "", "output": "1.0"}]
    verifier = ProgramVerifier()
    statuses = []
    for tolerance in (1e-2, 1e-4):
        spec = {"tests": tests, "checker": "float", "tolerance": tolerance}
        asked = Problem("p", "program", "", spec)
        verifier.check_problem(asked)
        statuses.append(verify(verifier, jail, asked, Solution("program", "print(1.001)")).status)

    assert statuses == [Status.PASSED, Status.FAILED]
