"""Conditions brought about in the real jail: each changes what it names, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.hostile.users import as_plain_user
from tests.sandbox.jobs import job, run
from vervet.core.conditions import Condition
from vervet.core.errors import JobError, NoIsolationError, UnknownNameError
from vervet.core.limits import Limits
from vervet.core.status import Flag, Status
from vervet.core.values import Problem, Solution
from vervet.sandbox.guest import Guest
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import LimitHit
from vervet.sandbox.perturbed import factors_of, perturbed
from vervet.sandbox.protocol import Sandbox
from vervet.verification.programs import ProgramVerifier
from vervet.verification.registry import verify

HASH = "print(hash('vervet'))"
ENVIRON = "import os, sys\nprint(sorted(os.environ), sys.flags.hash_randomization)"
ZONE = "import datetime as d, time\nprint(d.datetime.fromtimestamp(0).isoformat(), time.timezone)"
UTC, IN_ZONE = b"1970-01-01T00:00:00 0\n", b"1970-01-01T14:00:00 -50400\n"
HALF_A_SECOND = "import time\nwhile time.process_time() < 0.5: pass\nprint('done')"


@contextmanager
def under(condition: Condition, name: str = "jail") -> Iterator[Sandbox]:
    with perturbed(condition, name) as make:
        sandbox = make()
        try:
            yield sandbox
        finally:
            sandbox.close()


def said(condition: Condition, source: str) -> bytes:
    with under(condition) as sandbox:
        return output(sandbox, source)


def output(sandbox: Sandbox, source: str) -> bytes:
    report = run(sandbox, job(source))
    assert (report.infra, report.checks[0].stderr) == ("", b"")
    return report.checks[0].stdout


def test_hashes_differ_between_seeds_and_repeat_within_one() -> None:
    first, second = Condition(hashseed=1), Condition(hashseed=2)
    assert said(first, HASH) == said(first, HASH) != said(second, HASH)


def test_the_usual_hash_seed_is_zero(jail: JailSandbox) -> None:
    assert output(jail, HASH) == said(Condition(hashseed=0), HASH)


def test_a_program_does_not_see_its_hash_seed_in_the_environment() -> None:
    assert said(Condition(hashseed=1), ENVIRON).startswith(b"[] ")


def test_without_namespaces_hashes_are_those_of_the_jail(tmp_path: Path) -> None:
    done = as_plain_user("tests.sandbox.seeded", tmp_path)
    expected = [said(Condition(hashseed=seed), HASH).decode().strip() for seed in (0, 1)]
    assert done.stdout.split() == expected


def test_local_time_is_that_of_the_zone() -> None:
    assert said(Condition(tz="UTC-14"), ZONE) == IN_ZONE


def test_a_guest_that_is_kept_goes_back_to_the_usual_zone(jail: JailSandbox) -> None:
    there = job(ZONE)
    there = replace(there, program=replace(there.program, env=(("TZ", "UTC-14"),)))
    found = [run(jail, each).checks[0].stdout for each in (there, job(ZONE), there, job(ZONE))]
    assert found == [IN_ZONE, UTC, IN_ZONE, UTC]


def test_a_peer_is_in_the_zone_too() -> None:
    asked = job("import os\nos.write(1, os.read(3, 100))")
    peer = job(
        f"import os\n{ZONE.replace('print(', 'words = (')}\nos.write(4, repr(words).encode())"
    )
    with under(Condition(tz="UTC-14")) as sandbox:
        report = run(sandbox, replace(asked, peer=peer.program))
    assert report.checks[0].stdout == b"('1970-01-01T14:00:00', -50400)"


@pytest.mark.parametrize(("condition", "guests"), [(Condition(), 1), (Condition(fresh=True), 4)])
def test_how_many_guests_serve_the_makers_probe_and_three_jobs_of_two_checks(
    started: list[Guest], condition: Condition, guests: int
) -> None:
    with under(condition) as sandbox:
        for _ in range(3):
            run(sandbox, job("print(1)", b"", b""))
    assert len(started) == guests


def test_time_limits_are_multiplied_and_others_are_not(jail: JailSandbox) -> None:
    asked = job(HALF_A_SECOND, cpu_s=0.2)
    assert run(jail, asked).checks[0].limit is LimitHit.CPU
    with under(Condition(limits=5)) as sandbox:
        assert run(sandbox, asked).checks[0].stdout == b"done\n"
        slow = run(sandbox, job("import time\ntime.sleep(0.8)\nprint(1)", wall_s=0.3))
        large = run(sandbox, job("x = bytearray(200 << 20)", memory=100 << 20))
    assert slow.checks[0].limit is None
    assert large.checks[0].limit is LimitHit.MEMORY


def test_a_factor_below_one_tightens_them() -> None:
    with under(Condition(limits=0.1)) as sandbox:
        assert run(sandbox, job(HALF_A_SECOND, cpu_s=2.0)).checks[0].limit is LimitHit.CPU


def test_a_pass_with_wider_limits_still_depends_on_speed() -> None:
    tests = [{"input": "", "output": "done\n"}]
    problem = Problem("slow", "program", "", {"tests": tests, "limits": {"cpu_s": 0.3}})
    with under(Condition(limits=5)) as sandbox:
        solution = Solution("program", HALF_A_SECOND)
        attempt = verify(ProgramVerifier(Limits()), sandbox, problem, solution)
    assert attempt.status is Status.PASSED
    assert Flag.SPEED_DEPENDENT in attempt.flags


def test_what_decides_outcomes_is_told_as_without_a_condition(jail: JailSandbox) -> None:
    with under(Condition(hashseed=1, fresh=True, tz="UTC-14")) as sandbox:
        assert sandbox.environment() == jail.environment()
        assert sandbox.layers() == jail.layers()


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("reference", Condition(hashseed=1)),
        ("reference", Condition(fresh=True)),
        ("docker", Condition(load=1)),
    ],
)
def test_what_a_kind_of_sandbox_cannot_do_is_refused_when_a_job_comes(
    name: str, condition: Condition
) -> None:
    with under(condition, name) as sandbox, pytest.raises(JobError, match=f"sandbox {name}"):
        run(sandbox, job(""))


def test_a_sandbox_that_cannot_be_made_says_why_when_a_job_comes() -> None:
    with perturbed(Condition(tz="UTC-14"), "reference", unsafe_no_isolation=True) as make:
        sandbox = make()
        with pytest.raises(NoIsolationError, match="never runs without isolation"):
            run(sandbox, job(""))


def test_an_unknown_sandbox_is_an_error_at_once() -> None:
    with pytest.raises(UnknownNameError), under(Condition(load=1), "jial"):
        pass


@pytest.mark.parametrize(("name", "missing"), [("jail", set()), ("docker", {"load"})])
def test_which_factors_a_sandbox_can_vary(name: str, missing: set[str]) -> None:
    every = {"hashseed", "order", "tz", "load", "fresh", "limits"}
    assert set(factors_of(name)) == every - missing
