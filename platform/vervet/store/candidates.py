"""Candidates, written in batches; equal solutions of a problem become one row.

A candidate that is there already is never doubled and never changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, insert, select, tuple_

from vervet.core.errors import CandidateError
from vervet.core.status import NORMAL
from vervet.core.values import Candidate
from vervet.store.batch_rows import in_open_batches
from vervet.store.blobs import Blobs
from vervet.store.counters import CANDIDATES, PASSED, SOLUTIONS, bump, verdict_counter
from vervet.store.rows import chunks, insert_new, lock_solutions, serialise
from vervet.store.runs import Run
from vervet.store.schema import candidates as candidates_table
from vervet.store.schema import problems, solutions
from vervet.store.verdicts import load_verdicts

__all__ = ["Added", "add_candidates", "candidate_solutions", "existing_ordinals"]

PRODUCERS = 1
Key = tuple[int, str]
"""A solution by (problem row id, digest)."""


@dataclass(frozen=True, slots=True)
class Added:
    """What one call of `add_candidates` changed.

    `new_solutions` counts those that the run had not sampled before. `to_verify` are ids of
    solutions without a verdict under the run's verifier, environment and settlement, and in
    no open batch: whoever added them enqueues them.
    """

    inserted: int
    new_solutions: int
    to_verify: tuple[int, ...]


def existing_ordinals(conn: Connection, run_id: int) -> dict[str, set[int]]:
    """Ordinals of the candidates that a run has, by the problem's own id."""
    query = (
        select(problems.c.name, candidates_table.c.ordinal)
        .join(problems, problems.c.id == candidates_table.c.problem_id)
        .where(candidates_table.c.run_id == run_id)
    )
    found: dict[str, set[int]] = {}
    for name, ordinal in conn.execute(query):
        found.setdefault(name, set()).add(ordinal)
    return found


def candidate_solutions(conn: Connection, run_id: int) -> dict[tuple[str, int], int]:
    """The row of each candidate's solution, by the problem's own id and the ordinal."""
    query = (
        select(problems.c.name, candidates_table.c.ordinal, candidates_table.c.solution_id)
        .join(problems, problems.c.id == candidates_table.c.problem_id)
        .where(candidates_table.c.run_id == run_id)
    )
    return {(name, ordinal): row for name, ordinal, row in conn.execute(query)}


def add_candidates(conn: Connection, run: Run, candidates: Sequence[Candidate]) -> Added:
    """Write candidates of `run` with their solutions and texts, in one go.

    Those whose (problem, ordinal) is there already are passed over. Once in a transaction.
    Raises `CandidateError` if one belongs to no problem of the run's suite.
    """
    serialise(conn, PRODUCERS, run.id)
    row_ids = _problem_rows(conn, run, candidates)
    new = _unknown(conn, run, row_ids, candidates)
    if not new:
        return Added(0, 0, ())
    blobs = Blobs()
    texts = [blobs.add_text(candidate.completion) for candidate in new]
    keys = [(row_ids[c.problem_id], c.solution.digest) for c in new]
    distinct = dict(zip(keys, new, strict=True))
    rows = [_solution_row(key, c, blobs) for key, c in sorted(distinct.items(), key=_by_key)]
    blobs.save(conn)
    ids = _solution_ids(conn, rows)
    lock_solutions(conn, list(ids.values()))
    sampled = _sampled_before(conn, run.id, list(ids.values()))
    conn.execute(
        insert(candidates_table),
        [
            _candidate_row(run.id, candidate, row_ids[candidate.problem_id], ids[key], text)
            for candidate, key, text in zip(new, keys, texts, strict=True)
        ],
    )
    fresh = len(ids) - len(sampled)
    to_verify = _count(conn, run, [ids[key] for key in keys], fresh)
    return Added(len(new), fresh, to_verify)


def _by_key(item: tuple[Key, Candidate]) -> Key:
    return item[0]


def _problem_rows(conn: Connection, run: Run, candidates: Sequence[Candidate]) -> dict[str, int]:
    names = sorted({candidate.problem_id for candidate in candidates})
    found: dict[str, int] = {}
    for some in chunks(names):
        query = select(problems.c.name, problems.c.id).where(
            problems.c.suite_id == run.suite_id, problems.c.name.in_(some)
        )
        found.update((name, row_id) for name, row_id in conn.execute(query))
    missing = [name for name in names if name not in found]
    if missing:
        raise CandidateError(
            f"the suite of run {run.name!r} has no problem {missing[0]!r}",
            hint="Candidates can only be added to problems of the run's own suite.",
        )
    return found


