"""`vervet fit`: the scaling law of each run or model, and how alike their shapes are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vervet.cli.curves import fit_fields, plot_coverage, print_files, set_curve
from vervet.cli.options import (
    ConfigOption,
    DatabaseOption,
    JsonOption,
    OverrideOption,
    StateOption,
    config_from,
)
from vervet.cli.sources import (
    CsvOption,
    LabelOption,
    PlotOption,
    SourcesArgument,
    count_sets,
    plot,
    print_csv,
    spare_sources,
)

if TYPE_CHECKING:
    from vervet.analysis.similarity import ShiftedCurves
    from vervet.report.curves import Curve

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("fit")(fit)


def fit(
    sources: SourcesArgument = None,
    preset: Annotated[
        str,
        typer.Option("--preset", help="default, paper or log-log: what is compared, and where."),
    ] = "default",
    label: LabelOption = None,
    plot_file: PlotOption = None,
    as_csv: CsvOption = False,
    config_file: ConfigOption = None,
    override: OverrideOption = None,
    db: DatabaseOption = None,
    state_dir: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the scaling law c = exp(a k^b) to the coverage of each run or model.

    \b
    vervet fit codegen
    vervet fit counts.csv --preset paper --plot fits
    """
    from vervet.analysis.scaling import DEFAULT, PAPER, FitPreset, Space
    from vervet.core.errors import UnknownNameError

    presets = {"default": DEFAULT, "paper": PAPER, "log-log": FitPreset("log-log", Space.LOG_LOG)}
    if preset not in presets:
        raise UnknownNameError("preset", preset, presets)
    spare_sources(plot_file, sources)
    config = config_from(config_file, override, database=db, state_dir=state_dir)
    sets = count_sets(config, sources, label)
    curves = [set_curve(one, None, presets[preset]) for one in sets]
    files: list[str] = []
    if plot_file:
        files = plot_coverage(sets, curves, plot_file, fits=True)
    shifted = _shifted(curves)
    if plot_file and not isinstance(shifted, str):
        files += _plot_s_curves(curves, shifted, plot_file)
    found = [{"label": s.label, **fit_fields(c.fit)} for s, c in zip(sets, curves, strict=True)]
    if as_csv:
        print_csv((tuple(found[0]), [tuple(row.values()) for row in found]))
        return
    from vervet.cli.output import err, out, print_json, table

    if as_json:
        print_json(
            {
                "preset": preset,
                "fits": found,
                "s_curves": _shifted_fields(shifted),
                "files": files,
            }
        )
        return
    rows = []
    for row in found:
        if row["reason"]:
            rows.append((row["label"], f"none: {row['reason']}", "", "", "", ""))
            continue
        a, b = row["a"], row["b"]
        rows.append(
            (
                row["label"],
                f"c = exp({a:.2f} k^{b:.2f})",
                f"c = exp({a:.2f} k^-({-b:.2f}))",
                f"{row['error_mean']:.4f} ± {row['error_sd']:.4f}",
                f"{row['points']} k up to {row['largest']:,}",
                row["space"],
            )
        )
    headings = ("", "fit", "as the paper's first version", "error", "fitted at", "space")
    out().print(table(headings, rows, set()))
    if not isinstance(shifted, str):
        out().print(
            f"\nS-curves    laid over each other at a coverage of {shifted.anchor:.0%}, curves "
            f"differ by {100 * shifted.spread:.1f} points (as they are by "
            f"{100 * shifted.spread_before:.1f})",
            markup=False,
        )
    elif shifted:
        out().print(f"\nS-curves    not compared: {shifted}", markup=False)
    print_files(files)
    for one in sets:
        for remark in one.remarks:
            err().print(remark, markup=False)


def _shifted(curves: Sequence[Curve]) -> ShiftedCurves | str:
    """All curves laid over each other, or why they cannot be; empty for a single one."""
    from vervet.analysis.similarity import shift_curves
    from vervet.core.errors import AnalysisError

    if len(curves) < 2:
        return ""
    names = [f"{at}: {curve.label}" for at, curve in enumerate(curves)]
    points = [(curve.estimate.ks, curve.estimate.coverage) for curve in curves]
    try:
        return shift_curves(dict(zip(names, points, strict=True)))
    except AnalysisError as error:
        return error.message


def _shifted_fields(shifted: ShiftedCurves | str) -> dict[str, Any] | None:
    if isinstance(shifted, str):
        return {"reason": shifted} if shifted else None
    return {
        "anchor": shifted.anchor,
        "k_at_anchor": shifted.k_at_anchor.tolist(),
        "spread": shifted.spread,
        "spread_before": shifted.spread_before,
    }


def _plot_s_curves(curves: Sequence[Curve], shifted: ShiftedCurves, file: Any) -> list[str]:
    from vervet.report.analysis_tables import s_curves_table
    from vervet.report.figures_models import ShiftedCurve, s_curves_figure

    moved = [
        ShiftedCurve(curve.label, curve.estimate.ks / k, curve.estimate.coverage)
        for curve, k in zip(curves, shifted.k_at_anchor, strict=True)
    ]
    figure = s_curves_figure(moved, anchor=shifted.anchor, title="Coverage, moved along log k")
    return plot(figure, s_curves_table(moved), file, part="s-curves")
