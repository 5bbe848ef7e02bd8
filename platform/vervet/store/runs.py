"""Runs: what was asked for, under which digests, and how far it came."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from vervet.core.errors import UsageError
from vervet.core.sampling import GeneratorInfo, Sampling
from vervet.core.status import Settlement
from vervet.store.rows import clock, insert_new
from vervet.store.schema import environments, runs, verifiers

__all__ = [
    "Run",
    "RunSpec",
    "RunState",
    "create_run",
    "find_run",
    "list_runs",
    "load_run",
    "set_run_state",
]


class RunState(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class RunSpec:
    """One suite x generator x sampling x budget, with the digests of all that decides.

    `n` is candidates per problem. `verifier` and `environment` say what the two digests
    stand for; they are kept once each.
    """

    name: str
    suite_id: int
    generator: GeneratorInfo
    sampling: Sampling
    code_digest: str
    verifier_digest: str
    environment_digest: str
    n: int
    seed: int
    config: Mapping[str, Any] = field(default_factory=dict)
    verifier: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    settlement: Settlement = Settlement.FIRST


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the database holds it. `stages` is seconds by stage."""

    id: int
    name: str
    suite_id: int
    generator: GeneratorInfo
    sampling: Sampling
    config: Mapping[str, Any]
    code_digest: str
    verifier_digest: str
    environment_digest: str
    settlement: Settlement
    n: int
    seed: int
    state: RunState
    host: str
    pid: int
    created_at: datetime
    finished_at: datetime | None
    stages: Mapping[str, float]


def create_run(conn: Connection, spec: RunSpec) -> Run:
    """Write a new run, state `running`, on this host and process.

    Raises `UsageError` if a run has this name already.
    """
    if find_run(conn, spec.name) is not None:
        raise UsageError(
            f"a run named {spec.name!r} exists already",
            hint="Choose another name, or go on with that run by the same parameters.",
        )
    insert_new(conn, verifiers, [{"digest": spec.verifier_digest, "content": dict(spec.verifier)}])
    insert_new(
        conn,
        environments,
        [{"digest": spec.environment_digest, "content": dict(spec.environment)}],
    )
    conn.execute(insert(runs), [_row(spec, clock(conn))])
    run = find_run(conn, spec.name)
    assert run is not None
    return run


def find_run(conn: Connection, name: str) -> Run | None:
    """The run of this name, or None."""
    row = conn.execute(select(runs).where(runs.c.name == name)).mappings().one_or_none()
    return _run(row) if row else None


def load_run(conn: Connection, run_id: int) -> Run:
    """The run with this row id, which must exist."""
    return _run(conn.execute(select(runs).where(runs.c.id == run_id)).mappings().one())


def list_runs(conn: Connection) -> list[Run]:
    """All runs, the newest first."""
    query = select(runs).order_by(runs.c.created_at.desc(), runs.c.id.desc())
    return [_run(row) for row in conn.execute(query).mappings()]


def set_run_state(
    conn: Connection, run_id: int, state: RunState, stages: Mapping[str, float] | None = None
) -> None:
    """Record how far the run came; `running` takes it over for this host and process."""
    values: dict[str, Any] = {"state": state.value}
    if state is RunState.RUNNING:
        values |= {"finished_at": None, "host": socket.gethostname(), "pid": os.getpid()}
    else:
        values["finished_at"] = clock(conn)
    if stages is not None:
        values["stages"] = dict(stages)
    conn.execute(update(runs).where(runs.c.id == run_id).values(values))


def _row(spec: RunSpec, now: datetime) -> dict[str, Any]:
    return {
        "name": spec.name,
        "suite_id": spec.suite_id,
        "engine": spec.generator.engine,
        "model": spec.generator.model,
        "model_revision": spec.generator.revision,
        "model_digest": spec.generator.digest,
        "sampling": asdict(spec.sampling),
        "config": dict(spec.config),
        "code_digest": spec.code_digest,
        "verifier_digest": spec.verifier_digest,
        "environment_digest": spec.environment_digest,
        "settlement": spec.settlement.value,
        "n": spec.n,
        "seed": spec.seed,
        "state": RunState.RUNNING.value,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "created_at": now,
        "stages": {},
    }


def _run(row: RowMapping) -> Run:
    sampling = dict(row["sampling"])
    sampling["stop"] = tuple(sampling.get("stop", ()))
    return Run(
        id=row["id"],
        name=row["name"],
        suite_id=row["suite_id"],
        generator=GeneratorInfo(
            row["engine"], row["model"], row["model_revision"], row["model_digest"]
        ),
        sampling=Sampling(**sampling),
        config=row["config"],
        code_digest=row["code_digest"],
        verifier_digest=row["verifier_digest"],
        environment_digest=row["environment_digest"],
        settlement=Settlement(row["settlement"]),
        n=row["n"],
        seed=row["seed"],
        state=RunState(row["state"]),
        host=row["host"],
        pid=row["pid"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        stages=row["stages"],
    )
