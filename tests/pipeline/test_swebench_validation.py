"""Validating instances: each once, kept by what it depends on, side by side, failures by name."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.pipeline.doubles import Answering, Broken
from vervet.core.errors import SandboxError
from vervet.core.values import Problem, Suite
from vervet.pipeline.swebench_validation import Validated, validate_suite, with_valid_only
from vervet.sandbox.job import Check, Job, Program, Report
from vervet.sandbox.protocol import Sandbox
from vervet.verification.patches.facts import FACTS, Facts
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.protocol import Step

FOUND = Facts(
    tests={"t.py": "eJwDAAAAAAE="},
    installed={"/usr/lib/x": ("added", "d")},
    gone=("old.py",),
    canary=True,
    gold_runs=3,
)
WRONG = replace(FOUND, problem="gold does not resolve it", code="gold")


def instance(name: str, **spec: Any) -> Problem:
    return Problem(name, "patch", f"# {name}", {"image": name, **spec}, references=("gold",))


SUITE = Suite("some", tuple(instance(name) for name in ("a", "b", "c", "d")))


@dataclass
class Scripted:
    """A verifier that finds what it is told to; `prepared` are the instances that it was asked."""

    facts: dict[str, Facts] = field(default_factory=dict)
    version: str = "1"
    prepared: list[str] = field(default_factory=list)

    def digest(self) -> str:
        return self.version

    def prepare(self, problem: Problem) -> Generator[Step, Report, Problem]:
        self.prepared.append(problem.id)
        report = yield Job(Program("python", (), ()), (Check("look"),)), lambda _: True
        if report.infra:
            raise SandboxError(f"instance {problem.id} could not be read: {report.infra}")
        if not problem.references:
            return problem
        facts = self.facts.get(problem.id, FOUND)
        return replace(problem, spec={**problem.spec, FACTS: facts.as_spec()})


def validate(
    folder: Path,
    verifier: Scripted,
    suite: Suite = SUITE,
    make_sandbox: Callable[[], Sandbox] = Answering,
    **how: Any,
) -> list[Validated]:
    return validate_suite(suite, cast(PatchVerifier, verifier), make_sandbox, folder, **how)


def test_what_was_found_is_kept_and_found_again_without_a_run(tmp_path: Path) -> None:
    verifier = Scripted({"b": WRONG})
    first = validate(tmp_path, verifier)
    again = validate(tmp_path, verifier)

    assert verifier.prepared == ["a", "b", "c", "d"]
    assert [one.fresh for one in first + again] == [True] * 4 + [False] * 4
    assert [(one.problem, one.facts) for one in again] == [(o.problem, o.facts) for o in first]
    assert [one.facts for one in again] == [FOUND, WRONG, FOUND, FOUND]
    assert [(one.valid, one.why) for one in again[:2]] == [(True, ""), (False, WRONG.problem)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda: {"verifier": Scripted(version="2")}, id="another verifier"),
        pytest.param(lambda: {"again": True}, id="asked for anew"),
        pytest.param(lambda: {"suite": other_spec()}, id="another spec"),
        pytest.param(lambda: {"suite": other_gold()}, id="another gold patch"),
        pytest.param(lambda: {"make_sandbox": Elsewhere}, id="another environment"),
    ],
)
def test_what_it_depends_on_makes_it_run_again(
    tmp_path: Path, change: Callable[[], dict[str, Any]]
) -> None:
    validate(tmp_path, Scripted())
    how = {"verifier": Scripted(), **change()}
    validate(tmp_path, **how)
    assert how["verifier"].prepared == ["a", "b", "c", "d"]


def other_spec() -> Suite:
    return replace(SUITE, problems=tuple(instance(p.id, version="2") for p in SUITE.problems))


def other_gold() -> Suite:
    return replace(
        SUITE, problems=tuple(replace(each, references=("another",)) for each in SUITE.problems)
    )


class Elsewhere(Answering):
    def environment(self) -> dict[str, str]:
        return {"kind": "elsewhere"}


def cut(path: Path) -> None:
    path.write_text(path.read_text()[:-9])


def of_another_version(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "more": 1}))


def of_other_types(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "installed": {"/x": 3}}))


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        of_another_version,
        of_other_types,
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_text("[1]"),
        lambda path: path.write_text("null"),
    ],
)
def test_a_damaged_file_is_found_again_and_mended(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    validate(tmp_path, Scripted())
    one = min(tmp_path.glob("*.json"))
    whole = one.read_text()
    damage(one)

    verifier = Scripted()
    found = validate(tmp_path, verifier)

    assert len(verifier.prepared) == 1
    assert all(each.valid for each in found)
    assert one.read_text() == whole


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    assert all(one.valid for one in validate(place / "prepared", Scripted()))


def test_as_many_instances_as_workers_are_validated_side_by_side(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=20)
    made: list[Sandbox] = []

    class Meeting(Answering):
        """Goes on only when two are here; its use by two at once would be seen."""

        def __init__(self) -> None:
            self.busy = threading.Lock()
            self.closed = False
            made.append(self)

        def run(self, *args: Any) -> Report:
            assert self.busy.acquire(blocking=False)
            try:
                meeting.wait()
                return super().run(*args)
            finally:
                self.busy.release()

        def close(self) -> None:
            self.closed = True

    said: list[str] = []
    found = validate(
        tmp_path,
        Scripted(),
        make_sandbox=Meeting,
        workers=2,
        say=lambda one: said.append(one.problem.id),
    )

    assert [one.problem.id for one in found] == ["a", "b", "c", "d"]
    assert sorted(said) == ["a", "b", "c", "d"]
    assert [cast(Meeting, each).closed for each in made] == [True, True]


def test_failures_are_named_and_nothing_is_kept_of_them(tmp_path: Path) -> None:
    verifier = Scripted()
    found = validate(tmp_path, verifier, make_sandbox=Broken)
    assert [(one.valid, one.facts) for one in found] == [(False, None)] * 4
    assert found[1].why == "instance b could not be read: the guest did not answer"
    assert list(tmp_path.iterdir()) == []

    assert all(one.valid for one in validate(tmp_path, verifier))


def test_an_instance_without_gold_cannot_judge(tmp_path: Path) -> None:
    bare = replace(SUITE.problems[0], references=())
    (found,) = validate(tmp_path, Scripted(), replace(SUITE, problems=(bare,)))
    assert (found.valid, found.why) == (False, "it has no gold patch")


def test_only_instances_that_can_judge_are_left(tmp_path: Path) -> None:
    found = validate(tmp_path, Scripted({"a": WRONG, "d": replace(FOUND, gold_runs=0)}))
    kept = with_valid_only(SUITE, found)
    assert [problem.id for problem in kept.problems] == ["b", "c"]
    assert all(problem.spec[FACTS] == FOUND.as_spec() for problem in kept.problems)


def test_what_breaks_a_worker_is_raised_and_every_sandbox_closed(tmp_path: Path) -> None:
    closed: list[bool] = []

    class Bursting(Answering):
        def run(self, *_: Any) -> Report:
            raise RuntimeError("a defect")

        def close(self) -> None:
            closed.append(True)

    with pytest.raises(RuntimeError, match="a defect"):
        validate(tmp_path, Scripted(), make_sandbox=Bursting, workers=3)
    assert closed == [True] * 3
