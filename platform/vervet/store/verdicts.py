"""Verdicts by (solution, verifier, environment, settlement), and the counters they move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, RowMapping, func, select
from sqlalchemy.dialects import postgresql, sqlite

from vervet.core.status import Flag, Settlement, Status
from vervet.core.values import Verdict
from vervet.store.counters import PASSED, bump, verdict_counter
from vervet.store.rows import chunks, clock
from vervet.store.schema import candidates, runs, verdicts
from vervet.store.types import flags_text, parse_flags

__all__ = ["load_verdicts", "save_verdicts", "verdict_of"]


def load_verdicts(
    conn: Connection,
    solution_ids: Sequence[int],
    verifier_digest: str,
    environment_digest: str,
    settlement: Settlement,
) -> dict[int, Verdict]:
    """Verdicts that are there, by solution."""
    found: dict[int, Verdict] = {}
    for some in chunks(sorted(set(solution_ids))):
        query = select(verdicts).where(
            verdicts.c.solution_id.in_(some),
            verdicts.c.verifier_digest == verifier_digest,
            verdicts.c.environment_digest == environment_digest,
            verdicts.c.settlement == settlement.value,
        )
        found.update((r["solution_id"], verdict_of(r)) for r in conn.execute(query).mappings())
    return found


def save_verdicts(
    conn: Connection,
    settled: Mapping[int, Verdict],
    verifier_digest: str,
    environment_digest: str,
) -> None:
    """Write verdicts by solution, over earlier ones of the same key, and move the counters.

    The solutions must be locked (`lock_solutions`). Once in a transaction, as its last write.
    """
    changes: Counter[tuple[int, str]] = Counter()
    for settlement in sorted({verdict.settlement for verdict in settled.values()}):
        new = {key: v for key, v in settled.items() if v.settlement is settlement}
        old = load_verdicts(conn, list(new), verifier_digest, environment_digest, settlement)
        key = (verifier_digest, environment_digest, settlement)
        for run_id, solution_id, count in _sampled(conn, list(new), *key):
            _move(changes, run_id, old.get(solution_id), -count)
            _move(changes, run_id, new[solution_id], count)
    _upsert(conn, settled, verifier_digest, environment_digest)
    bump(conn, changes)


def verdict_of(row: RowMapping) -> Verdict:
    """The value that a row of `verdicts` holds."""
    return Verdict(
        status=Status(row["status"]),
        code=row["code"],
        flags=parse_flags(row["flags"]),
        settlement=Settlement(row["settlement"]),
        attempts=row["attempts"],
    )


def _move(
    changes: Counter[tuple[int, str]], run_id: int, verdict: Verdict | None, count: int
) -> None:
    if verdict is None:
        return
    changes[run_id, verdict_counter(verdict)] += count
    if verdict.counts_as_passed:
        changes[run_id, PASSED] += count


def _sampled(
    conn: Connection,
    solution_ids: list[int],
    verifier_digest: str,
    environment_digest: str,
    settlement: Settlement,
) -> list[tuple[int, int, int]]:
    """(run, solution, times sampled) over the runs to which such verdicts matter."""
    found: list[tuple[int, int, int]] = []
    for some in chunks(sorted(solution_ids)):
        query = (
            select(candidates.c.run_id, candidates.c.solution_id, func.count())
            .join(runs, runs.c.id == candidates.c.run_id)
            .where(
                candidates.c.solution_id.in_(some),
                runs.c.verifier_digest == verifier_digest,
                runs.c.environment_digest == environment_digest,
                runs.c.settlement == settlement.value,
            )
            .group_by(candidates.c.run_id, candidates.c.solution_id)
        )
        found.extend((run, solution, count) for run, solution, count in conn.execute(query))
    return found


def _upsert(
    conn: Connection,
    settled: Mapping[int, Verdict],
    verifier_digest: str,
    environment_digest: str,
) -> None:
    if not settled:
        return
    now = clock(conn)
    rows = [
        {
            "solution_id": solution_id,
            "verifier_digest": verifier_digest,
            "environment_digest": environment_digest,
            "settlement": verdict.settlement.value,
            "status": verdict.status.value,
            "code": verdict.code,
            "flags": flags_text(verdict.flags),
            "counts_as_passed": verdict.counts_as_passed,
            "unsettled": Flag.UNSETTLED in verdict.flags,
            "attempts": verdict.attempts,
            "settled_at": now,
        }
        for solution_id, verdict in sorted(settled.items())
    ]
    dialect = postgresql if conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(verdicts)
    keys = [column.name for column in verdicts.primary_key]
    new = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), rows)