def _unknown(
    conn: Connection, run: Run, row_ids: dict[str, int], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Those whose (problem, ordinal) neither the database nor an earlier one here has."""
    ordinals = [candidate.ordinal for candidate in candidates]
    known: set[tuple[int, int]] = set()
    for some in chunks(sorted(row_ids.values())):
        query = select(candidates_table.c.problem_id, candidates_table.c.ordinal).where(
            candidates_table.c.run_id == run.id,
            candidates_table.c.problem_id.in_(some),
            candidates_table.c.ordinal.between(min(ordinals), max(ordinals)),
        )
        known.update((problem, ordinal) for problem, ordinal in conn.execute(query))
    new: list[Candidate] = []
    for candidate in candidates:
        key = (row_ids[candidate.problem_id], candidate.ordinal)
        if key not in known:
            known.add(key)
            new.append(candidate)
    return new


def _solution_row(key: Key, candidate: Candidate, blobs: Blobs) -> dict[str, Any]:
    return {
        "problem_id": key[0],
        "digest": key[1],
        "kind": candidate.solution.kind,
        "malformed": candidate.solution.malformed,
        "text_digest": blobs.add_text(candidate.solution.text),
    }


def _solution_ids(conn: Connection, rows: Sequence[dict[str, Any]]) -> dict[Key, int]:
    """Ids of all solutions in `rows`; writes those that are not there yet."""
    keys = [(row["problem_id"], row["digest"]) for row in rows]
    found = _find_solutions(conn, keys)
    new = [row for row, key in zip(rows, keys, strict=True) if key not in found]
    insert_new(conn, solutions, new)
    return found | _find_solutions(conn, [(row["problem_id"], row["digest"]) for row in new])


def _find_solutions(conn: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    both = tuple_(solutions.c.problem_id, solutions.c.digest)
    for some in chunks(keys):
        query = select(solutions.c.problem_id, solutions.c.digest, solutions.c.id)
        for problem_id, digest, row_id in conn.execute(query.where(both.in_(some))):
            found[problem_id, digest] = row_id
    return found


def _sampled_before(conn: Connection, run_id: int, solution_ids: list[int]) -> set[int]:
    found: set[int] = set()
    for some in chunks(sorted(solution_ids)):
        sampled = exists().where(
            candidates_table.c.solution_id == solutions.c.id, candidates_table.c.run_id == run_id
        )
        query = select(solutions.c.id).where(solutions.c.id.in_(some), sampled)
        found.update(conn.scalars(query))
    return found


def _candidate_row(
    run_id: int, candidate: Candidate, problem_id: int, solution_id: int, text_digest: str
) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "problem_id": problem_id,
        "ordinal": candidate.ordinal,
        "solution_id": solution_id,
        "completion_digest": text_digest,
        "finish_reason": candidate.finish_reason,
        "tokens": candidate.tokens,
        "mean_logprob": candidate.mean_logprob,
        "claimed": candidate.claimed.value if candidate.claimed else None,
        "prompt_tokens": candidate.prompt_tokens,
    }


def _count(conn: Connection, run: Run, solution_ids: list[int], fresh: int) -> tuple[int, ...]:
    """Move the run's counters; the solutions that nobody has verified or is about to."""
    key = (run.verifier_digest, run.environment_digest)
    settled = load_verdicts(conn, solution_ids, *key, run.settlement)
    changes = Counter({(run.id, CANDIDATES): len(solution_ids), (run.id, SOLUTIONS): fresh})
    for solution_id in solution_ids:
        if verdict := settled.get(solution_id):
            changes[run.id, verdict_counter(verdict)] += 1
            changes[run.id, PASSED] += verdict.counts_as_passed
    waiting = sorted(set(solution_ids) - settled.keys())
    underway = in_open_batches(conn, waiting, *key, NORMAL)
    bump(conn, changes)
    return tuple(solution_id for solution_id in waiting if solution_id not in underway)
