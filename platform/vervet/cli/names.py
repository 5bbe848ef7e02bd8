"""Runs by the names that people type."""

from __future__ import annotations

from vervet.core.errors import UnknownNameError, UsageError
from vervet.pipeline.references import KNOWN_WRONG, REFERENCES
from vervet.store.database import Database
from vervet.store.reads import run_progress
from vervet.store.runs import Run, find_run, list_runs

__all__ = ["find"]


def find(database: Database, name: str | None) -> Run:
    """The run of that name, or the only one whose name begins so.

    Without a name the latest one that has any candidate, or else the latest; an audit's runs of
    known solutions are not meant then.
    Raises `UnknownNameError` with the nearest names, `UsageError` where there is no run at all.
    """
    with database.read() as conn:
        if name is not None:
            found = find_run(conn, name)
            if found is not None:
                return found
        runs = list_runs(conn)
        sampled = [run for run in runs if run.generator.engine not in (REFERENCES, KNOWN_WRONG)]
        if name is None and sampled:
            begun = (run for run in sampled if run_progress(conn, run.id).candidates)
            return next(begun, sampled[0])
    beginning = [run for run in runs if name and run.name.startswith(name)]
    if len(beginning) == 1:
        return beginning[0]
    if name is None:
        raise UsageError("there is no run yet", hint="Make one: vervet run --help.")
    raise UnknownNameError("run", name, [run.name for run in runs])
