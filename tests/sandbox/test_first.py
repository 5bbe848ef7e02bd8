"""The hold on a namespace's first process: told late, told in parts, told not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from vervet.sandbox.first import First


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def pipe() -> Iterator[tuple[First, int]]:
    info, told = os.pipe()
    first = First(info)
    yield first, told
    first.close()


def test_the_named_process_is_ended(
    sleeper: subprocess.Popen[bytes], pipe: tuple[First, int]
) -> None:
    first, told = pipe
    word = json.dumps({"child-pid": sleeper.pid, "net-namespace": 4}, indent=4).encode()
    os.write(told, word[:9])

    def say_the_rest() -> None:
        os.write(told, word[9:])
        os.close(told)

    later = threading.Timer(0.05, say_the_rest)
    later.start()
    assert first.hold(10.0)
    first.end()
    assert sleeper.wait(0.5) == -9
    later.join()


def test_a_process_that_was_never_named_is_not_waited_for(pipe: tuple[First, int]) -> None:
    first, told = pipe
    os.close(told)
    assert not first.hold(10.0)
    first.end()
    assert not first.held


def test_silence_ends_with_the_patience_for_it(pipe: tuple[First, int]) -> None:
    first, told = pipe
    assert not first.hold(0.05)
    os.close(told)


def test_closing_twice_closes_nothing_of_others(pipe: tuple[First, int]) -> None:
    first, told = pipe
    first.close()
    os.close(told)
    other = os.open(os.devnull, os.O_RDONLY)
    first.close()
    os.fstat(other)
    os.close(other)
