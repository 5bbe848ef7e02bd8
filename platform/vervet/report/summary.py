"""The result of a run in a few numbers: what `vervet run --json` prints, field by field.

The names of fields are stable; `docs/json.md` explains each one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vervet.analysis.grid import shown_ks
from vervet.analysis.scaling import NoFit, ScalingFit
from vervet.core.status import Status
from vervet.report.groups import Group, groups_of
from vervet.report.reference import ReferenceResult
from vervet.report.run_report import RunReport
from vervet.report.tables import CoverageRow, rows_of_curve

__all__ = ["FitSummary", "StratumSummary", "Summary", "summarise"]


@dataclass(frozen=True, slots=True)
class FitSummary:
    """The law c = exp(a k^b) that was fitted, or why there is none."""

    a: float | None
    b: float | None
    error_mean: float | None
    error_sd: float | None
    space: str | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StratumSummary:
    """Coverage of the problems of one label; `only_doubted` if no pass was free of doubt."""

    label: str
    problems: int
    solved: int
    never_solved: int
    coverage: tuple[CoverageRow, ...]
    fit: FitSummary
    caveats: tuple[str, ...]
    only_doubted: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """A run's result. Counts are of candidates unless their name says otherwise.

    `unsettled` have no verdict yet, `infra_error` of them because the sandbox or host failed.
    `strata` holds the main label's problems first and never mixes labels.
    """

    run: str
    suite: str
    model: str
    candidates: int
    verified: int
    unsettled: int
    infra_error: int
    distinct_solutions: int
    duplicates_saved: int
    problems: int
    problems_without_candidates: int
    statuses: Mapping[str, int]
    flags: Mapping[str, int]
    strata: tuple[StratumSummary, ...]
    stages_s: Mapping[str, float]
    reference: ReferenceResult | None


def summarise(report: RunReport) -> Summary:
    """The numbers of a report. Raises `AnalysisError` for counts that cannot be."""
    groups = groups_of(report.problems, report.main_label, report.preset)
    candidates = sum(problem.n for problem in report.problems)
    unsettled = sum(problem.unsettled for problem in report.problems)
    infra = report.statuses.get(Status.INFRA_ERROR.value, 0)
    return Summary(
        run=report.run,
        suite=report.suite,
        model=report.model,
        candidates=candidates,
        verified=candidates - unsettled,
        unsettled=unsettled,
        infra_error=infra,
        distinct_solutions=candidates - report.duplicates_saved,
        duplicates_saved=report.duplicates_saved,
        problems=len(report.problems),
        problems_without_candidates=groups.without_candidates,
        statuses=dict(report.statuses),
        flags=dict(report.flags),
        strata=tuple(_stratum(group) for group in groups.groups),
        stages_s=dict(report.stages),
        reference=report.reference,
    )


def _stratum(group: Group) -> StratumSummary:
    return StratumSummary(
        label=group.label,
        problems=len(group.names),
        solved=len(group.names) - group.never_solved,
        never_solved=group.never_solved,
        coverage=rows_of_curve(group.curve, group.counting, shown_ks(group.curve.largest)),
        fit=_fit(group.curve.fit),
        caveats=tuple(caveat.text for caveat in group.curve.estimate.caveats),
        only_doubted=group.only_doubted,
    )


def _fit(fit: ScalingFit | NoFit) -> FitSummary:
    if isinstance(fit, NoFit):
        return FitSummary(None, None, None, None, None, fit.reason)
    return FitSummary(fit.a, fit.b, fit.error_mean, fit.error_sd, str(fit.space))
