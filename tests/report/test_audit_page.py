from __future__ import annotations

from pathlib import Path

import pytest

from vervet.report.audit_document import Document
from vervet.report.audit_flaky import flaky_document
from vervet.report.audit_negatives import negatives_document
from vervet.report.audit_page import audit_html

from .audit_samples import (
    EFFECTS,
    FLAKY,
    HOSTILE_FLAKY,
    HOSTILE_NEGATIVES,
    NEGATIVES,
    NO_FLAKY,
    NO_NEGATIVES,
    POSITIVES,
    SUSPECTS,
)
from .pages import LINKS, Page

DOCUMENTS = {
    "flaky": lambda: flaky_document(FLAKY, EFFECTS),
    "no flaky": lambda: flaky_document(NO_FLAKY),
    "hostile flaky": lambda: flaky_document(HOSTILE_FLAKY, EFFECTS),
    "negatives": lambda: negatives_document(NEGATIVES, POSITIVES, SUSPECTS, weak_effects=EFFECTS),
    "no negatives": lambda: negatives_document(NO_NEGATIVES),
    "hostile negatives": lambda: negatives_document(HOSTILE_NEGATIVES, POSITIVES, SUSPECTS),
}
TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1",
    "h2", "p", "code", "strong", "dl", "div", "dt", "dd", "ul", "li", "table", "thead", "tbody",
    "tr", "th", "td", "span", "figure", "picture", "source", "img", "details", "summary", "pre",
    "del", "ins",
}  # fmt: skip


@pytest.fixture(scope="module", params=DOCUMENTS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Page:
    document: Document = DOCUMENTS[request.param]()
    path: Path = tmp_path_factory.mktemp("audit") / "report.html"
    path.write_text(audit_html(document), encoding="utf-8")
    return Page(path)


def test_holds_no_tag_that_is_not_ours_and_none_is_left_open(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= TAGS
    assert page.open == []


def test_needs_no_other_file_and_no_script(page: Page) -> None:
    links = [value for _, attrs in page.tags for key, value in attrs.items() if key in LINKS]
    assert all(value.startswith("data:image/svg+xml;base64,") for value in links)
    assert not any(key.startswith("on") for _, attrs in page.tags for key in attrs)
    assert all(image["src"].startswith("data:") for image in page.all("img"))
    style = page.source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_shows_nothing_that_cannot_be_seen(page: Page) -> None:
    assert all(char.isprintable() or char == "\n" for char in page.source)


def test_is_of_bounded_size(page: Page) -> None:
    assert len(page.source) < 2_000_000


def test_can_be_read_without_seeing_it(page: Page) -> None:
    assert all(image["alt"] for image in page.all("img"))
    assert all(header["scope"] in ("col", "row") for header in page.all("th"))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    used = {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs}
    assert used <= set(ids)


def test_says_no_number_that_is_none(page: Page) -> None:
    lowered = page.text.lower()
    assert " nan" not in lowered
    assert "inf%" not in lowered
    assert "none" not in lowered.replace("none of these", "").replace("none was", "")
