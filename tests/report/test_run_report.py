from __future__ import annotations

import base64
import csv
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vervet.core.errors import AnalysisError, UnknownNameError, UsageError
from vervet.report.run_report import ProblemResult, RunReport, write_report

from .pages import LINKS, Page
from .samples import DEGENERATE, ORDINARY


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_report(ORDINARY, folder)
    return folder


@pytest.fixture(scope="module")
def page(ordinary: Path) -> Page:
    return Page(ordinary / "report.html")


def test_says_the_numbers_that_it_was_given(page: Page) -> None:
    for said in (
        "gap-2026",
        "gap-code-8",
        "embedded code",
        "2026-11-25 02:30 UTC",
        "700",  # candidates
        "321 not verified twice",
        "timed out 20",
        "failed for 2 candidates",
        "starved 11",
        "0.42 s",
        "1 min 15 s",
        "temperature 0.8",
        "ab" * 32,
    ):
        assert said in page.text, said


def test_computes_coverage_of_the_main_label_alone(page: Page) -> None:
    # (40 + 4 + 1 + 0 + 0) / 500 and 3 of 5, without the easy problems.
    assert "coverage at k = 1 9.00%" in page.text
    assert "coverage at k = 100 60.0%" in page.text
    assert "never solved 2 of 5 problems" in page.text


def test_shows_each_other_label_on_its_own(page: Page) -> None:
    assert "easy (2 problems)" in page.text
    assert "1 72.5%" in page.text


def test_says_what_unsettled_candidates_leave_open(page: Page) -> None:
    # held-2 has 4 of 100 and two open: 47/500 at most.
    assert "9.00% to 9.40%" in page.text
    assert "Without a verdict: 2 candidates, counted as not passed." in page.text


def test_shows_doubted_passes_beside_the_default(page: Page) -> None:
    # (43 + 4 + 1 + 0 + 5) / 500, and 4 of 5 problems at k = 100.
    assert "Counting doubted passes" in page.text
    assert "10.6%" in page.text
    assert "80.0%" in page.text


def test_bounds_the_rate_of_the_never_solved(page: Page) -> None:
    assert "2 problems were never solved in 100 candidates." in page.text
    assert "below 2.95% (the rule of three, about 3/n)" in page.text


def test_lists_problems_by_rate_with_the_main_label_first(page: Page) -> None:
    places = [page.text.index(f"{name} ") for name in ("held-1", "held-2", "held-3", "held-4")]
    assert places == sorted(places)
    assert places[-1] < page.text.index("easy-1 ")


def test_counts_problems_without_candidates_apart(page: Page) -> None:
    assert "Without a candidate: 1 problem, in no figure." in page.text
    assert "no candidate" in page.text


def test_names_its_estimator_and_interval(page: Page) -> None:
    assert "1 − C(n−c, k) / C(n, k)" in page.text
    assert "bootstrap over problems" in page.text


def test_needs_no_other_file_and_no_script(page: Page) -> None:
    links = [value for _, attrs in page.tags for key, value in attrs.items() if key in LINKS]
    assert links
    assert all(value.startswith("data:image/svg+xml;base64,") for value in links)
    assert not page.all("script")
    assert not page.all("link")
    assert not any(key.startswith("on") for _, attrs in page.tags for key in attrs)
    style = page.source.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_drawings_inside_need_no_other_file(page: Page) -> None:
    for source in (*page.all("source"), *page.all("img")):
        uri = source.get("srcset") or source["src"]
        drawing = base64.b64decode(uri.partition(",")[2]).decode("utf-8")
        for element in ElementTree.fromstring(drawing).iter():
            for key, value in element.attrib.items():
                assert not key.endswith("href") or value.startswith("#")


def test_escapes_what_it_is_given(page: Page) -> None:
    assert 'remark <script>alert("x")</script>' in page.text


def test_can_be_read_without_seeing_it(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert "title" in [tag for tag, _ in page.tags]
    assert all(image["alt"] for image in page.all("img"))
    assert all(header["scope"] in ("col", "row") for header in page.all("th"))
    names = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    used = {attrs["aria-labelledby"] for _, attrs in page.tags if "aria-labelledby" in attrs}
    assert used <= names


def test_tags_nest(page: Page) -> None:
    assert page.open == []


def test_lies_beside_its_figures_and_their_data(ordinary: Path) -> None:
    stems = ("coverage", "rates", "statuses")
    expected = {f"{stem}{end}" for stem in stems for end in (".png", ".svg", ".csv")}
    assert {path.name for path in ordinary.iterdir()} == {*expected, "report.html"}
    for stem in stems:
        assert (ordinary / f"{stem}.png").read_bytes().startswith(b"\x89PNG\r\n")
        assert ElementTree.parse(ordinary / f"{stem}.svg").getroot().tag.endswith("svg")


def test_data_beside_a_figure_is_what_was_given(ordinary: Path) -> None:
    with (ordinary / "rates.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["problem", "n", "c", "rate"]
    assert rows[-1] == ["held-1", "100", "40", "0.4"]
    assert len(rows) == 6


@pytest.mark.parametrize("report", DEGENERATE, ids=lambda report: report.run[:30])
def test_a_degenerate_run_has_a_report_without_nan(report: RunReport, tmp_path: Path) -> None:
    files = write_report(report, tmp_path)
    page = Page(files.html)
    assert page.open == []
    lowered = page.text.lower()
    assert " nan" not in lowered
    assert "inf%" not in lowered
    for _, _, data in files.figures.values():
        cells = data.read_text(encoding="utf-8").replace("\n", ",").split(",")
        assert not {"nan", "inf", "-inf"} & {cell.strip().lower() for cell in cells}


def test_a_run_without_candidates_says_so_and_draws_nothing(tmp_path: Path) -> None:
    files = write_report(DEGENERATE[0], tmp_path)
    assert files.coverage_png is None
    assert files.figures == {}
    assert "no candidates yet" in Page(files.html).text


def test_says_when_every_pass_is_doubted(tmp_path: Path) -> None:
    doubted = next(report for report in DEGENERATE if report.run == "only doubted")
    page = Page(write_report(doubted, tmp_path).html)
    assert "Every pass is doubted" in page.text
    assert "doubted counted 11.0%" in page.text  # 66 of 600


def test_problems_without_a_label_beside_labelled_ones_have_a_name(tmp_path: Path) -> None:
    odd = next(report for report in DEGENERATE if report.run == "odd names")
    page = Page(write_report(odd, tmp_path).html)
    assert "no label: There is one problem" in page.text
    assert "no label (1 problem)" in page.text


def test_refuses_a_label_that_no_problem_has(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="held-out"):
        write_report(replace(ORDINARY, main_label="heldout"), tmp_path)


def test_refuses_a_problem_given_twice(tmp_path: Path) -> None:
    twice = (ProblemResult("a", 1, 0), ProblemResult("a", 1, 1))
    with pytest.raises(AnalysisError, match="'a' occurs more than once"):
        write_report(replace(DEGENERATE[0], problems=twice), tmp_path)


def test_refuses_counts_that_cannot_be(tmp_path: Path) -> None:
    broken = (ProblemResult("a", 5, 6), ProblemResult("b", 5, 1))
    with pytest.raises(AnalysisError, match="c is 6 and n only 5 for problem 'a'"):
        write_report(replace(DEGENERATE[0], problems=broken), tmp_path)


def test_a_folder_that_cannot_be_made_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        write_report(DEGENERATE[0], tmp_path / "file" / "report")
