"""Hosts that can do less than this one: each ability is taken away, and what is left must hold.

The kernel here still has them all: these tests show what Vervet does without, not what an older
or stricter kernel does.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.hostile.case import PROBE, attempt_at
from tests.sandbox.hostile.users import as_plain_user
from tests.sandbox.jobs import job, run
from tests.sandbox.lowered import (
    ALLOWED,
    HERE,
    REFUSED_BY_SECCOMP,
    REFUSED_WITHOUT_NAMESPACES,
    STILL_REFUSED,
    cases,
    lowered,
    wrong,
)
from vervet.core.errors import NoIsolationError
from vervet.core.status import Flag
from vervet.sandbox.abilities import Abilities
from vervet.sandbox.jail import JailSandbox


@pytest.mark.parametrize("abi", [0, 1, 3, 5, 6])
def test_an_older_landlock_leaves_a_jail_that_says_so(abi: int) -> None:
    with lowered(landlock=min(abi, HERE.landlock)) as sandbox:
        attempt = attempt_at(sandbox, PROBE)
        bad = wrong(sandbox, *REFUSED_BY_SECCOMP, "/proc of others", "inherited descriptors")

        assert sandbox.environment()["kind"] == "jail"
        assert sandbox.landlock == abi
        assert ("landlock" in attempt.layers) == (abi > 0)
        assert bad == {}


def test_without_control_groups_each_process_still_has_its_limits() -> None:
    with lowered(cgroups=False) as sandbox:
        attempt = attempt_at(sandbox, PROBE)

        assert "cgroup" not in attempt.layers
        assert sandbox.cgroup_problem
        assert wrong(sandbox, "memory bomb", "thread bomb", *ALLOWED) == {}


def test_without_a_filter_namespaces_stand_and_no_guest_is_kept() -> None:
    with lowered(seccomp=False) as sandbox:
        attempt = attempt_at(sandbox, PROBE)

        assert "seccomp" not in attempt.layers
        assert wrong(sandbox, *STILL_REFUSED) == {}
        first, second = (run(sandbox, job("import os\nprint(os.getpid())")) for _ in range(2))
        assert first.checks[0].stdout == second.checks[0].stdout


def test_a_machine_without_a_table_of_system_calls_has_no_filter() -> None:
    with lowered(machine="riscv64", seccomp=False) as sandbox:
        assert "seccomp" not in attempt_at(sandbox, PROBE).layers
        assert sandbox.environment()["kind"] == "jail"


def test_where_namespaces_are_forbidden_landlock_and_seccomp_stand_alone(tmp_path: Path) -> None:
    """As a plain user: an interpreter that root alone can reach is of no use without them."""
    done = as_plain_user("tests.sandbox.without_namespaces", tmp_path)

    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout)
    assert told["kind"] == "landlock"
    assert set(told["layers"]) == {"rlimits", "nonewprivs", "landlock", "seccomp"}
    assert "apparmor_restrict_unprivileged_userns" in told["weakness"]
    assert told["flags"] == []
    assert told["wrong"] == {}
    assert "may start processes" in told["processes"]
    assert told["host"] == []


@pytest.mark.parametrize(
    "abilities",
    [
        {"namespaces": False, "landlock": 2},
        {"namespaces": False, "landlock": 0},
        {"namespaces": False, "seccomp": False},
    ],
    ids=["Landlock too old", "no Landlock", "no filter"],
)
def test_with_less_than_that_nothing_runs(abilities: dict[str, Any]) -> None:
    with pytest.raises(NoIsolationError) as caught:
        JailSandbox(abilities=replace(HERE, **abilities))

    assert "apparmor_restrict_unprivileged_userns" in caught.value.hint


def test_isolation_given_up_by_name_marks_every_verdict() -> None:
    sandbox = JailSandbox(unsafe_no_isolation=True, abilities=Abilities(namespaces=False))
    attempt = attempt_at(sandbox, PROBE)
    sandbox.close()

    assert (attempt.layers, attempt.flags) == ((), frozenset({Flag.UNSAFE}))


def test_every_name_here_is_of_a_case() -> None:
    asked = (*ALLOWED, *STILL_REFUSED, *REFUSED_BY_SECCOMP, *REFUSED_WITHOUT_NAMESPACES)

    assert [name for name in asked if not cases(name)] == []
