"""Draws the figures of docs/analysis.md from the counts of the seven Pythia models.

python docs/images/pythia.py [COUNTS.csv]
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from vervet.analysis.coverage import coverage
from vervet.analysis.forecast import Forecast, Method, forecast
from vervet.analysis.grid import curve_ks
from vervet.analysis.similarity import shift_curves
from vervet.report.curves import curve_of
from vervet.report.figures_forecast import forecast_figure
from vervet.report.figures_models import ShiftedCurve, models_figure, s_curves_figure
from vervet.report.theme import LIGHT

HERE = Path(__file__).parent
DATA = HERE.parents[2] / "shared" / "data" / "monkeys_math_pythia" / "counts.csv"
ORDER = ["70M", "160M", "410M", "1B", "2.8B", "6.9B", "12B"]
Counts = dict[str, tuple[np.ndarray, np.ndarray]]


def read(file: Path) -> Counts:
    """n and c of 128 problems for each model, the smallest model first."""
    rows = defaultdict(list)
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            rows[row["model"]].append((int(row["n"]), int(row["c"])))
    names = [f"Pythia {size}" for size in ORDER]
    return {name: tuple(np.array(rows[name]).T) for name in names}  # type: ignore[misc]


def curves_figure(counts: Counts) -> Figure:
    """Coverage of all models with intervals and fits."""
    curves = [curve_of(name, n, c) for name, (n, c) in counts.items()]
    return models_figure(curves, title="128 MATH problems, 10,000 candidates each", fits=True)


def shapes_figure(counts: Counts) -> Figure:
    """The same curves without the smallest model, each shifted along log k."""
    ks = curve_ks(10_000)
    found = shift_curves({name: (ks, coverage(n, c, ks)) for name, (n, c) in counts.items()
                          if name != "Pythia 70M"}, anchor=0.3)  # fmt: skip
    shifted = [
        ShiftedCurve(name, found.relative_k, curve)
        for name, curve in zip(found.names, found.coverage, strict=True)
    ]
    return s_curves_figure(shifted, anchor=found.anchor, title="Shifted by log pass@k^-1(30 %)")


def ahead_figure(counts: Counts) -> Figure:
    """Four forecasts from 100 candidates of each problem, and what 10,000 showed."""
    n, c = counts["Pythia 410M"]
    few = np.random.default_rng(0).hypergeometric(c, n - c, 100)
    ks = np.unique(np.rint(np.geomspace(100, 10_000, 40)).astype(np.int64))
    found = [forecast(100, few, ks, method) for method in Method]
    figure = forecast_figure(
        curve_of("Pythia 410M, 100 of 10,000", np.full(few.size, 100), few),
        [one for one in found if isinstance(one, Forecast)],
        title="From 100 candidates; thin line: what 10,000 showed",
    )
    figure.axes[0].plot(ks, coverage(n, c, ks), color=LIGHT.ink, linewidth=1.0, zorder=5)
    return figure


def main() -> None:
    """Write the three figures beside this file."""
    counts = read(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
    for name, draw in (
        ("pythia-coverage", curves_figure),
        ("pythia-shapes", shapes_figure),
        ("pythia-forecast", ahead_figure),
    ):
        draw(counts).savefig(HERE / f"{name}.png", dpi=110)


if __name__ == "__main__":
    main()
