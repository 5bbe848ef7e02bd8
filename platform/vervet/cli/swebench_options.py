"""What the commands of `vervet swebench` share: their options, the instances, validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from vervet.core.errors import ProblemError, UsageError

if TYPE_CHECKING:
    from vervet.core.values import Suite
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.swebench_validation import Validated

__all__ = [
    "Chosen",
    "IdsOption",
    "InstancesArgument",
    "LimitOption",
    "SplitOption",
    "TimeoutOption",
    "WorkersOption",
    "chosen_instances",
    "in_containers",
    "ready_suite",
    "validated",
]

BATCH_SIZE = 2
"""Patches that a worker claims at once: each takes seconds or minutes."""
InstancesArgument = Annotated[
    str,
    typer.Argument(
        metavar="INSTANCES",
        help="A file of instances, a folder of tasks, or a data set of the hub; the shipped ones "
        "if left out.",
    ),
]
IdsOption = Annotated[
    list[str] | None, typer.Option("-i", "--instance", help="Only these (repeatable).")
]
LimitOption = Annotated[int | None, typer.Option("--limit", help="Only the first so many.")]
SplitOption = Annotated[str, typer.Option("-s", "--split", help="Of a data set.")]
WorkersOption = Annotated[
    int | None, typer.Option("-j", "--workers", help="Instances side by side.")
]
TimeoutOption = Annotated[
    float | None,
    typer.Option("-t", "--timeout", help="Seconds for each step in a container; 1,800."),
]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The instances that were asked for, and all of their source."""

    suite: Suite
    everything: Suite


def chosen_instances(
    name: str, ids: Sequence[str] | None, limit: int | None, split: str, timeout: float | None
) -> Chosen:
    """The instances that were asked for; what cannot be used is named on stderr."""
    from vervet.cli.output import err, print_set_aside
    from vervet.cli.suites import judgeable
    from vervet.problems.swebench_sources import load_instances

    if timeout is not None and timeout <= 0:
        raise UsageError(f"--timeout is {timeout}", hint="Give seconds, more than 0.")
    found = load_instances(name, split=split, ids=ids or (), limit=limit, check=judgeable)
    print_set_aside(found.loaded.set_aside)
    for unknown in found.unknown:
        err().print(f"there is no instance {unknown!r} in {name}", markup=False, style="yellow")
    suite = found.loaded.suite
    everything = suite
    if ids or limit is not None:
        everything = load_instances(name, split=split, check=judgeable).loaded.suite
    if timeout is None:
        return Chosen(suite, everything)
    limits = {"limits": {"wall_s": float(timeout)}}
    timed = tuple(replace(p, spec={**p.spec, **limits}) for p in suite.problems)
    return Chosen(replace(suite, problems=timed), everything)


def in_containers(config: RunConfig) -> RunConfig:
    """The config with the sandbox that has images; no other can run instances."""
    if "sandbox" in config.model_fields_set and config.sandbox != "docker":
        raise UsageError(
            f"instances run in containers, not in the sandbox {config.sandbox!r}",
            hint="Leave --sandbox out, or give docker.",
        )
    small = {} if "batch_size" in config.model_fields_set else {"batch_size": BATCH_SIZE}
    return config.model_copy(update={"sandbox": "docker", "reference_share": 0.0, **small})


def validated(
    suite: Suite, config: RunConfig, *, workers: int | None, again: bool = False
) -> list[Validated]:
    """The instances with what gold and no patch show of them; those that cannot judge are named."""
    from vervet.cli.output import err
    from vervet.pipeline.swebench_validation import validate_suite
    from vervet.sandbox.registry import make_sandbox
    from vervet.verification.patches.grading import check_extra
    from vervet.verification.patches.verifier import PatchVerifier

    check_extra()
    console = err()

    def say(one: Validated) -> None:
        if not one.valid:
            console.print(f"{one.problem.id} cannot judge: {one.why}", style="yellow", markup=False)
        elif one.fresh:
            console.print(f"{one.problem.id} validated", style="dim", markup=False)

    return validate_suite(
        suite,
        PatchVerifier(),
        lambda: make_sandbox(config.sandbox),
        config.prepared_dir,
        workers=workers or config.worker_count,
        again=again,
        say=say,
    )


def ready_suite(suite: Suite, config: RunConfig) -> Suite:
    """A suite whose instances are validated, without those that cannot judge; others as they are.

    Raises `ProblemError` if none can judge.
    """
    from vervet.pipeline.swebench_validation import with_valid_only

    if all(problem.kind != "patch" for problem in suite.problems):
        return suite
    found = with_valid_only(suite, validated(suite, config, workers=None))
    if not found.problems:
        raise ProblemError(
            "no instance can judge", hint="vervet swebench build makes images; validate says why."
        )
    return found
