"""What reference mode said, in words, on the page and among the numbers."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.report.samples import ORDINARY
from vervet.report.reference import ReferenceResult, reference_words
from vervet.report.run_report import write_report
from vervet.report.summary import summarise


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (ReferenceResult(0, 0), "0 re-judged, 0 differ"),
        (ReferenceResult(1_046, 1, problems=("p1",)), "1,046 re-judged, 1 differs (p1)"),
        (
            ReferenceResult(46, 6, 2, 1, problems=tuple("abcdef")),
            "46 re-judged, 6 differ (a, b, c, d, e, ...), 2 flaky, 1 speed-dependent",
        ),
        (
            ReferenceResult(3, 0, skipped=4, failed=1, why="no bubblewrap"),
            "3 re-judged, 0 differ; 4 cannot run there; 1 could not be re-judged: no bubblewrap",
        ),
    ],
)
def test_one_line_says_all_of_it(found: ReferenceResult, words: str) -> None:
    assert reference_words(found) == words


@pytest.mark.parametrize("asked", [True, False])
def test_page_and_summary_tell_it_where_it_was_asked_for(tmp_path: Path, asked: bool) -> None:
    result = ReferenceResult(46, 2, problems=("<b>", "p2")) if asked else None
    report = replace(ORDINARY, reference=result)
    page = write_report(report, tmp_path).html.read_text(encoding="utf-8")
    assert ("46 re-judged, 2 differ (&lt;b&gt;, p2)" in page) is asked
    assert ("Reference mode" in page) is asked
    assert asdict(summarise(report))["reference"] == (asdict(result) if result else None)
