"""Patches through real containers, the official scripts and the real grader."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import docker.errors
import pytest
from sqlalchemy import text

from tests.problems.swebench_shipped import candidates
from tests.sandbox.docker.containers import containers_of, fresh_sandbox
from tests.services.patches import (
    GRAPHLET,
    LEDGER,
    SPANS,
    Instances,
    judged,
    patch_instances,
    with_spec,
)
from tests.services.test_steps_ends import gate
from vervet.core.errors import SandboxError
from vervet.core.processes import identity
from vervet.core.sampling import GeneratorInfo
from vervet.core.status import Flag, Outcome, Status
from vervet.core.values import Candidate, Problem, Suite
from vervet.dispatch.inline import InlineDispatcher
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.session import open_session
from vervet.pipeline.verify_batch import Workplace
from vervet.report.swebench_results import evaluated_patches, regraded
from vervet.sandbox.docker.backend import DockerSandbox
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.reaper import reap
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.verification.patches import outcome
from vervet.verification.patches.facts import Facts, facts_of
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.registry import drive, verifier_for

__all__ = ["patch_instances"]

pytestmark = [
    pytest.mark.services,
    pytest.mark.swebench,
    pytest.mark.xdist_group("swebench-images"),
]

CODES = {
    "gold": "",
    "equivalent": "",
    "equivalent-2": "",
    "partial": "partial",
    "wrong": "unresolved",
    "regression": "regression",
    "breaks-setup": "partial",
    "uncollectable": "not_collected",
    "unappliable": "does_not_apply",
    "empty": "empty_patch",
    "hanging": "tests_time",
    "memory-eating": "tests_memory",
}
"""Of `verification/patches/outcome.py`, by what the candidate was written to do."""
OTHERWISE = {(SPANS, "wrong"): "partial"}
"""One of its four tests passes."""
LIMITS: dict[str, dict[str, float]] = {
    "hanging": {"cpu_s": 4.0},
    "memory-eating": {"memory": 256 << 20},
}
"""Small ones, so that meeting them takes seconds; installing needs 1.5 s and 80 MiB."""
OUTCOMES = """
SELECT c.ordinal AS candidate, o.check_ordinal, o.outcome
FROM v_check_outcomes AS o
JOIN attempts AS a ON a.id = o.attempt_id
JOIN candidates AS c ON c.solution_id = a.solution_id
"""
EVERY = [(each, name) for each in (LEDGER, SPANS, GRAPHLET) for name in candidates(each)]


@pytest.mark.parametrize(("instance", "name"), EVERY)
def test_a_candidate_ends_as_it_was_written_to(
    docker_sandbox: Sandbox, patch_instances: Instances, instance: str, name: str
) -> None:
    known = with_spec(patch_instances.known(instance), limits=LIMITS.get(name, {}))
    attempt = judged(docker_sandbox, known, name)

    expected = candidates(instance)[name][1], OTHERWISE.get((instance, name), CODES[name])
    assert (attempt.status.value, attempt.code) == expected, attempt.message
    assert Flag.FLAGGED not in attempt.flags


def test_a_step_ends_at_its_deadline(docker_sandbox: Sandbox, patch_instances: Instances) -> None:
    known = with_spec(patch_instances.known(SPANS), limits={"wall_s": 15.0})
    attempt = judged(docker_sandbox, known, "hanging")
    assert attempt.status is Status.TIMED_OUT
    assert attempt.code in {"tests_time", "install_time"}  # the second on a busy host


@pytest.mark.parametrize("instance", [LEDGER, SPANS, GRAPHLET])
def test_every_double_behaves_on_the_shipped_instances(
    patch_instances: Instances, instance: str
) -> None:
    facts = facts_of(patch_instances.known(instance))
    assert facts is not None
    assert facts.valid
    assert (facts.canary, facts.twins, facts.mutants) == (True, True, True)


def _facts(problem: Problem, sandbox: Sandbox) -> Facts:
    facts = facts_of(drive(PatchVerifier(gold_runs=1).prepare(problem), sandbox))
    assert facts is not None
    return facts


def _wrong_gold(problem: Problem) -> Problem:
    return replace(problem, references=(candidates(problem.id)["wrong"][0],))


def _passing_before(problem: Problem) -> Problem:
    return with_spec(problem, FAIL_TO_PASS=["tests/test_money.py::test_equal_shares"])


def _calling_home(problem: Problem) -> Problem:
    """Its tests ask for a page; the command runs them too."""
    test = [
        "import urllib.request",
        "",
        "",
        "def test_home():",
        '    assert urllib.request.urlopen("http://example.org", timeout=5).status == 200',
    ]
    patch = (
        "diff --git a/tests/test_home.py b/tests/test_home.py\nnew file mode 100644\n"
        f"--- /dev/null\n+++ b/tests/test_home.py\n@@ -0,0 +1,{len(test)} @@\n"
    )
    patch += "".join(f"+{line}\n" for line in test)
    command = "pytest -rA tests/test_money.py"
    script = problem.spec["eval_script"].replace(command, f"{command} tests/test_home.py")
    return with_spec(
        problem,
        FAIL_TO_PASS=["tests/test_home.py::test_home"],
        PASS_TO_PASS=[],
        eval_script=script,
        test_patch=patch + problem.spec["test_patch"],
    )


BROKEN: dict[str, Callable[[Problem], Problem]] = {
    "gold": _wrong_gold,
    "no_patch": _passing_before,
    "needs_network": _calling_home,
}


@pytest.mark.parametrize("code", BROKEN)
def test_an_instance_that_cannot_judge_judges_nothing(
    docker_sandbox: Sandbox, patch_instances: Instances, code: str
) -> None:
    problem = BROKEN[code](patch_instances.bare(LEDGER))
    facts = _facts(problem, docker_sandbox)
    assert (facts.valid, facts.code) == (False, code), facts.problem

    attempt = judged(docker_sandbox, with_spec(problem, facts=facts.as_spec()), "partial")
    assert (attempt.status, attempt.code) == (Status.INFRA_ERROR, code)
    assert set(attempt.outcomes) == {Outcome.NOT_RUN}


def test_a_missing_image_is_no_verdict(docker_sandbox: Sandbox, patch_instances: Instances) -> None:
    missing = "vervet/sweb.eval.x86_64.not-built"
    known = with_spec(patch_instances.known(LEDGER), image=missing)
    attempt = judged(docker_sandbox, known, "wrong")
    assert attempt.status is Status.INFRA_ERROR
    assert missing in attempt.message
    with pytest.raises(SandboxError, match="could not be read"):
        _facts(with_spec(patch_instances.bare(LEDGER), image=missing), docker_sandbox)


@dataclass
class Disturbed:
    """A sandbox to which something happens a second after the install step has ended."""

    inner: DockerSandbox
    happens: Callable[[], None]

    def run(self, job: Job, on_check: OnCheck) -> Report:
        def then(report: CheckReport) -> bool:
            if report.name == "install":
                threading.Timer(1, self.happens).start()
            return on_check(report)

        return self.inner.run(job, then)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


def _busiest(engine: Engine) -> str:
    """The container of this process in which steps run, not one that waits."""

    def processes(container: str) -> int:
        try:
            return len(engine.client.api.top(container)["Processes"])
        except docker.errors.APIError:  # it is being removed
            return 0

    return max(containers_of(engine), key=processes)


def test_a_container_killed_from_outside_is_no_verdict(
    docker_engine: Engine, docker_image: str, patch_instances: Instances
) -> None:
    known = with_spec(patch_instances.known(GRAPHLET), limits={"cpu_s": 60.0})
    with fresh_sandbox(runtime="runc") as sandbox:
        kill = lambda: docker_engine.client.api.kill(_busiest(docker_engine))  # noqa: E731
        attempt = judged(Disturbed(sandbox, kill), known, "hanging")
    assert attempt.status is Status.INFRA_ERROR
    assert "the container ended" in attempt.message


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the SDK's sockets
def test_an_engine_that_goes_away_in_the_tests_is_no_verdict(
    docker_engine: Engine,
    docker_image: str,
    patch_instances: Instances,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = with_spec(patch_instances.known(GRAPHLET), limits={"cpu_s": 6.0})
    place = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
    with gate(place) as way, fresh_sandbox(runtime="runc") as sandbox:
        attempt = judged(Disturbed(sandbox, way.close), known, "hanging")
        place.unlink()
        with gate(place):  # it is back
            again = judged(sandbox, known, "wrong")
            sandbox.close()
    reap(docker_engine.client, lambda found: found.get("vervet.worker") == identity())
    assert attempt.status is Status.INFRA_ERROR
    assert "does not answer" in attempt.message
    assert (again.status, again.code) == (Status.FAILED, "unresolved")


def test_logs_and_outcomes_are_kept_and_can_be_graded_again(
    docker_sandbox: DockerSandbox, patch_instances: Instances, tmp_path: Path
) -> None:
    names = ("gold", "wrong", "partial", "regression", "unappliable")
    known = patch_instances.known(LEDGER)
    database = Database.open(tmp_path / "vervet.db")
    session = open_session(
        database,
        Suite("ledger", (known,)),
        RunConfig(n=len(names), state_dir=str(tmp_path), sandbox="docker"),
        model=GeneratorInfo("recorded", "nobody"),
        sandbox=docker_sandbox,
    )
    place = Workplace(database, docker_sandbox, DockerSandbox, verifier_for, "test")
    Recorder(database, session.run, 8, InlineDispatcher(place)).record(
        [
            Candidate(known.id, at, patch, verifier_for("patch").extract(known, patch, cut=False))
            for at, patch in enumerate(candidates(LEDGER)[name][0] for name in names)
        ]
    )
    with database.read() as conn:
        patches = evaluated_patches(conn, session.run, session.suite, {})
        kept = conn.execute(text(OUTCOMES)).all()
    database.close()

    assert [each.code for each in patches] == [CODES[name] for name in names]
    assert [each.changed for each in regraded(patches)] == [False] * len(names)
    assert [b">>>>> End Test Output" in (each.log or b"") for each in patches] == [True] * 4 + [
        False
    ]
    tests = outcome.tests_of(known)
    for at, each in enumerate(patches[:4]):
        assert each.lists is not None
        passing = {*each.lists.f2p_success, *each.lists.p2p_success}
        told = {row.check_ordinal: row.outcome for row in kept if row.candidate == at}
        assert told == {
            ordinal: "passed" if name in passing else "failed" for ordinal, name in enumerate(tests)
        }
