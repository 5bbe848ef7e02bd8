"""Programs over a real jail: outcomes, evidence, flags, and specs that cannot be judged."""

from __future__ import annotations

from typing import Any

import pytest

from vervet.core.errors import ProblemError
from vervet.core.limits import Limits
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

N, P, F, E = Outcome
TESTS = [{"input": f"{n}\n", "output": f"{n * n}\n"} for n in range(1, 6)]


def problem(**spec: Any) -> Problem:
    return Problem("squares", "program", "", {"tests": TESTS, **spec})


def attempt(jail: JailSandbox, source: str, verifier: ProgramVerifier, **spec: Any) -> Attempt:
    asked = problem(**spec)
    verifier.check_problem(asked)
    return verify(verifier, jail, asked, verifier.extract(asked, source, cut=False))


def test_a_right_program_passes_every_check(jail: JailSandbox) -> None:
    found = attempt(jail, "print(int(input()) ** 2)", ProgramVerifier())

    assert (found.status, found.outcomes) == (Status.PASSED, (P,) * 5)
    assert found.evidence == ()
    assert found.layers == jail.layers()


def test_the_first_failure_ends_an_attempt(jail: JailSandbox) -> None:
    found = attempt(jail, "n = int(input())\nprint(n * n if n < 3 else 0)", ProgramVerifier())

    assert (found.status, found.outcomes) == (Status.FAILED, (P, P, F, N, N))
    (row,) = found.evidence
    assert (row.ordinal, row.expected, row.actual) == (2, b"9\n", b"0\n")
    assert found.message == "test 3: wrong output"


def test_all_tests_run_where_asked_for(jail: JailSandbox) -> None:
    source = "n = int(input())\nprint(n * n if n != 2 else 1 // (n - 2))"

    found = attempt(jail, source, ProgramVerifier(all_tests=True))

    assert (found.status, found.code) == (Status.CRASHED, "ZeroDivisionError")
    assert found.outcomes == (P, E, P, P, P)
    assert "ZeroDivisionError" in found.evidence[0].message


def test_evidence_is_capped_in_rows_and_bytes(jail: JailSandbox) -> None:
    found = attempt(jail, "print('x' * 10_000)", ProgramVerifier(all_tests=True))

    assert found.outcomes == (F,) * 5
    assert [row.ordinal for row in found.evidence] == [0, 1, 2]
    assert {len(row.actual or b"") for row in found.evidence} == {4096}


def test_a_syntax_error_is_seen_once(jail: JailSandbox) -> None:
    found = attempt(jail, "print(", ProgramVerifier(all_tests=True))

    assert (found.status, found.code) == (Status.MALFORMED, "syntax_error")
    assert found.outcomes == (E, N, N, N, N)


def test_template_surrounds_the_solution(jail: JailSandbox) -> None:
    template = {"prefix": "def f(n):\n", "suffix": "\nprint(f(int(input())))\n"}

    found = attempt(jail, "    return n * n\n", ProgramVerifier(), template=template)

    assert found.status is Status.PASSED


def test_checker_is_the_one_that_the_suite_names(jail: JailSandbox) -> None:
    source = "print('\\n', int(input()) ** 2)"

    assert attempt(jail, source, ProgramVerifier()).status is Status.FAILED
    assert attempt(jail, source, ProgramVerifier(), checker="tokens").status is Status.PASSED


def test_expected_outputs_never_enter_the_jail(jail: JailSandbox) -> None:
    seen: list[Job] = []

    class Watching:
        environment, layers, close = jail.environment, jail.layers, jail.close

        def run(self, job: Job, on_check: OnCheck) -> Report:
            seen.append(job)
            return jail.run(job, on_check)

    asked = Problem("p", "program", "", {"tests": [{"input": "in", "output": "never-inside"}]})
    verifier = ProgramVerifier()
    verify(verifier, Watching(), asked, verifier.extract(asked, "print(1)", cut=False))

    assert "never-inside" not in repr(seen)


