"""Owns the choice of the bubblewrap that works on this host, by trying each on a trivial program.

Never falls back to anything else: what does not work is said, and the caller refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from vervet.core.errors import NoIsolationError
from vervet.sandbox.bubblewrap import Bwrap
from vervet.sandbox.interpreter import Interpreter
from vervet.sandbox.job import Check, File, Job, OnCheck, Program, Report
from vervet.sandbox.stage import Direct, stage_for

__all__ = ["probe", "settle"]


def settle(
    found: Iterable[Bwrap],
    python: Interpreter,
    take: Callable[[Bwrap, Direct], None],
    run: Callable[[Job, OnCheck], Report],
    packages: Iterable[Path] = (),
) -> list[str]:
    """Let `take` have one bubblewrap after the other until `run` works with it.

    As root each comes with a stage of its own, which shows the `packages`, too. Returns an empty
    list as soon as one works, else why each does not: the caller must then refuse, or say what
    it does instead.
    """
    words = []
    shown = [*(tree.source for tree in python.trees), *packages]
    for bwrap in found:
        try:
            stage = stage_for([*bwrap.sources, *shown])
        except NoIsolationError as error:
            return [error.message]
        take(bwrap, stage)
        problem = probe(run)
        if not problem:
            return []
        words.append(f"{bwrap.origin}: {problem}")
        stage.close()
    return words or ["none is installed"]


def probe(run: Callable[[Job, OnCheck], Report]) -> str:
    program = Program("python", (File("probe.py", b"print(6 * 7)"),), ("probe.py",))
    report = run(Job(program, (Check("probe"),)), lambda _: True)
    if report.infra:
        return report.infra
    return "" if report.checks[0].stdout == b"42\n" else "a trivial program failed"
