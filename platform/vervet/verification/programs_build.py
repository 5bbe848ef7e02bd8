"""Owns how a solution becomes something to run: as it is, or compiled in a job of its own."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from functools import cache

from vervet.core.digests import digest_text
from vervet.core.errors import JobError
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.core.status import Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.sandbox.job import ArtifactSpec, Check, CheckReport, File, Job, Program, Report
from vervet.verification import judging
from vervet.verification.languages import PYTHON, Language
from vervet.verification.protocol import Step

__all__ = ["COMPILE_ERROR", "build", "inside"]

LAUNCH = "launch.py"
COMPILE_ERROR = "compile_error"
NO_TOOL = 125
"""Exit status of the launcher where the compiler is not there: nothing about the solution."""
MIB = 1 << 20
COMPILER = Limits(
    cpu_s=30.0,
    wall_s=90.0,
    memory=1024 * MIB,
    file_size=64 * MIB,
    processes=64,
    open_files=256,
)
"""What a compiler may use; the limits of the problem are the program's."""
MOST_PRODUCT = 32 * MIB


@cache
def _launch() -> bytes:
    return (sandboxes_dir() / "languages" / LAUNCH).read_bytes()


def inside() -> dict[str, str]:
    """What decides how programs are started inside, for a verifier's digest."""
    return {"launch": digest_text(_launch().decode())}


def build(
    language: Language, source: bytes, tests: int, *, processes_allowed: bool
) -> Generator[Step, Report, Program | Attempt]:
    """The program to run for each of `tests` tests, or the attempt of one that is none.

    Python is run as it is. Other languages are started by a launcher, which needs processes.
    Raises `JobError` where the profile lacks the language's tools.
    """
    laid = File(language.source, source)
    if language == PYTHON:
        return Program(
            language.profile, (laid,), (language.source,), processes_allowed=processes_allowed
        )
    launcher = File(LAUNCH, _launch())
    compiler = Program(
        language.profile,
        (launcher, laid),
        (LAUNCH, "compile", language.product, *language.compile),
        processes_allowed=True,
    )
    product = ArtifactSpec(language.product, language.product, MOST_PRODUCT)
    job = Job(compiler, (Check("compile"),), COMPILER, artifacts=(product,))
    report = yield job, lambda _: True
    if report.infra:
        return judging.infra_attempt(report, tests)
    made = report.artifacts.get(language.product)
    check = report.checks[0]
    if check.exit_code == NO_TOOL:
        raise JobError(
            f"the image of the profile {language.profile} cannot run {language.name}: "
            f"{judging.last_line(check.stderr)}",
            hint="Build it with the tools of that language: see sandboxes/languages/Dockerfile.",
        )
    if made is None or judging.ending(check) is not None:
        return _not_built(check, report, tests)
    return replace(
        compiler,
        files=(launcher, File(language.product, made)),
        argv=(LAUNCH, "run", language.product, *language.run),
    )


def _not_built(check: CheckReport, report: Report, tests: int) -> Attempt:
    """A limit of the compiler's is a time-out or the like; anything else is no program."""
    end = judging.ending(check) if check.limit is not None else None
    status, code = end or (Status.MALFORMED, COMPILE_ERROR)
    words = judging.limit_words(check) or _first_error(check.stderr)
    evidence = CheckEvidence(
        0, "compile", Outcome.NOT_RUN, words, actual=judging.capped(check.stderr)
    )
    return Attempt(
        status,
        code=code,
        flags=judging.flags_of(report, COMPILER),
        outcomes=(Outcome.NOT_RUN,) * tests,
        evidence=(evidence,),
        usage=report.usage,
        message=f"compile: {words}",
        layers=report.layers,
    )


def _first_error(stderr: bytes) -> str:
    lines = stderr[: judging.EVIDENCE_CAP].decode("utf-8", "replace").splitlines()
    return next((line for line in lines if "error" in line), lines[0] if lines else "no words")[
        :300
    ]
