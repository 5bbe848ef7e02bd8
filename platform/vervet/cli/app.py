"""The program `vervet`: registers the commands and turns errors into words and exit statuses.

Exit status: 0 done; 1 the result is incomplete or a check failed; 2 a mistake in what was
asked; 3 the host failed (disk, database, sandbox, server); 130 interrupted.
"""

from __future__ import annotations

import os
import sys

import typer

from vervet import __version__
from vervet.cli import (
    audit,
    comparing,
    costing,
    covering,
    data,
    database,
    exporting,
    fitting,
    forecasting,
    host,
    problems,
    references,
    results,
    run,
    sandbox,
    selecting,
    swebench,
)
from vervet.core.errors import (
    AnalysisError,
    CandidateError,
    ConfigError,
    ProblemError,
    UsageError,
    VervetError,
)

__all__ = ["app", "main"]

app = typer.Typer(
    name="vervet",
    help="Sample many candidates, verify each in a sandbox, keep every verdict, measure coverage.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

USERS_MISTAKES = (UsageError, ConfigError, ProblemError, CandidateError, AnalysisError)


def _version(asked: bool) -> None:
    if asked:
        print(f"vervet {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    del version


for module in (
    run,
    data,
    problems,
    references,
    covering,
    fitting,
    forecasting,
    comparing,
    selecting,
    costing,
    results,
    exporting,
    database,
    audit,
    swebench,
    sandbox,
    host,
):
    module.register(app)


def main() -> None:
    """Run the command line; every error that Vervet raises on purpose ends in words."""
    try:
        app()
    except VervetError as error:
        print(f"vervet: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, USERS_MISTAKES) else 3)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
