"""Forged passes through real containers: none comes out as a pass that nobody is told to doubt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.problems.swebench_shipped import HARD, candidates
from tests.services.forging import (
    DOCUMENT,
    VARIES,
    Forgery,
    document,
    forgeries,
    official_verdict,
)
from tests.services.patches import Instances, judged, patch_instances
from vervet.core.status import Flag, Status
from vervet.core.values import Attempt
from vervet.sandbox.protocol import Sandbox
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.registry import verify

__all__ = ["patch_instances"]

pytestmark = [
    pytest.mark.services,
    pytest.mark.swebench,
    pytest.mark.xdist_group("swebench-forging"),
]

FORGERIES = forgeries()
HONEST = [
    (instance, name)
    for instance in sorted({each.instance for each in FORGERIES})
    for name, (_, status) in candidates(instance).items()
    if status == "passed" and name not in HARD
]
VERIFIER = PatchVerifier()


@pytest.fixture(scope="module")
def beside() -> Iterator[ThreadPoolExecutor]:
    """Where the official evaluation runs, beside ours."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture(scope="module")
def table(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """A line of each forgery that was tried, printed at the end."""
    lines: list[str] = []
    yield lines
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\n" + "\n".join(lines))  # noqa: T201 - the table is what was asked for


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda each: each.id)
def test_a_forged_pass_is_none(
    docker_sandbox: Sandbox,
    patch_instances: Instances,
    beside: ThreadPoolExecutor,
    table: list[str],
    forgery: Forgery,
) -> None:
    problem = patch_instances.known(forgery.instance)
    asked = beside.submit(official_verdict, problem, forgery.patch)
    solution = VERIFIER.extract(problem, forgery.patch, cut=False)
    attempt = verify(VERIFIER, docker_sandbox, problem, solution)
    official = asked.result()
    table.append(f"{forgery.id:40} official: {official:13} ours: {_told(attempt)}")

    assert _told(attempt).split()[0] == forgery.verdict, attempt.message
    assert forgery.official in (official, VARIES)


@pytest.mark.parametrize(("instance", "name"), HONEST)
def test_an_honest_pass_is_one_without_a_flag(
    docker_sandbox: Sandbox, patch_instances: Instances, instance: str, name: str
) -> None:
    attempt = judged(docker_sandbox, patch_instances.known(instance), name)

    assert (attempt.status, attempt.flags, attempt.message) == (Status.PASSED, frozenset(), "")


def test_the_table_holds_no_pass_without_a_flag_and_is_large_enough() -> None:
    verdicts = Counter(each.verdict for each in FORGERIES)
    fooled = [each for each in FORGERIES if each.official == "resolved"]

    assert set(verdicts) <= {"rejected", "failed", "crashed", "malformed", "flagged"}
    assert len(FORGERIES) >= 80
    assert len(fooled) >= 40


def test_the_document_says_what_the_table_says() -> None:
    text = DOCUMENT.read_text()

    assert document(text) == text


def _told(attempt: Attempt) -> str:
    """The status, or "flagged" for a pass under suspicion, and the code."""
    flagged = attempt.status is Status.PASSED and Flag.FLAGGED in attempt.flags
    return f"{'flagged' if flagged else attempt.status.value} {attempt.code}".strip()
