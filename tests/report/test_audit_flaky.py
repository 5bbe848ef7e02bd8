from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vervet.report.audit_document import Rows
from vervet.report.audit_flaky import flaky_document
from vervet.report.audit_markdown import audit_markdown
from vervet.report.audit_page import audit_html

from .audit_samples import EFFECTS, FLAKY, NO_FLAKY
from .pages import Page

CREATED = datetime(2026, 11, 25, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("flaky") / "report.html"
    document = flaky_document(FLAKY, EFFECTS, created=CREATED)
    path.write_text(audit_html(document), encoding="utf-8")
    return Page(path)


@pytest.fixture(scope="module")
def text() -> str:
    return audit_markdown(flaky_document(FLAKY, EFFECTS, created=CREATED))


@pytest.mark.parametrize(
    "said",
    [
        "gap-2026 · planted-40 · 2026-11-25 14:30 UTC",
        "flaky problems 3 of 8 problems, 37.5%",
        "near their limit of time 1",
        "solutions examined 57 8 of them known-correct",
        "repetitions 11 under equal conditions",
        "attempts 1,234 191 fewer than all repetitions of every solution",
        "Of every problem at most 3 passed and 3 other solutions were examined.",
        "failed too often to say anything of 1 solution",
        "clean 52 91.2% every attempt agreed",
        "flaky 2 3.51%",
        "dice flaky references 1 unexplained no factor alone shows it",
        "race flaky candidates only 1 load competitors for the processor passes 1 of 8 attempts",
        "zones condition dependent references 1 time another time zone shows it",
        "load 1 1 the outcome depends on how much of a processor it gets",
        "dice test 4 reference 01010101 6 3 33.3% 7.51% to 50.0% passed",
        "race the solution as a whole candidate 02020202 10 1 9.09% 0.23% to 41.3% not settled",
        "slow candidate 04040404 timed out (cpu time): 7, passed: 4 ends near its limit",
        "25.0% 95.8% 4.22% 11",
        "5.00% 43.1% 56.9% 59",
        "Run gap-2026: 2 of 8 problems affected",
        "all, as verified 8 41.2% 52.3%",
        "without the affected problems 6 43.4% 54.5%",
        "flaky ones settled by majority 8 41.6% 52.7%",
        "as if the affected all failed 8 30.8% 40.9%",
        "as if the affected all passed 8 55.8% 65.9%",
        "Fix or drop: known-correct solutions of dice do not always pass.",
        "Settle: only candidates flip on race.",
        "Hold still or fix: a condition in which hosts differ decides what becomes of zones.",
        "Widen the limits: solutions of slow",
        "Mend the host: nothing can be said of lost",
    ],
)
def test_the_page_says_what_was_found(page: Page, said: str) -> None:
    assert said in page.text


@pytest.mark.parametrize(
    "said",
    [
        "- **flaky problems: 3** (of 8 problems, 37.5%)",
        "| clean | 52 | 91.2% | every attempt agreed |",
        "| `dice` | flaky | references | 1 | unexplained | no factor alone shows it |",
        "| `dice` | `test 4` | reference 01010101 | 6 | 3 | 33.3% | 7.51% to 50.0% | passed |",
        "| all, as verified | 8 | 41.2% | 52.3% |",
        "- **Settle:** only candidates flip on race.",
        "Figures beside this file: flips.png, misses.png, effect-1.png",
    ],
)
def test_the_markdown_says_the_same(text: str, said: str) -> None:
    assert said in text


def test_speed_is_told_apart_from_flaky_problems() -> None:
    sections = {each.heading: each for each in flaky_document(FLAKY).sections}
    (problems,) = (each for each in sections["Problems"].blocks if isinstance(each, Rows))
    assert len(problems.rows) == 4
    (slow,) = (each for each in sections["Near the limit of time"].blocks if isinstance(each, Rows))
    assert len(slow.rows) == 1


def test_more_attempts_than_all_repetitions_are_explained() -> None:
    document = flaky_document(replace(FLAKY, attempts=1_500))
    card = next(each for each in document.cards if each.label == "attempts")
    assert card.beside == "75 more than all repetitions, to explain what was found"


def test_an_interrupted_audit_says_so() -> None:
    assert "was interrupted" in flaky_document(FLAKY, through=False).notices[0]


def test_nothing_examined_reads_well(tmp_path: Path) -> None:
    document = flaky_document(NO_FLAKY)
    path = tmp_path / "report.html"
    path.write_text(audit_html(document), encoding="utf-8")
    page = Page(path)
    assert "No solution was examined, so nothing is known yet." in page.text
    assert "flaky problems 0 of 0 problems, 0%" in page.text
    headings = {each.heading for each in document.sections}
    assert not headings & {"Problems", "Causes", "Flaky checks", "Near the limit of time"}


def test_nothing_flaky_says_what_may_have_been_missed() -> None:
    clean = replace(FLAKY, items=(), findings={"clean": 57})
    said = audit_markdown(flaky_document(clean))
    assert (
        "**Nothing flipped:** 11 attempts of each solution agreed; one that flips at 25.0% is "
        "missed with a chance of 4.22%." in said
    )


def test_coverage_of_unaffected_runs_stays_as_it_is() -> None:
    (run,) = EFFECTS
    unaffected = replace(run, effect=replace(run.effect, affected=0))
    said = audit_markdown(flaky_document(FLAKY, [unaffected]))
    assert "No problem of these runs is affected, so coverage stays as it is." in said
    assert "as if the affected all failed" not in said
