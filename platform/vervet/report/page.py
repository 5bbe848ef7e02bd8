"""The page of a run: one HTML file that needs no other file, no script and no network.

Turns values into words and fills the template; never computes an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vervet.analysis.grid import shown_ks
from vervet.analysis.intervals import Caveat, never_solved_bound
from vervet.analysis.scaling import NoFit
from vervet.report.figures import coverage_figure, rates_figure
from vervet.report.groups import NO_LABEL, Group, Groups, ProblemResult
from vervet.report.markup import NARROW, WIDE, Picture, picture, templates
from vervet.report.reference import reference_words
from vervet.report.tables import rows_of_curve, status_rows
from vervet.report.theme import DARK, LIGHT
from vervet.report.words import moment, percent, plural, span

if TYPE_CHECKING:
    from vervet.report.run_report import RunReport

__all__ = ["page_html"]


def page_html(report: RunReport, groups: Groups) -> str:
    """The whole page as text."""
    return templates().get_template("report.html.j2").render(_context(report, groups))


def _context(report: RunReport, groups: Groups) -> dict[str, Any]:
    main = groups.main
    statuses = status_rows(report.statuses)
    return {
        "report": report,
        "created": moment(report.created) if report.created else "",
        "main": main,
        "notices": _notices(report, groups),
        "cards": _cards(report, groups),
        "coverage_picture": _coverage_picture(groups) if main else None,
        "rates_picture": _rates_picture(main) if main else None,
        "tables": [_coverage_section(group) for group in groups.groups],
        "problems": _problem_rows(report.problems, groups),
        "labelled": len({problem.label for problem in report.problems}) > 1,
        "doubted": any(problem.doubted for problem in report.problems),
        "unsettled": any(problem.unsettled for problem in report.problems),
        "never": _never_solved(main) if main else "",
        "statuses": [row for row in statuses if not row.infrastructure],
        "infrastructure": [row for row in statuses if row.infrastructure],
        "reference": reference_words(report.reference) if report.reference else "",
        "details": [
            ("Parameters", report.parameters),
            ("Digests", report.digests),
            ("Versions", report.versions),
        ],
        "light": LIGHT,
        "dark": DARK,
    }


def _cards(report: RunReport, groups: Groups) -> list[tuple[str, str, str]]:
    """The few numbers at the top: label, value, what stands beside it."""
    cards: list[tuple[str, str, str]] = []
    main = groups.main
    if main is not None:
        found = main.curve.estimate
        for k in sorted({1, main.curve.largest}):
            at = main.curve.at(k)
            beside = f"{span(float(found.low[at]), float(found.high[at]))} ({found.level:.0%})"
            value = percent(float(found.coverage[at]))
            counted = ", doubted counted" if main.only_doubted else ""
            cards.append((f"coverage at k = {k:,}{counted}", value, beside))
        never, problems = main.never_solved, len(main.names)
        cards.append(("never solved", f"{never:,}", f"of {plural(problems, 'problem')}"))
    candidates = sum(problem.n for problem in report.problems)
    saved = f"{report.duplicates_saved:,} not verified twice" if report.duplicates_saved else ""
    cards.append(("candidates", f"{candidates:,}", saved))
    return cards


def _notices(report: RunReport, groups: Groups) -> list[str]:
    """What a reader must know before the numbers."""
    if groups.main is None:
        return ["This run has no candidates yet, so there is nothing to estimate."]
    found = []
    unsettled = sum(problem.unsettled for problem in report.problems)
    if unsettled:
        found.append(
            f"Without a verdict: {plural(unsettled, 'candidate')}, counted as not passed. The "
            "upper bound shows coverage if every one of them passed."
        )
    if groups.without_candidates:
        found.append(
            f"Without a candidate: {plural(groups.without_candidates, 'problem')}, in no figure."
        )
    for group in groups.groups:
        prefix = f"{group.label or NO_LABEL}: " if len(groups.groups) > 1 else ""
        if group.only_doubted:
            found.append(
                f"{prefix}Every pass is doubted (it carries the flag flagged, beside or unsafe). "
                "By default such passes do not count and coverage is 0 at every k; the figures "
                "here count them."
            )
        sizes = sorted({int(group.n.min()), int(group.n.max())})
        if len(sizes) > 1:
            found.append(
                f"{prefix}Problems have from {sizes[0]:,} to {sizes[1]:,} candidates; curves end "
                "at the smallest number."
            )
        found.extend(prefix + caveat.text for caveat in _caveats(group))
    return found


def _caveats(group: Group) -> Sequence[Caveat]:
    return group.curve.estimate.caveats


def _coverage_section(group: Group) -> dict[str, Any]:
    """One table of coverage, with its fit, ready for the template."""
    curve = group.curve
    ks = shown_ks(curve.largest)
    fit = curve.fit
    fitted = None if isinstance(fit, NoFit) else fit.predict(ks)
    rows = rows_of_curve(curve, group.counting, ks)
    return {
        "label": curve.label,
        "level": f"{curve.estimate.level:.0%}",
        "rows": [
            {
                "k": f"{row.k:,}",
                "coverage": percent(row.coverage),
                "interval": span(row.low, row.high),
                "bounds": span(row.lower, row.upper),
                "counting": "" if row.counting_doubted is None else percent(row.counting_doubted),
                "fit": "" if fitted is None else percent(float(fitted[at])),
            }
            for at, row in enumerate(rows)
        ],
        "bounds": curve.unsettled > 0,
        "counting": group.counting is not None,
        "fit": None if isinstance(fit, NoFit) else fit,
        "no_fit": fit.reason if isinstance(fit, NoFit) else "",
    }


def _problem_rows(problems: Sequence[ProblemResult], groups: Groups) -> list[dict[str, Any]]:
    """Problems by success rate, the main label first and the highest rate first in each.

    `bar` is a length in percent on a log scale that starts at half a pass.
    """
    passes = {name: int(c) for g in groups.groups for name, c in zip(g.names, g.c, strict=True)}
    order = {group.label: at for at, group in enumerate(groups.groups)}
    decades = np.log10(2 * max([1, *(problem.n for problem in problems)]))
    rows = []
    for problem in problems:
        rate = passes[problem.name] / problem.n if problem.n else 0.0
        bar = 100 * (1 + np.log10(rate) / decades) if rate else 0.0
        rows.append({"of": problem, "rate": rate, "bar": f"{bar:.1f}"})
    return sorted(
        rows, key=lambda row: (order.get(row["of"].label, len(order)), -float(row["rate"]))
    )


def _never_solved(main: Group) -> str:
    if not main.never_solved:
        return ""
    tried = int(main.n[main.c == 0].min())
    bound = percent(never_solved_bound(tried))
    one = main.never_solved == 1
    which = "1 problem was" if one else f"{main.never_solved:,} problems were"
    have = "it has" if one else "each of them has"
    return (
        f"{which} never solved in {plural(tried, 'candidate')}. That is not a rate of zero: "
        f"with 95% confidence {have} a success rate below {bound} (the rule of three, about 3/n)."
    )


def _coverage_picture(groups: Groups) -> Picture:
    curves = groups.curves
    main = curves[0]
    first, last = main.at(1), main.at(main.largest)
    values = main.estimate.coverage
    alt = (
        f"Curve of coverage against the number of candidates k, on a log axis: "
        f"{percent(float(values[first]))} at k = 1"
    )
    if main.largest > 1:
        alt += f", {percent(float(values[last]))} at k = {main.largest:,}"
    alt += ". The table below has the same numbers."
    wide = coverage_figure(curves, title="", width=WIDE, height=4.4)
    return picture(alt, wide, coverage_figure(curves, title="", width=NARROW, height=3.8))


def _rates_picture(main: Group) -> Picture:
    alt = (
        f"Histogram of the success rates of {plural(len(main.names), 'problem')} on a log axis; "
        f"{main.never_solved:,} were never solved."
    )
    wide = rates_figure(main.n, main.c, title="", width=WIDE, height=3.3)
    return picture(alt, wide, rates_figure(main.n, main.c, title="", width=NARROW, height=3.0))
