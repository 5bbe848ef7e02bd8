"""`vervet doctor` and `worker`: this host, and what it does for runs begun elsewhere."""

from __future__ import annotations

from dataclasses import asdict

import typer

from vervet.cli.options import (
    BrokerOption,
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    SandboxOption,
    StateOption,
    UnsafeOption,
    WorkersOption,
    config_from,
)

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command("doctor")(doctor)
    app.command("worker")(worker)


def doctor(as_json: JsonOption = False, sandbox: SandboxOption = None) -> None:
    """Try this host's sandboxes with hostile probes and say, in plain words, what holds.

    With --sandbox, that one alone. Exit status 1 if the sandbox that is asked for, or else the
    one that runs use, is not sound here.
    """
    from vervet.cli.diagnosis import show
    from vervet.cli.output import out, print_json
    from vervet.sandbox.doctor import BACKENDS, examine

    default = config_from(sandbox=sandbox).sandbox
    found = examine(default, () if sandbox else BACKENDS)
    if as_json:
        print_json({"sound": found.sound, **asdict(found)})
    else:
        show(out(), found)
    if not found.sound:
        raise typer.Exit(1)


def worker(
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    broker: BrokerOption = None,
    workers: WorkersOption = None,
    state_dir: StateOption = None,
    sandbox: SandboxOption = None,
    unsafe: UnsafeOption = False,
) -> None:
    """Verify for runs that share this database and broker, until ^C.

    \b
    vervet worker --db postgresql://me@host/vervet --broker redis://host/0 --workers 8
    """
    from vervet.cli import work
    from vervet.cli.output import err
    from vervet.dispatch.worker import run_worker

    flags = {
        "database": db, "broker": broker, "workers": workers, "state_dir": state_dir,
        "sandbox": sandbox, "unsafe_no_isolation": unsafe or None,
    }  # fmt: skip
    config = config_from(config_file, override, **flags)
    settings = work.dispatch_settings(config, config.database_url)
    if not settings.embedded:
        err().print(f"{config.worker_count} worker processes wait for batches; ^C ends them")
    wrong = run_worker(settings)
    if wrong:
        err().print(f"vervet: {wrong}", markup=False)
        raise typer.Exit(3)
