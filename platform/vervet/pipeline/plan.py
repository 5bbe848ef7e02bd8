"""Which completions a run still lacks, and the seed that each request for them gets.

Owns the arithmetic of resuming; never talks to a database or a generator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from vervet.core.digests import digest_json
from vervet.core.values import Problem

__all__ = ["SampleRequest", "missing_requests", "request_seed"]

SEED_BITS = 63


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """`count` completions of one problem, for the ordinals from `first` on."""

    problem: Problem
    first: int
    count: int
    seed: int


def request_seed(run_seed: int, problem_id: str, first: int) -> int:
    """The seed of a request, from 0 to 2**63 - 1: equal arguments give it again.

    It depends on nothing else, so a resumed run asks for a lost sub-batch in the same words.
    """
    return int(digest_json([run_seed, problem_id, first])[:16], 16) >> (64 - SEED_BITS)


def missing_requests(
    problems: Sequence[Problem],
    *,
    n: int,
    per_request: int,
    run_seed: int,
    existing: Mapping[str, Set[int]],
) -> Iterator[SampleRequest]:
    """Requests for every ordinal below `n` that is not in `existing`, at most `per_request` each.

    All problems get their first sub-batch before any gets its second, so that the curve over
    all problems can be drawn early.
    """
    for start in range(0, n, per_request):
        window = range(start, min(start + per_request, n))
        for problem in problems:
            have = existing.get(problem.id, frozenset())
            lacking = [ordinal for ordinal in window if ordinal not in have]
            for first, count in _stretches(lacking):
                seed = request_seed(run_seed, problem.id, first)
                yield SampleRequest(problem, first, count, seed)


def _stretches(ordinals: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, length) of each stretch of consecutive numbers."""
    for _, group in groupby(enumerate(ordinals), key=lambda pair: pair[1] - pair[0]):
        members = [ordinal for _, ordinal in group]
        yield members[0], len(members)
