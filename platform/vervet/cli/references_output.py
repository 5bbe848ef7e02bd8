"""What `vervet references limits` writes and prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from vervet.cli.output import err, out, print_json, table
from vervet.core.errors import UsageError
from vervet.core.values import Suite
from vervet.pipeline.reference_limits import Measured, with_limits
from vervet.problems.plain import dump

__all__ = ["print_limits", "write_suite"]

SHOWN = 20


def write_suite(
    suite: Suite,
    references: dict[str, list[str]],
    measured: Sequence[Measured],
    times: float,
    output: Path,
) -> None:
    """The suite in the plain format, imported references among its own.

    Raises `UsageError` where it cannot be written.
    """
    lines = [
        dump(
            replace(
                with_limits(problem, found, times),
                references=tuple(references.get(problem.id, ())),
            )
        )
        for problem, found in zip(suite.problems, measured, strict=True)
    ]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the suite cannot be written to {output}: {error.strerror or error}",
            hint="Name a file in a folder that can be written.",
        ) from error


def print_limits(
    suite: Suite, measured: Sequence[Measured], times: float, output: Path, *, as_json: bool
) -> None:
    """What each problem's limits rest on, the slowest first, and what kept its own."""
    specs = {
        problem.id: with_limits(problem, found, times).spec.get("limits", {})
        for problem, found in zip(suite.problems, measured, strict=True)
    }
    if as_json:
        rows = [{**asdict(each), "limits": specs[each.problem]} for each in measured]
        print_json({"suite": suite.name, "times": times, "file": str(output), "problems": rows})
        return
    slowest = sorted(
        (each for each in measured if each.cpu_s is not None), key=lambda each: -(each.cpu_s or 0)
    )
    shown = [
        (
            each.problem,
            f"{each.passing:,}/{each.references:,}",
            f"{each.cpu_s:.3f}",
            f"{specs[each.problem]['cpu_s']:.2f}",
            f"{specs[each.problem]['wall_s']:.2f}",
        )
        for each in slowest[:SHOWN]
    ]
    console = out()
    if shown:
        headings = ("problem", "passing", "CPU s taken", "CPU s limit", "wall s limit")
        console.print(table(headings, shown, {1, 2, 3, 4}))
    if len(slowest) > SHOWN:
        console.print(f"{len(slowest) - SHOWN:,} faster ones are not shown", style="dim")
    kept = [each for each in measured if each.cpu_s is None]
    for each in kept[:SHOWN]:
        err().print(f"{each.problem} keeps its limits: {each.why}", markup=False, soft_wrap=True)
    if len(kept) > SHOWN:
        err().print(f"{len(kept) - SHOWN:,} more keep their limits", markup=False)
    console.print(
        f"{output}  {len(slowest):,} problems with limits of {times:g} times what their references "
        f"take here, {len(kept):,} with the limits that they had",
        markup=False,
    )
