"""`vervet swebench`: patches judged on instances, each command in a module of its own."""

from __future__ import annotations

import typer

from vervet.cli import swebench_build, swebench_evaluate, swebench_regrade, swebench_validate

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(
        help="Judge model patches on SWE-bench instances, in hardened containers, as often as "
        "they were sampled.",
        no_args_is_help=True,
    )
    swebench_evaluate.register(group)
    swebench_validate.register(group)
    swebench_regrade.register(group)
    swebench_build.add_build(group)
    app.add_typer(group, name="swebench")
