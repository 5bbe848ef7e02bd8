"""Options that several commands share, and the config that they make together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vervet.cli.display import DisplayMode
from vervet.core.errors import UsageError
from vervet.pipeline.config import RunConfig, load_config

__all__ = [
    "BrokerOption",
    "ConfigOption",
    "DatabaseOption",
    "DisplayOption",
    "JsonOption",
    "OverrideOption",
    "ReferenceOption",
    "RunArgument",
    "SandboxOption",
    "SourceOption",
    "StateOption",
    "UnsafeOption",
    "WorkersOption",
    "config_from",
]

RunArgument = Annotated[
    str | None, typer.Argument(metavar="RUN", help="Name of a run; the latest one if left out.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="YAML file of the run's config.")
]
OverrideOption = Annotated[
    list[str] | None,
    typer.Option("-c", metavar="KEY=VALUE", help="Override a config key; may be repeated."),
]
DatabaseOption = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="Database: a path, sqlite:/// or postgresql:// URL."),
]
StateOption = Annotated[
    str | None,
    typer.Option("--state-dir", metavar="DIR", help="Folder for database, logs and results."),
]
BrokerOption = Annotated[
    str | None,
    typer.Option("--broker", metavar="URL", help="Celery broker: redis:// or amqp:// URL."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", help="Worker processes: one a processor if left out."),
]
SandboxOption = Annotated[
    str | None,
    typer.Option(
        "--sandbox", metavar="NAME", help="What candidates run in: jail (if left out) or docker."
    ),
]
ReferenceOption = Annotated[
    float | None,
    typer.Option(
        "--reference-share",
        metavar="SHARE",
        help="Share of verdicts judged again in a fresh process per test; 0.01 if left out, "
        "0 for none.",
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source", metavar="MODEL", help="The model, where the candidates are of several."
    ),
]
UnsafeOption = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-isolation",
        help="Run candidates with no sandbox at all. Every verdict carries the flag 'unsafe'.",
    ),
]
DisplayOption = Annotated[
    DisplayMode, typer.Option("--display", help="How progress is shown (on stderr).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def config_from(
    path: Path | None = None, overrides: list[str] | None = None, **flags: Any
) -> RunConfig:
    """The config of a command: defaults, environment, file, then what the command line says."""
    config = load_config(path, overrides=overrides or [], flags=flags)
    if Path(config.state_dir).exists() and not Path(config.state_dir).is_dir():
        raise UsageError(
            f"the state folder {config.state_dir} is a file",
            hint="Name a folder with --state-dir; it is made if it is not there.",
        )
    return config
