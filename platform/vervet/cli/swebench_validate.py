"""`vervet swebench validate`: which instances can judge at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.options import (
    ConfigOption,
    JsonOption,
    OverrideOption,
    StateOption,
    config_from,
)
from vervet.cli.swebench_options import (
    IdsOption,
    InstancesArgument,
    LimitOption,
    SplitOption,
    TimeoutOption,
    WorkersOption,
    chosen_instances,
    in_containers,
    validated,
)

if TYPE_CHECKING:
    from vervet.pipeline.swebench_validation import Validated

__all__ = ["register"]


def register(group: typer.Typer) -> None:
    """Add the command to `vervet swebench`."""
    group.command("validate")(validate)


def validate(
    instances: InstancesArgument = "swebench",
    ids: IdsOption = None,
    limit: LimitOption = None,
    split: SplitOption = "test",
    workers: WorkersOption = None,
    timeout: TimeoutOption = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were validated before.")
    ] = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run every instance with no patch (must fail) and with gold (must resolve, each time alike).

    What that shows is kept, and `evaluate` needs it: it validates what is not yet. Exit status 1
    if an instance cannot judge.

    \b
    vervet swebench validate
    vervet swebench validate instances.jsonl.gz -i pallets__flask-5063 -j 2
    """
    config = in_containers(config_from(config_file, override, state_dir=state_dir))
    suite = chosen_instances(instances, ids, limit, split, timeout).suite
    found = validated(suite, config, workers=workers, again=again)
    if as_json:
        from vervet.cli.output import print_json

        print_json([_row(one) for one in found])
    else:
        _print(found)
    if not all(one.valid for one in found):
        raise typer.Exit(1)


def _row(one: Validated) -> dict[str, Any]:
    facts = one.facts
    return {
        "instance_id": one.problem.id,
        "valid": one.valid,
        "why": one.why if not one.valid else "",
        "code": facts.code if facts else "not_validated",
        "gold_runs": facts.gold_runs if facts else 0,
        "canary": bool(facts and facts.canary),
        "twins": bool(facts and facts.twins),
        "mutants": bool(facts and facts.mutants),
    }


def _print(found: list[Validated]) -> None:
    from vervet.cli.output import out, table

    rows = []
    for one in found:
        row = _row(one)
        said = [word for word in ("canary", "twins", "mutants") if row[word]]
        rows.append(
            (
                one.problem.id,
                "valid" if one.valid else "cannot judge",
                ", ".join(said) or "-",
                row["why"] or row["code"],
            )
        )
    out().print(table(("instance", "", "doubles that behave", "why"), rows, set()))
    valid = sum(one.valid for one in found)
    out().print(f"{valid:,} of {len(found):,} instances can judge")
