"""Whose container it is, and when nobody will remove it."""

from __future__ import annotations

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from vervet.core.processes import identity
from vervet.sandbox.docker.labels import DEADLINE, RUN, WORKER, is_left_over, labels

ELSEWHERE = "another-host:0a1b2c3d.4026531836:17:12345"


def test_labels_name_worker_run_and_deadline() -> None:
    assert labels("w", "code-1", 12.9) == {
        "vervet.worker": "w",
        "vervet.run": "code-1",
        "vervet.deadline": "12",
    }


def test_a_run_that_is_not_known_has_no_label() -> None:
    assert RUN not in labels("w", "", 1.0)


@given(st.floats(0, 4e9), st.floats(0, 4e9))
def test_a_living_worker_keeps_its_containers_past_the_deadline(deadline: float, now: float):
    assert not is_left_over(labels(identity(), "", deadline), now)


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_what_another_host_made_is_left_to_it_until_the_deadline(deadline: int, now: int) -> None:
    assert is_left_over(labels(ELSEWHERE, "", deadline), now) == (now > deadline)


def test_a_dead_worker_leaves_its_containers_at_once() -> None:
    ask = "from vervet.core.processes import identity; print(identity())"
    worker = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert is_left_over(labels(worker.stdout.strip(), "", 4e9))


@given(st.dictionaries(st.sampled_from([WORKER, DEADLINE, RUN]), st.text()))
def test_garbled_labels_are_left_over(found: dict[str, str]) -> None:
    deadline = found.get(DEADLINE, "")
    kept = deadline.isdecimal() and int(deadline) >= 5
    assert is_left_over(found, 5.0) == (not kept)
