"""Programs that do nothing at all: what passes with them, is not tested."""

from __future__ import annotations

from vervet.audit.mutants.program import FUNCTION, frame_of, normal_form
from vervet.core.values import Problem

__all__ = ["empty_programs"]

DOES_NOTHING = "pass\n"
RETURNS_NOTHING = "    return None\n"


def empty_programs(problem: Problem) -> tuple[str, ...]:
    """Solutions of a problem that do nothing; none for answers, where there is nothing to run."""
    frame = frame_of(problem)
    if frame is None:
        return () if problem.kind == "answer" else ("",)
    if problem.kind != FUNCTION:
        return (DOES_NOTHING,) if normal_form(frame.whole(DOES_NOTHING)) else ()
    whole = f"def {problem.spec['entry_point']}(*args, **kwargs):\n{RETURNS_NOTHING}"
    some = (RETURNS_NOTHING, whole) if frame.prefix.strip() else (whole,)
    return next(((text,) for text in some if normal_form(frame.whole(text))), ())
