"""Owns the validation of an instance: no patch must fail where gold must resolve, each time alike.

What is seen on the way becomes part of the problem: the tests byte for byte, what installing
changes, and which canaries, twins and mutants behave here. Run before any candidate.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace

from vervet.core.errors import SandboxError
from vervet.core.limits import Limits
from vervet.core.values import Problem
from vervet.sandbox.job import ArtifactSpec, Change, Check, CheckReport, File, Job, Program, Report
from vervet.verification.patches.facts import FLAKY, Facts, facts_of, pack
from vervet.verification.patches.foreign import INERT, SITE, SWEPT
from vervet.verification.patches.outcome import tests_of
from vervet.verification.patches.script import REPOSITORY
from vervet.verification.patches.text import FileKind, Patch, Unusable, read_patch
from vervet.verification.patches.touched import changed_by, touched, trusted_of
from vervet.verification.patches.trial import PASSING, Trial, with_facts
from vervet.verification.protocol import Step

__all__ = ["validate"]

TEST_PATCH = "/vervet/test.patch"
LARGEST = 8 << 20
MAJORITY_OF = 11
"""Runs of gold where one of the first does not resolve: a flaky instance, or none at all."""
_NAMES = (
    "conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "pyproject.toml",
    "nose.cfg", ".coveragerc", "sitecustomize.py", "usercustomize.py", "*.pth", "runtests.py",
)  # fmt: skip
FIND = "find . -path ./.git -prune -o -type f \\( {} \\) -print0".format(
    " -o ".join(f"-name '{name}'" for name in _NAMES)
)
"""Lists what configures tests, before any patch is there."""
MOST_FILES = 2000
NETWORK = (
    b"Could not resolve host", b"Temporary failure in name resolution", b"NewConnectionError",
    b"Network is unreachable", b"Name or service not known",
)  # fmt: skip
"""Read in the log of gold alone, which is nobody's candidate."""

Validating = Generator[Step, Report, Problem]


def validate(problem: Problem, limits: Limits, gold_runs: int) -> Validating:
    """The problem with its facts; as it is where it has them, or no gold patch.

    Raises `SandboxError` where the sandbox fails.
    """
    if facts_of(problem) is not None or not problem.references:
        return problem
    gold = read_patch(problem.references[0])
    if isinstance(gold, Unusable):
        return with_facts(problem, Facts(problem=f"gold is unusable: {gold.words}", code="gold"))
    found = yield from _files(problem, limits, gold)
    if found.problem:
        return with_facts(problem, found)
    none = yield from _tried(problem, None, found, limits)
    golds: list[Trial] = []
    while len(golds) < (MAJORITY_OF if any(map(_unresolved, golds)) else gold_runs):
        golds.append((yield from _tried(problem, gold, found, limits)))
        if golds[-1].applied_by is None:
            break
    return with_facts(problem, _conclude(found, none, golds))


def _files(problem: Problem, limits: Limits, gold: Patch) -> Generator[Step, Report, Facts]:
    """Tests as the test patch leaves them, and files that configure tests, as they are."""
    tests = read_patch(problem.spec["test_patch"])
    if isinstance(tests, Unusable):
        return Facts(problem=f"its test patch is unusable: {tests.words}", code="test_patch")
    reading = _Reading(tests)
    job = Job(
        Program(f"image:{problem.spec['image']}", (), ()),
        (Check("find", argv=("/bin/bash", "-c", FIND), folder=REPOSITORY),),
        limits,
        more=reading.more,
    )
    report = yield job, reading.on_check
    if report.infra:
        raise SandboxError(f"instance {problem.id} could not be read: {report.infra}")
    if reading.applied is None or reading.applied.exit_code != 0:
        return Facts(problem="its test patch does not apply to the base commit", code="test_patch")
    gone = tuple(file.path for file in tests.files if file.kind is FileKind.DELETED)
    return Facts(
        tests={
            path: pack(data)
            for path, data in reading.applied.files.items()
            if path in {file.path for file in tests.files}
        },
        gone=gone,
        configuration={path: pack(data) for path, data in (reading.configuration or {}).items()},
        gold_touches={
            touch.path: touch.kind.value
            for touch in touched(changed_by(gold), trusted_of(problem.spec))
        },
    )


@dataclass(slots=True)
class _Reading:
    """The steps that read an instance before anything of a candidate is there."""

    tests: Patch
    found: tuple[str, ...] | None = None
    configuration: dict[str, bytes] | None = None
    applied: CheckReport | None = None

    def on_check(self, report: CheckReport) -> bool:
        if report.name == "find":
            names = report.stdout.decode("utf-8", "replace").split("\0")
            self.found = tuple(n.removeprefix("./") for n in names if n)[:MOST_FILES]
        elif report.name == "configuration":
            self.configuration = dict(report.files)
        else:
            self.applied = report
        return report.limit is None

    def more(self, _reports: Sequence[CheckReport]) -> Check | None:
        if self.configuration is None:
            return Check("configuration", fetch=_specs(self.found or ()))
        if self.applied is not None:
            return None
        return Check(
            "tests",
            argv=("git", "apply", "--verbose", TEST_PATCH),
            files=(File(TEST_PATCH, self.tests.text.encode()),),
            folder=REPOSITORY,
            fetch=_specs(
                file.path for file in self.tests.files if file.kind is not FileKind.DELETED
            ),
        )


