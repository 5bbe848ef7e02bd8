"""Opening a run: database, suite, verifiers and environment brought together under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from vervet.core.digests import digest_json
from vervet.core.errors import UsageError
from vervet.core.sampling import GeneratorInfo
from vervet.core.status import Settlement
from vervet.core.values import Suite
from vervet.pipeline.config import RunConfig
from vervet.pipeline.identity import code_digest, run_name, verifier_content, verifier_limits
from vervet.pipeline.prepared import prepared_suite
from vervet.sandbox.protocol import Sandbox
from vervet.store.database import Database
from vervet.store.runs import Run, RunSpec, RunState, create_run, find_run, set_run_state
from vervet.store.suites import load_suite, save_suite
from vervet.verification.protocol import Verifier
from vervet.verification.registry import thorough, verifier_for

__all__ = ["Session", "open_session", "reopen_session", "verifiers_of"]

DECISIVE, EXPECTED, LIMITS = "decisive", "expected", "limits"
"""Keys in a run's recorded config, beside the fields of `RunConfig`."""


@dataclass(frozen=True, slots=True)
class Session:
    """A run that is open for work. `resumed` if it was there before."""

    database: Database
    run: Run
    suite: Suite
    verifiers: Mapping[str, Verifier]
    resumed: bool

    @property
    def expected(self) -> int:
        """Candidates that the run is to have in the end."""
        return int(self.run.config.get(EXPECTED, self.run.n * len(self.suite.problems)))


def verifiers_of(suite: Suite) -> dict[str, Verifier]:
    """The verifier of each kind in the suite, every problem checked by its own.

    Raises `UnknownNameError` for a kind that nothing verifies, `ProblemError` for a problem
    that its verifier cannot judge.
    """
    verifiers = {kind: verifier_for(kind) for kind in sorted({p.kind for p in suite.problems})}
    for problem in suite.problems:
        verifiers[problem.kind].check_problem(problem)
    return verifiers


def open_session(
    database: Database,
    suite: Suite,
    config: RunConfig,
    *,
    model: GeneratorInfo,
    sandbox: Sandbox,
    name: str | None = None,
    expected: int | None = None,
    every_check: bool = False,
) -> Session:
    """Find the run that these parameters name and go on with it, or create it.

    `expected` candidates are to be there in the end, if not `config.n` of every problem. With
    `every_check` the verifiers go on past a check that is missed.
    Raises `UsageError` if a run of the given `name` has other parameters: nothing that was
    recorded under one set of parameters is ever continued under another. Raises `SandboxError`
    where a reference could not be run.
    """
    verifiers = verifiers_of(suite)
    suite = prepared_suite(suite, verifiers, sandbox, config.prepared_dir)
    if every_check:
        verifiers = {kind: thorough(verifier) for kind, verifier in verifiers.items()}
    content = verifier_content(verifiers)
    environment = sandbox.environment()
    decisive: dict[str, Any] = {
        "suite": suite.digest,
        "model": asdict(model),
        "sampling": config.sampling.model_dump(),
        "seed": config.seed,
        "verifier": digest_json(content),
        "environment": digest_json(environment),
    }
    wanted = name or run_name(suite, model, {**decisive, "n": config.n})
    with database.write() as conn:
        suite_id = save_suite(conn, suite)
        run = find_run(conn, wanted)
        if run is not None:
            _refuse_other(run, decisive, config.n, suite_id)
            set_run_state(conn, run.id, RunState.RUNNING)
            return Session(database, run, suite, verifiers, resumed=True)
        totals = {} if expected is None else {EXPECTED: expected}
        limits = verifier_limits(verifiers)
        spec = RunSpec(
            name=wanted,
            suite_id=suite_id,
            generator=model,
            sampling=config.sampling.with_stop(()),
            code_digest=code_digest(),
            verifier_digest=decisive["verifier"],
            environment_digest=decisive["environment"],
            n=config.n,
            seed=config.seed,
            config={**config.recorded(), LIMITS: limits, DECISIVE: decisive, **totals},
            verifier=content,
            environment=environment,
            settlement=Settlement.FIRST,
        )
        return Session(database, create_run(conn, spec), suite, verifiers, resumed=False)


def _refuse_other(run: Run, decisive: Mapping[str, object], n: int, suite_id: int) -> None:
    recorded = run.config.get(DECISIVE, {})
    differing = [key for key, value in decisive.items() if recorded.get(key) != value]
    if run.n != n:
        differing.append(f"n ({run.n}, not {n})")
    if run.suite_id != suite_id and "suite" not in differing:
        differing.append("suite")
    if differing:
        raise UsageError(
            f"the run {run.name!r} was made with another {', '.join(differing)}",
            hint="Choose another --name, or leave --name out: equal parameters find their run.",
        )


def reopen_session(database: Database, run: Run, *, sandbox: Sandbox) -> Session:
    """A recorded run opened for verifying what has no verdict yet.

    Raises `UsageError` if this host's verifiers or environment are not those of the run: its
    verdicts would not be comparable.
    """
    with database.read() as conn:
        suite = load_suite(conn, run.suite_id)
    verifiers = verifiers_of(suite)
    every_check = {kind: thorough(verifier) for kind, verifier in verifiers.items()}
    if digest_json(verifier_content(every_check)) == run.verifier_digest:
        verifiers = every_check
    here = {
        "verifier": digest_json(verifier_content(verifiers)),
        "environment": digest_json(sandbox.environment()),
    }
    recorded = {"verifier": run.verifier_digest, "environment": run.environment_digest}
    differing = [what for what, digest in here.items() if digest != recorded[what]]
    if differing:
        raise UsageError(
            f"the {' and the '.join(differing)} here differ from those of run {run.name!r}",
            hint="Verify it where it was begun, or give `vervet run` its parameters for a new run.",
        )
    with database.write() as conn:
        set_run_state(conn, run.id, RunState.RUNNING)
    return Session(database, run, suite, verifiers, resumed=True)
