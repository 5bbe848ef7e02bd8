"""A run read from the database into the plain values of a report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from vervet import __version__
from vervet.audit.rejudging import Finding
from vervet.core.status import REFERENCE, Status
from vervet.report.groups import ProblemResult
from vervet.report.reference import ReferenceResult
from vervet.report.run_report import RunReport
from vervet.store.audits import summary_of
from vervet.store.feed import verifying_seconds
from vervet.store.reads import CoverageCount, coverage_counts, status_counts
from vervet.store.runs import Run
from vervet.store.suites import load_suite

__all__ = ["MAIN", "gather", "label_of"]

STRATUM = "stratum"
MAIN = "held-out"
"""The stratum that a report is about where a suite has it."""
MIB = 1 << 20
SHOWN = ("format", "limit", "seed", "samples_per_request", "batch_size", "workers")


def gather(conn: Connection, run: Run) -> RunReport:
    """Everything that the report of `run` says, counted anew from candidates and verdicts."""
    counts = status_counts(conn, run.id)
    statuses: dict[str, int] = {status.value: n for status, n in counts.statuses.items()}
    waiting = counts.unsettled - counts.infra_error
    if waiting:
        statuses["unsettled"] = waiting
    if counts.infra_error:
        statuses[Status.INFRA_ERROR.value] = counts.infra_error
    problems = tuple(_result(each) for each in coverage_counts(conn, run.id))
    return RunReport(
        run=run.name,
        suite=load_suite(conn, run.suite_id).name,
        model=f"{run.generator.engine}:{run.generator.model}",
        problems=problems,
        main_label=MAIN if any(problem.label == MAIN for problem in problems) else None,
        statuses=statuses,
        flags=counts.flags,
        duplicates_saved=counts.duplicates_saved,
        stages=_stages(conn, run),
        reference=_reference(conn, run),
        parameters=_parameters(run),
        digests=_digests(run),
        versions={"vervet": __version__},
        created=run.created_at,
    )


def _stages(conn: Connection, run: Run) -> Mapping[str, float]:
    """Seconds by stage; verifying is summed over all workers, so may exceed the total."""
    spent = dict(run.stages)
    total = spent.pop("total", None)
    spent["verifying, over all workers"] = round(verifying_seconds(conn, run.id), 3)
    rejudging = verifying_seconds(conn, run.id, REFERENCE)
    if rejudging:
        spent["re-judging, over all workers"] = round(rejudging, 3)
    return spent if total is None else {**spent, "total": total}


def _reference(conn: Connection, run: Run) -> ReferenceResult | None:
    found = summary_of(conn, run.id, REFERENCE)
    if not found:
        return None
    return ReferenceResult(
        rejudged=found["rejudged"],
        differ=found[Finding.DIFFERS],
        flaky=found[Finding.FLAKY],
        speed_dependent=found[Finding.SPEED_DEPENDENT],
        skipped=found["skipped"],
        failed=found["failed"],
        why=found["why"],
        problems=tuple(found["problems"]),
    )


def _result(count: CoverageCount) -> ProblemResult:
    return ProblemResult(
        name=count.problem,
        n=count.n,
        passed=count.passed,
        doubted=count.passed_with_flags - count.passed,
        unsettled=count.unsettled,
        label=label_of(count.labels),
    )


def label_of(labels: Mapping[str, Any]) -> str:
    """The stratum of a problem, empty for none: problems of different ones are never mixed."""
    return str(labels.get(STRATUM, ""))


def _parameters(run: Run) -> Mapping[str, object]:
    sampling: dict[str, Any] = {
        "candidates per problem": run.n,
        "temperature": run.sampling.temperature,
        "top_p": run.sampling.top_p,
        "max_tokens": run.sampling.max_tokens,
    }
    rest = {key: run.config[key] for key in SHOWN if run.config.get(key) is not None}
    return {**sampling, **rest, **_limits(run), "state": run.state.value, "host": run.host}


def _limits(run: Run) -> Mapping[str, str]:
    """The limits of a check of each kind, where its problem sets none."""
    return {
        f"limits of a check ({kind})": f"{limits['cpu_s']:g} s of CPU time, "
        f"{limits['wall_s']:g} s of wall time, {limits['memory'] // MIB} MiB of memory"
        for kind, limits in run.config.get("limits", {}).items()
    }


def _digests(run: Run) -> Mapping[str, str]:
    found = {
        "model": run.generator.digest,
        "model revision": run.generator.revision,
        "code": run.code_digest,
        "verifier": run.verifier_digest,
        "environment": run.environment_digest,
    }
    return {name: digest for name, digest in found.items() if digest}
