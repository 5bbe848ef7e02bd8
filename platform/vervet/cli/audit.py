"""`vervet audit`: the commands that calibrate the verifier, each in a module of its own."""

from __future__ import annotations

import typer

from vervet.cli import audit_false_negatives, audit_flaky

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(
        help="Find flaky tests, tests that refuse known-correct solutions, and tests that let "
        "wrong ones pass.",
        no_args_is_help=True,
    )
    for module in (audit_flaky, audit_false_negatives):
        module.register(group)
    app.add_typer(group, name="audit")
