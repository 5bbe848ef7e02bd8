"""What `vervet swebench` leaves behind: flaky instances settled, the official reports and logs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vervet.cli.display import DisplayMode
    from vervet.core.values import Suite
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.session import Session
    from vervet.report.swebench import EvaluatedPatch

__all__ = ["gold_models", "settle_known", "write_reports"]

Models = Mapping[tuple[str, int], tuple[str, int]]
SETTLED = "settled"
INTERRUPTED = 130


def gold_models(suite: Suite) -> dict[tuple[str, int], tuple[str, int]]:
    """Every gold patch is of the model `gold`, as the official tool calls it."""
    return {
        (problem.id, at): ("gold", at)
        for problem in suite.problems
        for at in range(len(problem.references))
    }


def settle_known(session: Session, config: RunConfig, display: DisplayMode) -> int:
    """Settle patches on instances that are known as flaky by a majority; the exit status."""
    from vervet.audit.flaky import Plan
    from vervet.cli.audit_carry import carry
    from vervet.cli.output import err
    from vervet.pipeline.audit_flaky import FlakySearch, Target
    from vervet.problems.swebench_flaky import FLAKY_ATTEMPTS, known_flaky
    from vervet.verification.patches.facts import facts_of

    known = frozenset(
        problem.id
        for problem in session.suite.problems
        if known_flaky(problem.id) or ((facts := facts_of(problem)) is not None and facts.flaky)
    )
    if not known:
        return 0
    console = err()
    console.print(
        f"flaky: {', '.join(sorted(known))}; settled by a majority of {FLAKY_ATTEMPTS}",
        markup=False,
    )
    plan = Plan(repetitions=FLAKY_ATTEMPTS, varied=0, loaded=0, factors=())
    target = Target(session, reference=False, problems=known)
    search = FlakySearch(session.database, [target], plan, audited=session.run, seed=0)
    through = carry(session.database, config, search, display)
    return 0 if through else INTERRUPTED


def write_reports(
    session: Session,
    whole: Suite,
    models: Models,
    folder: Path,
    *,
    dataset: str,
    split: str,
    quiet: bool,
) -> None:
    """The official folders and reports; beside them reports with flaky instances settled."""
    from vervet.cli.output import out
    from vervet.report.swebench_folders import write_run, write_run_reports
    from vervet.report.swebench_results import evaluated_patches, settled_patches

    ids = [problem.id for problem in whole.problems]
    with session.database.read() as conn:
        patches = evaluated_patches(conn, session.run, session.suite, models)
        settled = settled_patches(conn, session.run, session.suite, patches)
    written = write_run(folder, session.run.name, patches, ids, dataset=dataset, split=split)
    if _differ(patches, settled):
        written += write_run_reports(folder, f"{session.run.name}.{SETTLED}", settled, ids)
    if quiet:
        return
    console = out()
    console.print()
    for path in written:
        console.print(f"official    {path}", markup=False)


def _differ(patches: list[EvaluatedPatch], settled: list[EvaluatedPatch]) -> bool:
    return any(one.status is not other.status for one, other in zip(patches, settled, strict=True))
