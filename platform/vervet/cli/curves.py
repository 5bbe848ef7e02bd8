"""Curves and fits of count sets, as `vervet coverage` and `fit` both show and draw them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vervet.cli.sources import plot

if TYPE_CHECKING:
    from vervet.analysis.scaling import FitPreset
    from vervet.report.count_sets import CountSet
    from vervet.report.curves import Curve

__all__ = ["fit_fields", "plot_coverage", "print_files", "set_curve"]


def set_curve(one: CountSet, ks: list[int] | None, preset: FitPreset | None = None) -> Curve:
    """The curve of a set at the k that are drawn and at `ks`, stopped sampling told apart."""
    import numpy as np

    from vervet.analysis.grid import curve_ks
    from vervet.analysis.scaling import DEFAULT
    from vervet.analysis.stopping import find_stopping
    from vervet.report.curves import curve_of, stopped_curve

    rules = preset or DEFAULT
    stopping = find_stopping(one.n, one.c, names=one.names)
    if stopping is not None:
        return stopped_curve(
            one.label, one.n, one.c, stopping, ks=ks, preset=rules, names=one.names
        )
    grid = curve_ks(int(one.n.min()))
    if ks is not None:
        grid = np.union1d(grid, ks)
    return curve_of(
        one.label,
        one.n,
        one.c,
        unsettled=one.unsettled,
        ks=grid,
        preset=rules,
        names=one.names,
    )


def fit_fields(fit: Any) -> dict[str, Any]:
    from vervet.analysis.scaling import NoFit

    if isinstance(fit, NoFit):
        keys = ("a", "b", "error_mean", "error_sd", "space", "points", "largest")
        return {**dict.fromkeys(keys), "reason": fit.reason}
    return {
        "a": fit.a,
        "b": fit.b,
        "error_mean": fit.error_mean,
        "error_sd": fit.error_sd,
        "space": str(fit.space),
        "points": int(fit.ks.size),
        "largest": int(fit.ks.max()),
        "reason": "",
    }


def print_files(files: list[str]) -> None:
    from vervet.cli.output import out

    for file in files:
        out().print(file, markup=False)


def plot_coverage(
    sets: Sequence[CountSet], curves: Sequence[Curve], file: Any, *, fits: bool = False
) -> list[str]:
    """One set with interval, fit and the histogram of its rates; several on one axis."""
    from vervet.report.figures import coverage_figure, rates_figure
    from vervet.report.figures_models import models_figure
    from vervet.report.files import coverage_table, rates_table

    data = coverage_table(curves)
    if len(curves) > 1:
        figure = models_figure(curves, title="Coverage", fits=fits)
        return plot(figure, data, file)
    [one] = sets
    files = plot(coverage_figure(curves, title=one.label), data, file)
    rates = rates_figure(one.n, one.c, title=one.label)
    return [*files, *plot(rates, rates_table(one.names, one.n, one.c), file, part="rates")]
