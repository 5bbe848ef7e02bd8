"""Carrying out a run: the parts put together, watched, and its result printed and drawn."""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import typer

from vervet.cli.display import DisplayMode, make_display
from vervet.cli.output import err, out, print_json, print_summary
from vervet.dispatch.celery_dispatcher import CeleryDispatcher
from vervet.dispatch.settings import DispatchSettings, read_settings
from vervet.pipeline.config import RunConfig
from vervet.pipeline.record import Recorder
from vervet.pipeline.rejudge import Rejudging
from vervet.pipeline.run import Outcome, execute
from vervet.pipeline.sample import Sampler
from vervet.pipeline.session import Session
from vervet.report.gather import gather
from vervet.report.run_report import ReportFiles, RunReport, write_report
from vervet.report.summary import summarise
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.registry import make_sandbox
from vervet.store.database import Database
from vervet.store.runs import Run, load_run

__all__ = [
    "SamplerFactory",
    "carry_out",
    "dispatch_settings",
    "open_database",
    "open_sandbox",
    "report_of",
    "results_dir",
    "terminable",
]

COUNTS = "select problem, n, passed, failed, crashed, timed_out, malformed from v_coverage_counts"
SamplerFactory = Callable[[Session, Recorder], Sampler]


@contextmanager
def open_database(config: RunConfig, *, create: bool = True) -> Iterator[Database]:
    """The database of the config, of this version of Vervet, closed at the end."""
    database = Database.open(config.database_url, create=create)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_sandbox(config: RunConfig) -> Iterator[Sandbox]:
    """The sandbox of this host. Raises `NoIsolationError` unless the user allowed none by name."""
    sandbox = make_sandbox(config.sandbox, unsafe_no_isolation=config.unsafe_no_isolation)
    if sandbox.weakness:
        err().print(f"isolation is weaker than it could be: {sandbox.weakness}", soft_wrap=True)
    try:
        yield sandbox
    finally:
        sandbox.close()


def carry_out(
    session: Session,
    config: RunConfig,
    *,
    make_sampler: SamplerFactory | None,
    verify: bool,
    display: DisplayMode,
    as_json: bool,
) -> None:
    """Do the work of a session, print its result, and exit with 1 if it is incomplete."""
    database, dispatcher, rejudging = session.database, None, None
    if verify:
        settings = dispatch_settings(config, database.url, run=session.run.name)
        dispatcher = CeleryDispatcher(settings, database)
        if config.reference_share > 0:
            rejudging = Rejudging(session, config.reference_share, dispatcher)
    recorder = Recorder(database, session.run, config.batch_size, dispatcher)
    sampler = make_sampler(session, recorder) if make_sampler else None
    with make_display(display, err()) as observer, terminable():
        outcome = execute(
            session,
            recorder=recorder,
            sampler=sampler,
            dispatcher=dispatcher,
            observer=observer,
            rejudging=rejudging,
        )
    _conclude(session, config, outcome, verify=verify, as_json=as_json)


def report_of(database: Database, run: Run) -> RunReport:
    """The report of a run as the database holds it now."""
    with database.read() as conn:
        return gather(conn, load_run(conn, run.id))


def results_dir(config: RunConfig, run_name: str) -> Path:
    """Where figures and report of a run are written."""
    return Path(config.state_dir) / "runs" / run_name


def dispatch_settings(
    config: RunConfig, database_url: str, *, run: str | None = None
) -> DispatchSettings:
    """How batches of that database travel, as the config says; `run` if it is for one alone."""
    return read_settings(
        database_url=database_url,
        broker_url=config.broker,
        state_dir=Path(config.state_dir).resolve(),
        workers=config.worker_count,
        sandbox=config.sandbox,
        unsafe_no_isolation=config.unsafe_no_isolation,
        run=run,
    )


def _conclude(
    session: Session, config: RunConfig, outcome: Outcome, *, verify: bool, as_json: bool
) -> None:
    report = report_of(session.database, session.run)
    summary = summarise(report)
    files = write_report(report, results_dir(config, session.run.name)) if verify else None
    complete = outcome.complete or (not verify and outcome.recorded == outcome.expected)
    if as_json:
        print_json(
            {
                **asdict(summary),
                "expected": outcome.expected,
                "recorded": outcome.recorded,
                "complete": complete,
                "interrupted": outcome.interrupted,
                "database": session.database.where,
                "report": str(files.html) if files else None,
            }
        )
    else:
        print_summary(summary)
        _print_places(session, config, files)
    if outcome.interrupted:
        err().print("interrupted; the same command goes on from here", style="yellow")
        raise typer.Exit(130)
    if not complete:
        err().print(
            f"incomplete: {outcome.expected:,} candidates expected, {outcome.recorded:,} recorded, "
            f"{outcome.verified:,} with a verdict; the same command goes on from here",
            style="red",
        )
        raise typer.Exit(1)


def _print_places(session: Session, config: RunConfig, files: ReportFiles | None) -> None:
    console = out()
    if files is not None:
        console.print(f"report      {files.html}")
        if files.coverage_png is not None:
            console.print(f"curve       {files.coverage_png}")
    console.print(f"database    {session.database.where}", markup=False)
    run = session.run.name.replace("'", "''")
    statement = f"{COUNTS} where run = '{run}'"
    console.print(
        f'ask it      {_program()} sql "{statement}"{_same_database(config)}', markup=False
    )


def _program() -> str:
    """How the user can start this program again."""
    return "vervet" if shutil.which("vervet") else sys.argv[0]


def _same_database(config: RunConfig) -> str:
    """The option that leads another command to the same database; without a password."""
    if config.database:
        return f" --db {config.recorded()['database']}"
    default = RunConfig.model_fields["state_dir"].default
    return "" if config.state_dir == default else f" --state-dir {config.state_dir}"


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the work as ^C does: cleanly, with everything recorded."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
