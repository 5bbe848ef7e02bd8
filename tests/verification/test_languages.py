"""Programs in other languages: the table, the two jobs, and the launcher that runs inside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vervet.core.errors import JobError
from vervet.core.resources import sandboxes_dir
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Job, OnCheck, Report
from vervet.sandbox.scripted import ScriptedSandbox, prints
from vervet.verification.languages import LANGUAGES, PYTHON
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

TESTS = [{"input": "1", "output": "1"}, {"input": "2", "output": "2"}]


def attempt(sandbox: object, language: str) -> Attempt:
    asked = Problem("p", "program", "", {"tests": TESTS, "language": language})
    verifier = ProgramVerifier()
    verifier.check_problem(asked)
    return verify(verifier, sandbox, asked, Solution("program", "the source"))  # type: ignore[arg-type]


class Toolchain(ScriptedSandbox):
    """A compiler that makes `product`, or ends with `status`, and a program that echoes."""

    def __init__(self, product: bytes | None, status: int = 1) -> None:
        super().__init__(lambda _, stdin: prints(stdin))
        self.product, self.status = product, status

    def run(self, job: Job, on_check: OnCheck) -> Report:
        if not job.artifacts:
            return super().run(job, on_check)
        self.jobs.append(job)
        check = prints(b"", 0 if self.product else self.status)
        made = {job.artifacts[0].name: self.product} if self.product else {}
        on_check(check)
        return Report((check,), check.usage, self.layers(), artifacts=made)


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_language_compiles_at_most_once_and_runs_every_test(name: str) -> None:
    language, sandbox = LANGUAGES[name], Toolchain(b"binary")

    found = attempt(sandbox, name)

    assert (found.status, found.outcomes) == (Status.PASSED, (Outcome.PASSED,) * 2)
    assert len(sandbox.jobs) == (2 if language.compile else 1)
    assert {job.program.profile for job in sandbox.jobs} == {language.profile}
    last = sandbox.jobs[-1].program
    assert last.processes_allowed == (language != PYTHON)
    assert [file.data for file in last.files][-1] == (
        b"binary" if language.compile else b"the source"
    )
    assert [check.stdin for check in sandbox.jobs[-1].checks] == [b"1", b"2"]


def test_what_does_not_compile_is_malformed() -> None:
    found = attempt(Toolchain(None), "cpp")

    assert (found.status, found.code) == (Status.MALFORMED, "compile_error")
    assert found.outcomes == (Outcome.NOT_RUN,) * 2


def test_a_missing_compiler_says_nothing_about_the_solution() -> None:
    with pytest.raises(JobError, match="cannot run cpp"):
        attempt(Toolchain(None, 125), "cpp")


def test_the_jail_says_who_has_the_tools(jail: JailSandbox) -> None:
    with pytest.raises(JobError, match="--sandbox docker"):
        attempt(jail, "cpp")


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_table_hangs_together(name: str) -> None:
    language = LANGUAGES[name]

    assert language.name == name
    assert bool(language.compile) == bool(language.product) == (language != PYTHON)
    assert f"{language.product or language.source}" in " ".join(language.run)
    command = " ".join(language.compile)
    assert language == PYTHON or (language.source in command and language.product in command)


def launch(folder: Path, *words: str, stdin: bytes = b"") -> tuple[int, bytes]:
    """The launcher on tools of the host, which is all that it is given here."""
    script = sandboxes_dir() / "languages" / "launch.py"
    ended = subprocess.run(
        [sys.executable, script, *words], cwd=folder, input=stdin, capture_output=True, check=False
    )
    return ended.returncode, ended.stdout


def test_the_launcher_compiles_and_runs_what_may_not_be_executed_where_it_lies(
    tmp_path: Path,
) -> None:
    compiled, _ = launch(tmp_path, "compile", "solution", "cp", "/bin/cat", "solution")
    (tmp_path / "solution").chmod(0o600)

    assert compiled == 0
    assert launch(tmp_path, "run", "solution", "./solution", stdin=b"seen") == (0, b"seen")


@pytest.mark.parametrize("command", [("false",), ("true",), ("sh", "-c", "exit 4")])
def test_a_compiler_that_makes_nothing_has_failed(tmp_path: Path, command: tuple[str, ...]) -> None:
    assert launch(tmp_path, "compile", "solution", *command) == (1, b"")


def test_the_launcher_says_that_a_tool_is_missing(tmp_path: Path) -> None:
    assert launch(tmp_path, "compile", "solution", "no-such-compiler") == (125, b"")


def test_the_launcher_passes_the_exit_status_on(tmp_path: Path) -> None:
    (tmp_path / "solution.sh").write_text("cat; exit 3")

    assert launch(tmp_path, "run", "solution.sh", "sh", "solution.sh", stdin=b"x") == (3, b"x")