def _specs(paths: Iterable[str]) -> tuple[ArtifactSpec, ...]:
    return tuple(ArtifactSpec(path, f"{REPOSITORY}/{path}", LARGEST) for path in paths)


def _tried(
    problem: Problem, patch: Patch | None, facts: Facts, limits: Limits
) -> Generator[Step, Report, Trial]:
    trial = Trial(problem, patch, facts, limits, problem.spec["image"], doubting=True)
    report = yield trial.job, trial.on_check
    if report.infra:
        raise SandboxError(f"instance {problem.id} could not be validated: {report.infra}")
    return trial


def _conclude(found: Facts, none: Trial, golds: Sequence[Trial]) -> Facts:
    """The facts, with what is wrong with the instance, or how it behaves."""
    wrong, code = _wrong(none, golds)
    every = [none, *golds]
    return replace(
        found,
        installed=_installed(golds),
        built=_built(golds),
        packages=_packages(golds),
        canary=all(trial.canary_held is True for trial in every),
        twins=all(trial.twins_agree is True for trial in every),
        mutants=all(trial.mutants_fail is True for trial in every),
        xfailed=tuple(sorted({name for gold in golds for name in gold.xfailed})),
        altered=tuple(sorted(frozenset[str].intersection(*(gold.altered for gold in golds)))),
        written=tuple(sorted({path for trial in every for path in trial.written})),
        twin_exit=_twin_exit(golds),
        gold_runs=len(golds),
        problem=wrong,
        code=code,
    )


def _wrong(none: Trial, golds: Sequence[Trial]) -> tuple[str, str]:
    """Why the instance cannot judge, and a code; empty if it can."""
    wanted = none.problem.spec["FAIL_TO_PASS"]
    missed = [gold for gold in golds if _unresolved(gold)]
    if any(gold.applied_by is None for gold in golds):
        return "gold does not apply", "gold"
    if 2 * len(missed) >= len(golds):
        if any(word in gold.log for gold in missed for word in NETWORK):
            return "its tests need the network, which no candidate has", "needs_network"
        return f"gold does not resolve it in {len(missed)} of {len(golds)} runs", "gold"
    if none.graded is None:
        return "its tests do not come to an end without a patch", "no_patch"
    passing = [name for name in wanted if none.graded.statuses.get(name) in PASSING]
    if passing:
        return f"passes without any patch: {', '.join(passing[:5])}", "no_patch"
    names = tests_of(none.problem)
    maps = [[g.graded.statuses.get(name) for name in names] for g in golds if g.graded]
    return "", FLAKY if any(one != maps[0] for one in maps) else ""


def _unresolved(gold: Trial) -> bool:
    return gold.graded is None or not gold.graded.resolved


def _twin_exit(golds: Sequence[Trial]) -> int | None:
    """The exit code of the twins where it is the same each time."""
    codes = {gold.reports["twins"].exit_code for gold in golds if "twins" in gold.reports}
    return codes.pop() if len(codes) == 1 else None


def _installed(golds: Sequence[Trial]) -> dict[str, tuple[str, str]]:
    """Paths outside of the repository that installing gold changes, with a digest that holds.

    What is taken away and made anew is "added+deleted".
    """
    kinds: dict[str, set[str]] = {}
    digests: dict[str, set[str]] = {}
    for gold in golds:
        for change in _outside(gold):
            kinds.setdefault(change.path, set()).add(change.kind)
            if change.kind != "deleted":
                digests.setdefault(change.path, set()).add(change.digest)
    found: dict[str, tuple[str, str]] = {}
    for path, some in kinds.items():
        seen = digests.get(path, {""})
        steady = next(iter(seen)) if len(seen) == 1 and "unread" not in seen else ""
        found[path] = ("+".join(sorted(some)), steady)
    return found


def _built(golds: Sequence[Trial]) -> dict[str, str]:
    """Files in the repository that installing makes and no patch names, with their digest."""
    found: dict[str, str] = {}
    for gold in golds:
        named = set(gold.patch.paths) if gold.patch else set()
        changes = gold.reports["install"].changes if "install" in gold.reports else ()
        for change in changes:
            path = change.path.removeprefix(f"{REPOSITORY}/")
            if path != change.path and path not in named and not path.startswith(".git/"):
                same = found.get(path, change.digest) == change.digest
                found[path] = change.digest if same else ""
    return found


def _packages(golds: Sequence[Trial]) -> tuple[str, ...]:
    """Top-level packages that are installed as copies of the repository's own."""
    found: set[str] = set()
    for gold in golds:
        for change in _outside(gold):
            for site in SITE:
                _, at, inner = change.path.partition(site)
                top = inner.partition("/")[0]
                own = inner.endswith(".py") and not top.startswith(("__editable__", "_"))
                if at and own and change.path.rpartition("/")[2] not in INERT:
                    found.add(top.removesuffix(".py"))
    return tuple(sorted(found))


def _outside(trial: Trial) -> list[Change]:
    changes = trial.reports["install"].changes if "install" in trial.reports else ()
    return [
        change
        for change in changes
        if change.path != REPOSITORY
        and not change.path.startswith((f"{REPOSITORY}/", *SWEPT))
        and change.path != "/"
    ]
