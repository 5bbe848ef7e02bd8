"""Figures on disk: PNG and SVG, with the data that they show as CSV beside them."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from vervet.analysis.counts import check_counts
from vervet.analysis.scaling import NoFit
from vervet.report.curves import Curve
from vervet.report.tables import rows_of_curve, status_rows

__all__ = ["Table", "coverage_table", "rates_table", "save", "status_table", "svg_text"]

Table = tuple[tuple[str, ...], Sequence[Sequence[object]]]
"""A header and rows, as they go into a CSV file."""


def coverage_table(curves: Sequence[Curve]) -> Table:
    """What `coverage_figure` draws: one row for each curve and k."""
    header = ("curve", "k", "coverage", "low", "high", "lower", "upper", "fit")
    rows: list[Sequence[object]] = []
    for curve in curves:
        law = None if isinstance(curve.fit, NoFit) else curve.fit.predict(curve.estimate.ks)
        for at, row in enumerate(rows_of_curve(curve)):
            fit = "" if law is None else float(law[at])
            values = (row.k, row.coverage, row.low, row.high, row.lower, row.upper, fit)
            rows.append((curve.label, *values))
    return header, rows


def rates_table(names: Sequence[str], n: npt.ArrayLike, c: npt.ArrayLike) -> Table:
    """What `rates_figure` draws: one row for each problem, the lowest rate first."""
    sizes, passes = check_counts(n, c, names)
    order = np.lexsort((np.arange(sizes.size), passes / sizes))
    rows = [(names[i], int(sizes[i]), int(passes[i]), float(passes[i] / sizes[i])) for i in order]
    return ("problem", "n", "c", "rate"), rows


def status_table(counts: Mapping[str, int]) -> Table:
    """What `status_figure` draws: one row for each status."""
    return ("status", "count", "share"), [
        (row.status, row.count, row.share) for row in status_rows(counts)
    ]


def save(figure: Figure, table: Table, stem: Path) -> tuple[Path, Path, Path]:
    """Writes `stem`.png (200 dots an inch), `stem`.svg and the data as `stem`.csv (UTF-8)."""
    png, svg, data = (stem.with_name(stem.name + end) for end in (".png", ".svg", ".csv"))
    with _missing_glyphs_allowed():
        figure.savefig(png, dpi=200)
    svg.write_text(svg_text(figure), encoding="utf-8")
    with data.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table[0])
        writer.writerows(table[1])
    return png, svg, data


def svg_text(figure: Figure) -> str:
    """The figure as SVG text, with no date in it."""
    buffer = io.StringIO()
    with _missing_glyphs_allowed():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "Vervet"})
    return buffer.getvalue()


@contextmanager
def _missing_glyphs_allowed() -> Iterator[None]:
    """A name in a script that the font lacks is drawn as boxes, without a word on the terminal."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield
