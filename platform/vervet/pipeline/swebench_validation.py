"""Validating instances before anything is judged on them: each once, side by side, kept by digest.

What is kept in the state folder can be lost: it is found again by running gold and no patch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path

from vervet.core.digests import digest_json
from vervet.core.errors import SandboxError
from vervet.core.values import Problem, Suite
from vervet.pipeline.prepared import keep
from vervet.sandbox.protocol import Sandbox
from vervet.verification.patches.facts import FACTS, Facts, facts_of
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.registry import drive

__all__ = ["Validated", "kept", "validate_suite", "with_valid_only"]

Say = Callable[["Validated"], None]


@dataclass(frozen=True, slots=True)
class Validated:
    """An instance with its facts; `failed` says why none could be had. `fresh` if it ran now."""

    problem: Problem
    facts: Facts | None
    failed: str = ""
    fresh: bool = True

    @property
    def valid(self) -> bool:
        """Whether verdicts on it say something."""
        return self.facts is not None and self.facts.valid

    @property
    def why(self) -> str:
        """Why it is not valid, for people."""
        return self.failed or (self.facts.problem if self.facts else "it was not validated")


def validate_suite(
    suite: Suite,
    verifier: PatchVerifier,
    make_sandbox: Callable[[], Sandbox],
    folder: Path,
    *,
    workers: int = 1,
    again: bool = False,
    say: Say = lambda _: None,
) -> list[Validated]:
    """Every instance with its facts, in the suite's order; `say` is told of each as it is known.

    `folder` keeps them by what they depend on; with `again` they are found anew. `make_sandbox` is
    called once a worker. A sandbox that fails leaves its instance without facts.
    """
    found: dict[str, Validated] = {}
    waiting: list[Problem] = []
    sandboxes = [make_sandbox() for _ in range(max(1, workers))]
    try:
        environment = sandboxes[0].environment()
        for problem in suite.problems:
            path = _path(folder, problem, verifier, environment)
            known = None if again else kept(path, problem)
            if known is None:
                waiting.append(problem)
            else:
                found[problem.id] = known
                say(known)
        for one in _run(waiting, verifier, sandboxes):
            found[one.problem.id] = one
            if one.facts is not None:
                keep(_path(folder, _bare(one.problem), verifier, environment), one.facts.as_spec())
            say(one)
    finally:
        for sandbox in sandboxes:
            sandbox.close()
    return [found[problem.id] for problem in suite.problems]


def with_valid_only(suite: Suite, validated: Sequence[Validated]) -> Suite:
    """The suite of the instances that can judge."""
    return replace(suite, problems=tuple(one.problem for one in validated if one.valid))


def kept(path: Path, problem: Problem) -> Validated | None:
    """What is kept of an instance; None where nothing is, or nothing that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        known = replace(problem, spec={**problem.spec, FACTS: found})
        facts = facts_of(known)
        return Validated(known, facts, fresh=False) if facts else None
    except Exception:  # noqa: BLE001  # damaged in whatever way: it is found again
        return None


def _run(
    problems: Sequence[Problem], verifier: PatchVerifier, sandboxes: Sequence[Sandbox]
) -> Iterator[Validated]:
    """Validate side by side, one instance a sandbox at a time; in the order in which they end."""
    free = list(sandboxes)
    rest = list(reversed(problems))
    busy: dict[Future[Validated], Sandbox] = {}
    with ThreadPoolExecutor(len(sandboxes)) as pool:
        try:
            while rest or busy:
                while rest and free:
                    sandbox = free.pop()
                    busy[pool.submit(_validated, rest.pop(), verifier, sandbox)] = sandbox
                done, _ = wait(busy, return_when=FIRST_COMPLETED)
                for future in done:
                    free.append(busy.pop(future))
                    yield future.result()
        except BaseException:
            rest.clear()
            raise


def _validated(problem: Problem, verifier: PatchVerifier, sandbox: Sandbox) -> Validated:
    try:
        known = drive(verifier.prepare(problem), sandbox)
    except SandboxError as error:
        return Validated(problem, None, failed=error.message)
    facts = facts_of(known)
    failed = "" if facts else "it has no gold patch"
    return Validated(known, facts, failed=failed)


def _bare(problem: Problem) -> Problem:
    return replace(problem, spec={key: v for key, v in problem.spec.items() if key != FACTS})


def _path(
    folder: Path, problem: Problem, verifier: PatchVerifier, environment: dict[str, str]
) -> Path:
    key = digest_json(
        {
            "problem": problem.digest,
            "references": problem.references,
            "verifier": verifier.digest(),
            "environment": environment,
        }
    )
    return folder / f"{key}.json"