def test_time_near_the_limit_is_flagged(jail: JailSandbox) -> None:
    source = "import time\nwhile time.process_time() < {}:\n    pass\nprint(int(input()) ** 2)"
    limits = {"cpu_s": 1.0, "wall_s": 60.0}

    near = attempt(jail, source.format(0.9), ProgramVerifier(), limits=limits)
    far = attempt(jail, source.format(0.1), ProgramVerifier(), limits=limits)

    assert (near.status, near.flags) == (Status.PASSED, {Flag.SPEED_DEPENDENT})
    assert (far.status, far.flags) == (Status.PASSED, frozenset())


def test_a_pass_without_isolation_does_not_count() -> None:
    sandbox = JailSandbox(unsafe_no_isolation=True)
    verifier = ProgramVerifier()
    asked = problem()

    solution = verifier.extract(asked, "print(int(input()) ** 2)", cut=False)

    assert verify(verifier, sandbox, asked, solution).flags == {Flag.UNSAFE}


def test_a_failed_sandbox_says_nothing_about_the_solution() -> None:
    def script(_: bytes, stdin: bytes) -> CheckReport | str:
        n = int(stdin)
        return prints(b"%d\n" % n**2) if n < 3 else "the sandbox died during check 3"

    asked, verifier = problem(), ProgramVerifier()
    found = verify(verifier, ScriptedSandbox(script), asked, Solution("program", "print(1)"))

    assert (found.status, found.outcomes) == (Status.INFRA_ERROR, (N,) * 5)
    assert found.message == "the sandbox died during check 3"


def test_nothing_to_verify_is_malformed(jail: JailSandbox) -> None:
    found = attempt(jail, "", ProgramVerifier())

    assert (found.status, found.code) == (Status.MALFORMED, "nothing_extracted")
    assert found.outcomes == (N,) * 5


def test_a_solution_larger_than_a_job_may_be_is_malformed(jail: JailSandbox) -> None:
    found = attempt(jail, "#" * (65 << 20), ProgramVerifier())

    assert (found.status, found.code) == (Status.MALFORMED, "too_large")


def test_digest_follows_settings() -> None:
    digests = {
        verifier.digest()
        for verifier in (
            ProgramVerifier(), ProgramVerifier(all_tests=True), ProgramVerifier(fence="last"),
            ProgramVerifier(limits=Limits(cpu_s=9.0)),
        )
    }  # fmt: skip

    assert len(digests) == 4
    assert ProgramVerifier().digest() in digests


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tests": []}, "no tests"),
        ({"tests": None}, "not a list"),
        ({"tests": ["x"]}, "not a mapping"),
        ({"tests": [{"input": "x"}]}, "'output'"),
        ({"tests": [{"input": "x", "output": 1}]}, "'output'"),
        ({"tests": [{"input": "x", "output": "1", "weight": 2}]}, "weight"),
        ({"checker": "fuzzy"}, "fuzzy"),
        ({"template": {"prefx": ""}}, "prefx"),
        ({"template": "x"}, "template"),
        ({"limits": {"cpu": 1}}, "'cpu'"),
        ({"limits": {"cpu_s": "1"}}, "cpu_s"),
        ({"limits": {"cpu_s": 0}}, "cpu_s"),
        ({"limits": {"memory": 1.5}}, "memory"),
        ({"limits": {"memory": 1000}}, "below what the interpreter needs"),
        ({"limits": {"open_files": 3}}, "below what the interpreter needs"),
        ({"tests": [{"input": "x" * (65 << 20), "output": ""}]}, "larger than"),
        ({"processes_allowed": "yes"}, "processes_allowed"),
        ({"tset": []}, "tset"),
    ],
)
def test_broken_problems_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ProblemError, match="problem squares") as caught:
        ProgramVerifier().check_problem(problem(**change))

    assert words in str(caught.value)


def test_stray_reports_do_not_happen(jail: JailSandbox) -> None:
    """The verifier's `on_check` is asked once per check, in order."""
    names: list[str] = []
    verifier, asked = ProgramVerifier(), problem()
    steps = verifier.steps(asked, verifier.extract(asked, "print(int(input()) ** 2)", cut=False))
    job, on_check = next(steps)

    def recording(check: CheckReport) -> bool:
        names.append(check.name)
        return on_check(check)

    jail.run(job, recording)
    steps.close()

    assert names == [check.name for check in job.checks] == [f"test {n}" for n in range(1, 6)]
