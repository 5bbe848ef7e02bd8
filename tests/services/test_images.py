"""What needs an image of its own: programs in other languages, and answers without the jail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vervet.core.errors import JobError
from vervet.core.status import Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.verification.answers import AnswerVerifier
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

pytestmark = pytest.mark.services

BUILD = Path(__file__).resolve().parents[2] / "docker" / "images.sh"
TESTS = [{"input": f"{n}\n", "output": f"{n * n}\n"} for n in range(1, 4)]
SQUARES = {
    "c": '#include <stdio.h>\nint main(){int n;scanf("%d",&n);printf("%d\\n",n*n);}',
    "cpp": "#include <iostream>\nint main(){int n;std::cin>>n;std::cout<<n*n<<'\\n';}",
    "java": (
        "import java.util.*;\npublic class Main{public static void main(String[] a){"
        "int n=new Scanner(System.in).nextInt();System.out.println(n*n);}}"
    ),
    "javascript": 'const n = +require("fs").readFileSync(0, "utf8");\nconsole.log(n * n)',
}


@pytest.fixture(scope="module")
def sandbox(docker_image: str) -> Iterator[DockerSandbox]:
    """The sandbox, with images of answers and languages: minutes where they are not there yet."""
    done = subprocess.run(
        ["sh", BUILD],
        env={
            **os.environ,
            "BASE": "debootstrap",
            "IMAGES": "answers languages",
            "PYTHON": sys.executable,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = DockerSandbox(runtime="runc")
    yield made
    made.close()


def program(sandbox: DockerSandbox, language: str, source: str) -> Attempt:
    asked = Problem("squares", "program", "", {"tests": TESTS, "language": language})
    return verify(ProgramVerifier(), sandbox, asked, Solution("program", source))


@pytest.mark.parametrize("language", SQUARES)
def test_programs_are_compiled_and_run(sandbox: DockerSandbox, language: str) -> None:
    found = program(sandbox, language, SQUARES[language])

    assert (found.status, found.message) == (Status.PASSED, "")


@pytest.mark.parametrize("language", SQUARES)
def test_a_syntax_error_is_malformed(sandbox: DockerSandbox, language: str) -> None:
    found = program(sandbox, language, SQUARES[language].replace("(", "((", 1))

    assert (found.status, found.code) == (Status.MALFORMED, "compile_error")


def test_a_wrong_program_fails(sandbox: DockerSandbox) -> None:
    found = program(sandbox, "c", SQUARES["c"].replace("n*n", "n+n"))

    assert (found.status, found.code) == (Status.FAILED, "wrong_output")


def test_a_language_without_its_tools_is_refused(sandbox: DockerSandbox) -> None:
    with pytest.raises(JobError, match="there is no rustc"):
        program(sandbox, "rust", "fn main() {}")


@pytest.mark.parametrize(
    ("actual", "code"),
    [("2\\sqrt{2}", "same_symbolic"), ("\\sqrt{7}", "other_symbolic"), ("2\\sqrt{2", "unread")],
)
def test_answers_reach_their_third_stage(sandbox: DockerSandbox, actual: str, code: str) -> None:
    asked = Problem("root", "answer", "", {"answer": "\\sqrt{8}"})

    assert verify(AnswerVerifier(), sandbox, asked, Solution("answer", actual)).code == code
