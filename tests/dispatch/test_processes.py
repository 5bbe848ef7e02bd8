"""Whom an identity names, and who dies with whom."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.dispatch.world import wait_for
from vervet.core.processes import identity, is_gone, is_here

CHILD = """
import os, subprocess, sys, time
from vervet.dispatch.processes import die_with_parent, watch_parent
{0}(os.getppid())
print("ready", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_this_process_lives() -> None:
    assert not is_gone(identity())


def test_a_process_that_ended_is_gone_and_its_zombie_is_too() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    name = identity(process.pid)
    assert not is_gone(name)
    process.kill()
    wait_for(lambda: is_gone(name))  # not reaped yet
    process.wait()
    assert is_gone(name)


def test_another_process_with_the_same_pid_is_not_it() -> None:
    host, pid, start = identity().rsplit(":", 2)
    assert is_gone(f"{host}:{pid}:{int(start) - 1}")


def test_nothing_is_said_of_other_hosts() -> None:
    _, pid, start = identity().rsplit(":", 2)
    name = f"elsewhere:0123abcd.1:{pid}:{int(start) - 1}"
    assert not is_gone(name)
    assert not is_here(name)
    assert is_here(identity())


@pytest.mark.parametrize("name", ["", "w1", "a:b:c", ":::"])
def test_what_is_no_identity_is_not_gone(name: str) -> None:
    assert not is_gone(name)


def test_an_ended_process_has_no_identity() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(ProcessLookupError):
        identity(process.pid)


@pytest.mark.parametrize("way", ["die_with_parent", "watch_parent"])
def test_a_child_dies_when_its_parent_is_killed(way: str) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, CHILD.format(way)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = identity(int(parent.stdout.readline()))
    assert not is_gone(child)
    parent.kill()
    parent.communicate()
    wait_for(lambda: is_gone(child), 5)


@pytest.mark.parametrize("way", ["die_with_parent", "watch_parent"])
def test_a_child_whose_parent_was_gone_before_ends_at_once(way: str) -> None:
    text = f"from vervet.dispatch.processes import {way}; import time; {way}(1); time.sleep(60)"
    began = time.monotonic()
    status = subprocess.run([sys.executable, "-c", text], check=False).returncode
    assert status in (1, -signal.SIGKILL)
    assert time.monotonic() - began < 30
    assert os.getppid() != 1
