from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.core.errors import UsageError
from vervet.report.audit_files import AuditFiles, folder_name, write_audit
from vervet.report.audit_flaky import flaky_document

from .audit_samples import EFFECTS, FLAKY, HOSTILE_FLAKY, NO_FLAKY


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> AuditFiles:
    folder = tmp_path_factory.mktemp("audits") / "made" / "here"
    return write_audit(flaky_document(FLAKY, EFFECTS), {"name": FLAKY.name, "n": 1}, folder)


def test_page_markdown_json_and_figures_lie_beside_each_other(files: AuditFiles) -> None:
    stems = ("flips", "misses", "effect-1")
    figures = {f"{stem}{end}" for stem in stems for end in (".png", ".svg", ".csv")}
    reports = {"report.html", "report.md", "report.json"}
    assert {path.name for path in files.html.parent.iterdir()} == figures | reports


def test_the_json_is_what_was_given(files: AuditFiles) -> None:
    assert json.loads(files.json.read_text(encoding="utf-8")) == {"name": FLAKY.name, "n": 1}


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("flips", {"flips": "dice test 4", "passed": "6", "missed": "3", "low": "0.0751"}),
        ("flips", {"flips": "race", "passed": "10", "missed": "1", "rate": "0.0909"}),
        ("effect-1", {"run": "gap-2026", "counted": "removed", "k": "10", "coverage": "0.545"}),
    ],
)
def test_data_beside_a_figure_is_what_it_shows(
    files: AuditFiles, name: str, row: dict[str, str]
) -> None:
    with files.figures[name][2].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [each for each in rows if row.items() <= each.items()]


def test_the_curve_of_misses_is_the_papers(files: AuditFiles) -> None:
    with files.figures["misses"][2].open(encoding="utf-8", newline="") as file:
        rows = {float(row["flip_rate"]): row for row in csv.DictReader(file)}
    # At 1/2 all attempts agree with chance 2 * (1/2)^11; 6 attempts leave 1/32.
    assert float(rows[0.5]["found_by_11"]) == pytest.approx(1 - 2**-10)
    assert rows[0.5]["attempts_for_95"] == "6"


def test_hostile_names_are_drawn_as_they_are(tmp_path: Path) -> None:
    written = write_audit(flaky_document(HOSTILE_FLAKY, EFFECTS), {}, tmp_path)
    assert written.figures["flips"][0].read_bytes().startswith(b"\x89PNG\r\n")


def test_an_empty_audit_has_all_reports(tmp_path: Path) -> None:
    written = write_audit(flaky_document(NO_FLAKY), {}, tmp_path)
    assert written.html.exists()
    assert written.markdown.exists()
    assert list(written.figures) == ["misses"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written to"):
        write_audit(flaky_document(NO_FLAKY), {}, tmp_path / "file")


def test_the_folder_has_the_audits_name() -> None:
    assert folder_name("flaky gap-2026 a1b2c3") == "flaky-gap-2026-a1b2c3"


@pytest.mark.parametrize("name", ["../../etc", "a/b", "..", "", "x" * 500, "猿", ".hidden"])
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    made = Path(folder_name(name))
    assert len(made.parts) == 1
    assert not made.name.startswith(".")
    assert len(made.name) < 120


@given(st.text(max_size=20), st.text(max_size=20))
def test_two_audits_never_share_a_folder(one: str, other: str) -> None:
    assert (folder_name(one) == folder_name(other)) is (one == other)
