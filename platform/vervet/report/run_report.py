"""A finished run as plain values, and the folder of figures and one page that shows it.

Never reads a database: the caller fills `RunReport`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from vervet.analysis.scaling import DEFAULT, FitPreset
from vervet.core.errors import UsageError
from vervet.report.groups import Groups, ProblemResult, groups_of
from vervet.report.reference import ReferenceResult

__all__ = ["ProblemResult", "ReportFiles", "RunReport", "write_report"]


@dataclass(frozen=True, slots=True)
class RunReport:
    """Everything that the report of a run says.

    `statuses` counts candidates by status (`Status` values; other names are shown as they are),
    `flags` counts candidates by flag. `main_label` names the label whose problems the figures
    are about, the first one by default; problems of other labels are never mixed in.
    `duplicates_saved` counts verifications that equal solutions made needless, `stages` holds
    seconds per stage. `reference` is None where none was asked for. `parameters`, `digests` and
    `versions` are shown as they come.
    """

    run: str
    suite: str
    model: str
    problems: tuple[ProblemResult, ...]
    statuses: Mapping[str, int] = field(default_factory=dict)
    flags: Mapping[str, int] = field(default_factory=dict)
    main_label: str | None = None
    duplicates_saved: int = 0
    stages: Mapping[str, float] = field(default_factory=dict)
    reference: ReferenceResult | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    preset: FitPreset = DEFAULT


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """What `write_report` wrote: the page, and per figure its PNG, SVG and CSV.

    `figures` is keyed by "coverage", "rates" and "statuses"; what a run has no data for is not
    in it.
    """

    html: Path
    figures: Mapping[str, tuple[Path, Path, Path]]

    @property
    def coverage_png(self) -> Path | None:
        """The coverage curve; None where no problem has a candidate."""
        files = self.figures.get("coverage")
        return files[0] if files else None


def write_report(report: RunReport, folder: Path) -> ReportFiles:
    """Writes `report.html` and the figures into `folder`, which is made where it is missing.

    Raises `AnalysisError` for counts that cannot be, and `UsageError` where the folder cannot be
    written.
    """
    # Tables in a terminal need `RunReport` too, and no matplotlib, which is slow to load.
    from vervet.report.page import page_html

    groups = groups_of(report.problems, report.main_label, report.preset)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figures = _write_figures(report, groups, folder)
        html = folder / "report.html"
        html.write_text(page_html(report, groups), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the report cannot be written to {folder}: {error.strerror or error}",
            hint="Name a folder that can be written.",
        ) from error
    return ReportFiles(html=html, figures=figures)


def _write_figures(
    report: RunReport, groups: Groups, folder: Path
) -> dict[str, tuple[Path, Path, Path]]:
    from vervet.report.figures import coverage_figure, rates_figure, status_figure
    from vervet.report.files import coverage_table, rates_table, save, status_table

    written: dict[str, tuple[Path, Path, Path]] = {}
    title = f"{report.suite} · {report.model}"
    if groups.main is not None:
        main = groups.main
        figure = coverage_figure(groups.curves, title=title)
        written["coverage"] = save(figure, coverage_table(groups.curves), folder / "coverage")
        figure = rates_figure(main.n, main.c, title=title)
        written["rates"] = save(figure, rates_table(main.names, main.n, main.c), folder / "rates")
    if any(report.statuses.values()):
        figure = status_figure(report.statuses, title=title)
        written["statuses"] = save(figure, status_table(report.statuses), folder / "statuses")
    return written
