"""`vervet sandbox gc`: what dead processes left on this host's engine, found and removed."""

from __future__ import annotations

import typer

from vervet.cli.options import JsonOption

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(help="Look after this host's sandboxes.", no_args_is_help=True)
    group.callback()(_group)
    group.command("gc")(gc)
    app.add_typer(group, name="sandbox")


def _group() -> None:
    """Look after this host's sandboxes."""


def gc(as_json: JsonOption = False) -> None:
    """Remove containers and folders of Vervet's whose process is gone; never any other.

    Workers do this whenever they start: here it is for a host on which none will. A container of
    another host's worker goes once its deadline is past.
    """
    from vervet.cli.output import out, print_json
    from vervet.report.words import plural
    from vervet.sandbox.docker.engine import connect
    from vervet.sandbox.docker.instance_stages import reap_stages
    from vervet.sandbox.docker.reaper import reap, remove_old_folders

    engine = connect()
    try:
        found = {"containers": reap(engine.client), "stages": reap_stages(engine)}
    finally:
        engine.close()
    remove_old_folders()
    if as_json:
        print_json(found)
    else:
        out().print(
            f"removed {plural(found['containers'], 'container')} and "
            f"{plural(found['stages'], 'stage')} of images"
        )
