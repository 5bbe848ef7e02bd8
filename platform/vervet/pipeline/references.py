"""Solutions whose truth is known, as runs: known-correct ones, and known-wrong ones.

Such a run is verified, resumed and asked by SQL as any other; only its engine says what it is.
Records candidates and never verifies any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vervet.core.digests import digest_json
from vervet.core.errors import ProblemError
from vervet.core.sampling import GeneratorInfo
from vervet.core.values import Candidate, Suite
from vervet.pipeline.config import RunConfig, SamplingConfig
from vervet.pipeline.prepared import prepared_suite
from vervet.pipeline.record import Recorder
from vervet.pipeline.session import Session, open_session, verifiers_of
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.store.references import load_references
from vervet.store.suites import save_suite

__all__ = ["KNOWN_WRONG", "REFERENCES", "Known", "open_known", "open_references"]

REFERENCES = "references"
"""The engine of a run whose candidates are known to be correct."""
KNOWN_WRONG = "known-wrong"
"""The engine of a run whose candidates are known to be wrong."""
EVERYTHING = "all"
"""What such a run is sampled from, in the place of a model."""
AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """A completion whose truth is known; `origin` is a word for where it comes from."""

    completion: str
    origin: str


def open_references(
    database: Database,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    *,
    every_check: bool = True,
) -> Session:
    """A run of every reference of the suite, imported ones too, recorded and not yet verified.

    Raises `ProblemError` if the suite has none at all, and what `open_session` raises.
    """
    verifiers = verifiers_of(suite)
    suite = prepared_suite(suite, verifiers, sandbox, config.prepared_dir)
    with database.write() as conn:
        found = load_references(conn, save_suite(conn, suite))
    known = {
        name: [Known(each.completion, each.origin) for each in references]
        for name, references in found.items()
    }
    if not known:
        raise ProblemError(
            f"no problem of suite {suite.name!r} has a reference solution",
            hint="Import some: vervet references import FILE --suite SUITE.",
        )
    return open_known(database, suite, config, sandbox, REFERENCES, known, every_check=every_check)


def open_known(
    database: Database,
    suite: Suite,
    config: RunConfig,
    sandbox: Sandbox,
    engine: str,
    known: Mapping[str, Sequence[Known]],
    *,
    every_check: bool = True,
) -> Session:
    """A run of completions by problem, recorded and not yet verified.

    `finish_reason` of a candidate is the origin of its completion.
    """
    digest = digest_json(
        {name: [[each.completion, each.origin] for each in some] for name, some in known.items()}
    )
    total = sum(len(some) for some in known.values())
    most = max((len(some) for some in known.values()), default=0)
    session = open_session(
        database,
        suite,
        config.model_copy(
            update={
                "n": max(most, 1),
                "model": f"{engine}:{EVERYTHING}",
                "seed": 0,
                "sampling": SamplingConfig(),
            }
        ),
        model=GeneratorInfo(engine, EVERYTHING, None, digest),
        sandbox=sandbox,
        expected=total,
        every_check=every_check,
    )
    recorder = Recorder(database, session.run, config.batch_size)
    candidates = _candidates(session, known)
    for start in range(0, len(candidates), AT_ONCE):
        recorder.record(candidates[start : start + AT_ONCE])
    return session


def _candidates(session: Session, known: Mapping[str, Sequence[Known]]) -> list[Candidate]:
    return [
        Candidate(
            problem_id=problem.id,
            ordinal=ordinal,
            completion=each.completion,
            solution=session.verifiers[problem.kind].extract(problem, each.completion, cut=False),
            finish_reason=each.origin,
        )
        for problem in session.suite.problems
        for ordinal, each in enumerate(known.get(problem.id, ()))
    ]
