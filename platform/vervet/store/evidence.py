"""Evidence of checks as it was kept with attempts. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from vervet.core.status import Outcome
from vervet.core.values import CheckEvidence
from vervet.store.blobs import load_blobs
from vervet.store.rows import chunks
from vervet.store.schema import checks

__all__ = ["load_evidence"]


def load_evidence(
    conn: Connection, attempt_ids: Sequence[int]
) -> dict[int, tuple[CheckEvidence, ...]]:
    """The evidence of each attempt, in the order of its checks; nothing for those without."""
    found: dict[int, list[CheckEvidence]] = defaultdict(list)
    for some in chunks(sorted(set(attempt_ids))):
        query = (
            select(checks)
            .where(checks.c.attempt_id.in_(some))
            .order_by(checks.c.attempt_id, checks.c.ordinal)
        )
        rows = conn.execute(query).mappings().all()
        digests = {row[key] for row in rows for key in ("expected_digest", "actual_digest")}
        texts = load_blobs(conn, digests - {None})
        for row in rows:
            evidence = CheckEvidence(
                ordinal=row["ordinal"],
                name=row["name"],
                outcome=Outcome(row["outcome"]),
                message=row["message"],
                expected=texts.get(row["expected_digest"]),
                actual=texts.get(row["actual_digest"]),
            )
            found[row["attempt_id"]].append(evidence)
    return {key: tuple(each) for key, each in found.items()}
