from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vervet.report.audit_document import Fold, Sides
from vervet.report.audit_markdown import audit_markdown
from vervet.report.audit_negatives import negatives_document
from vervet.report.audit_page import audit_html

from .audit_samples import EFFECTS, NEGATIVES, NO_NEGATIVES, POSITIVES, SUSPECTS
from .pages import Page


def _page(folder: Path, html: str) -> Page:
    path = folder / "report.html"
    path.write_text(html, encoding="utf-8")
    return Page(path)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    document = negatives_document(NEGATIVES, POSITIVES, SUSPECTS, weak_effects=EFFECTS)
    return _page(tmp_path_factory.mktemp("negatives"), audit_html(document))


@pytest.fixture(scope="module")
def text() -> str:
    return audit_markdown(negatives_document(NEGATIVES, POSITIVES, SUSPECTS, weak_effects=EFFECTS))


@pytest.mark.parametrize(
    "said",
    [
        "problems with a false negative 2 of 10 problems with references, 20.0%",
        "references that fail 6 of 50; 43 pass",
        "known-wrong solutions that pass 3 of 24 tried",
        "mutation score 86.4% of 22 mutants are refused",
        "labels more likely wrong than right 1 of 2 labels",
        "Without a reference, and so not examined: 2 problems.",
        "failed on 1 reference (bwrap: no user namespaces)",
        "Of those that pass, 4 references would not count",
        "Kill rates are lower bounds.",
        "Without a verdict: 1 known-wrong solution.",
        "checker strict 1 3",
        "several outputs 1 2",
        "time limit 1 1",
        "routes 5 3 1 – 2 1",
        "names 5 3 1 3 – –",
        "routes 3 of 5 references fail: several outputs, time limit",
        "1 (data set) and 1 like it failed, wrong output several outputs",
        "3 references give 2 different outputs 4 of 9",
        "test 2: 3 of 5 references fail it; 2 outputs, 1 not the one that most give",
        "names 8 8 100% the empty program",
        "routes 10 7 70.0% 1 of 2 known-incorrect ones",
        "comparison 12 9 75.0%",
        "gsm8k/1042 1 3 3.5 92.4% 2.50 2 of 2 models answer 3.5 most often",
        "gsm8k/7 2 12 – 3.73% −3.25",
        "a 62.0%, b 58.0%",
        "What it does to coverage",
        "What weak tests do to coverage",
        "without the affected problems 6 43.4% 54.5%",
        "Fix or drop: the tests of routes and names refuse right solutions.",
        "Widen the limits: references of routes",
        "Add tests: what is wrong without doubt passes those of routes and names.",
        "Work out by hand: the labels of gsm8k/1042, the most suspicious first, 3.5 instead of 3?",
        "data set 47",
    ],
)
def test_the_page_says_what_was_found(page: Page, said: str) -> None:
    assert said in page.text


def test_marks_what_differs_on_either_side(page: Page) -> None:
    assert "<del>2 3</del>" in page.source
    assert "<ins>·3 2</ins>" in page.source


def test_shows_a_mutant_as_a_diff(page: Page) -> None:
    assert '<span class="less">-    return a &lt; b</span>' in page.source
    assert '<span class="more">+    return a &lt;= b</span>' in page.source


def test_wrong_without_doubt_comes_before_mutants(page: Page) -> None:
    places = [page.text.index(said) for said in ("a program that does nothing", "calls it incor",
                                                 "passes with `a <= b`")]  # fmt: skip
    assert places == sorted(places)


@pytest.mark.parametrize(
    "said",
    [
        "- **references that fail: 6** (of 50; 43 pass)",
        "| several outputs | 1 | 2 | references disagree with each other",
        "| `routes` | 5 | 3 | 1 | – | 2 | 1 |",
        "  3\n- 1 2 3\n+ 1··3 2\n  0 0\n",
        "-    return a < b\n+    return a <= b\n",
        "| `gsm8k/1042` | 1 | `3` | `3.5` | 92.4% | 2.50 |",
        "Figures beside this file: effect-1.png, weak-effect-1.png",
    ],
)
def test_the_markdown_says_the_same(text: str, said: str) -> None:
    assert said in text


def test_the_checks_that_most_references_fail_come_first() -> None:
    (problem, *_) = NEGATIVES.problems
    (check,) = problem.checks
    many = tuple(replace(check, ordinal=at, name=f"t{at}", failing=1 + at % 4) for at in range(20))
    document = negatives_document(replace(NEGATIVES, problems=(replace(problem, checks=many),)))
    (section,) = (each for each in document.sections if each.heading == "What fails, and why")
    (fold,) = (each for each in section.blocks if isinstance(each, Fold))
    assert sum(isinstance(each, Sides) for each in fold.blocks) == 5
    said = audit_markdown(document)
    assert "**t3:** 4 of 5 references fail it" in said
    assert "15 more checks that some reference fails" in said


def test_a_suite_without_references_says_so(tmp_path: Path) -> None:
    document = negatives_document(NO_NEGATIVES)
    page = _page(tmp_path, audit_html(document))
    assert "This suite has no known-correct solutions" in page.text
    assert "vervet references import" in page.text
    assert document.plots() == []


def test_all_passing_reads_well() -> None:
    fine = replace(NO_NEGATIVES, with_references=3, references=9)
    said = audit_markdown(negatives_document(fine))
    assert "Every known-correct solution that was verified passes." in said
    assert "**Nothing failed:** the tests accept what is known to be correct." in said


def test_an_interrupted_audit_says_so() -> None:
    assert "was interrupted" in negatives_document(NEGATIVES, through=False).notices[0]
