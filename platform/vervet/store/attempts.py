"""Attempts and the evidence of their checks: appended, never changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select

from vervet.core.limits import Usage
from vervet.core.packing import pack_outcomes, unpack_outcomes
from vervet.core.status import Status
from vervet.core.values import Attempt
from vervet.store.blobs import Blobs
from vervet.store.rows import chunks, insert_new
from vervet.store.schema import attempts, checks
from vervet.store.types import flags_text, parse_flags, plain_text

__all__ = [
    "Context",
    "Result",
    "append_attempts",
    "attempt_of",
    "highest_ordinals",
    "normal_attempts",
]


@dataclass(frozen=True, slots=True)
class Result:
    """What a worker found out about one item of its batch."""

    solution_id: int
    ordinal: int
    attempt: Attempt
    started_at: datetime
    finished_at: datetime
    host: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What all attempts of one batch have in common."""

    verifier_digest: str
    environment_digest: str
    condition: str
    worker: str = ""
    batch_id: str | None = None

    def matches(self, solution_ids: Sequence[int]) -> ColumnElement[bool]:
        """The attempts of these solutions under this verifier, environment and condition."""
        return and_(
            attempts.c.solution_id.in_(solution_ids),
            attempts.c.verifier_digest == self.verifier_digest,
            attempts.c.environment_digest == self.environment_digest,
            attempts.c.condition == self.condition,
        )


def append_attempts(conn: Connection, context: Context, results: Sequence[Result]) -> int:
    """Write attempts with the evidence of their checks; how many were new.

    An attempt whose key is there already is left as it is, with its evidence. Each
    `infra_error` takes the next `infra_try` of its solution and ordinal. The solutions must
    be locked (`lock_solutions`).
    """
    blobs = Blobs()
    known = _known(conn, context, [result.solution_id for result in results])
    rows, evidence = [], {}
    for result in results:
        key = (result.solution_id, result.ordinal)
        infra = result.attempt.status is Status.INFRA_ERROR
        infra_try = max(known[key], default=0) + 1 if infra else 0
        if infra_try in known[key]:
            continue
        known[key].add(infra_try)
        rows.append(_row(context, result, infra_try))
        evidence[*key, infra_try] = _evidence_rows(result.attempt, blobs)
    blobs.save(conn)
    insert_new(conn, attempts, rows)
    insert_new(conn, checks, _with_ids(conn, context, evidence))
    return len(rows)


def normal_attempts(
    conn: Connection, context: Context, solution_ids: Sequence[int]
) -> dict[int, list[Attempt]]:
    """Attempts that say something, by solution in order of their ordinals.

    Evidence is left out: it decides nothing.
    """
    found: dict[int, list[Attempt]] = defaultdict(list)
    for some in chunks(sorted(set(solution_ids))):
        query = (
            select(attempts)
            .where(context.matches(some), attempts.c.infra_try == 0)
            .order_by(attempts.c.solution_id, attempts.c.ordinal)
        )
        for row in conn.execute(query).mappings():
            found[row["solution_id"]].append(attempt_of(row))
    return dict(found)


def highest_ordinals(
    conn: Connection, context: Context, solution_ids: Sequence[int]
) -> dict[int, int]:
    """The highest ordinal of the attempts that say something, by solution."""
    found: dict[int, int] = {}
    for some in chunks(sorted(set(solution_ids))):
        query = (
            select(attempts.c.solution_id, func.max(attempts.c.ordinal))
            .where(context.matches(some), attempts.c.infra_try == 0)
            .group_by(attempts.c.solution_id)
        )
        found.update((solution_id, ordinal) for solution_id, ordinal in conn.execute(query))
    return found


def attempt_of(row: RowMapping) -> Attempt:
    """The value that a row of `attempts` holds, without its evidence."""
    return Attempt(
        status=Status(row["status"]),
        code=row["code"],
        flags=parse_flags(row["flags"]),
        outcomes=unpack_outcomes(bytes(row["outcomes"]), row["n_checks"]),
        usage=Usage(
            wall_s=row["wall_s"],
            cpu_user_s=row["cpu_user_s"],
            cpu_system_s=row["cpu_system_s"],
            peak_memory=row["peak_memory"],
            output=row["output"],
            run_delay_s=row["run_delay_s"],
        ),
        message=row["message"],
        layers=tuple(layer for layer in row["layers"].split(",") if layer),
        condition=row["condition"],
    )


def _known(
    conn: Connection, context: Context, solution_ids: Sequence[int]
) -> defaultdict[tuple[int, int], set[int]]:
    """The infra_tries that are there, by (solution, ordinal)."""
    found: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    columns = (attempts.c.solution_id, attempts.c.ordinal, attempts.c.infra_try)
    for some in chunks(sorted(set(solution_ids))):
        for solution_id, ordinal, infra_try in conn.execute(
            select(*columns).where(context.matches(some))
        ):
            found[solution_id, ordinal].add(infra_try)
    return found


def _row(context: Context, result: Result, infra_try: int) -> dict[str, Any]:
    attempt, usage = result.attempt, result.attempt.usage
    return {
        "solution_id": result.solution_id,
        "verifier_digest": context.verifier_digest,
        "environment_digest": context.environment_digest,
        "condition": context.condition,
        "ordinal": result.ordinal,
        "infra_try": infra_try,
        "status": attempt.status.value,
        "code": plain_text(attempt.code),
        "flags": flags_text(attempt.flags),
        "message": plain_text(attempt.message),
        "n_checks": len(attempt.outcomes),
        "outcomes": pack_outcomes(attempt.outcomes),
        "wall_s": usage.wall_s,
        "cpu_user_s": usage.cpu_user_s,
        "cpu_system_s": usage.cpu_system_s,
        "peak_memory": usage.peak_memory,
        "output": usage.output,
        "run_delay_s": usage.run_delay_s,
        "host": result.host,
        "worker": context.worker,
        "layers": ",".join(attempt.layers),
        "started_at": result.started_at,
        "finished_at": result.finished_at,
        "batch_id": context.batch_id,
    }


def _evidence_rows(attempt: Attempt, blobs: Blobs) -> list[dict[str, Any]]:
    return [
        {
            "ordinal": check.ordinal,
            "name": plain_text(check.name),
            "outcome": int(check.outcome),
            "message": plain_text(check.message),
            "expected_digest": None if check.expected is None else blobs.add(check.expected),
            "actual_digest": None if check.actual is None else blobs.add(check.actual),
        }
        for check in attempt.evidence
    ]


def _with_ids(
    conn: Connection,
    context: Context,
    evidence: Mapping[tuple[int, int, int], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """The evidence of the attempts just written, with their row ids."""
    rows: list[dict[str, Any]] = []
    solution_ids = sorted({key[0] for key, found in evidence.items() if found})
    for some in chunks(solution_ids):
        query = select(
            attempts.c.solution_id, attempts.c.ordinal, attempts.c.infra_try, attempts.c.id
        ).where(context.matches(some))
        for solution_id, ordinal, infra_try, row_id in conn.execute(query):
            for row in evidence.get((solution_id, ordinal, infra_try), ()):
                rows.append(row | {"attempt_id": row_id})
    return rows
