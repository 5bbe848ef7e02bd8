from __future__ import annotations

from pathlib import Path

import pytest

from vervet.cli.audit_report import print_report, save_report
from vervet.pipeline.config import RunConfig
from vervet.report.audit_document import Document

EMPTY = Document("Flaky tests", "gap", "", [], [], [])


def test_a_report_goes_into_a_folder_of_its_own_in_the_state_folder(tmp_path: Path) -> None:
    config = RunConfig(state_dir=str(tmp_path))
    page = save_report(config, "flaky gap a1b2c3", EMPTY, {}, None)
    assert page == tmp_path / "audits" / "flaky-gap-a1b2c3" / "report.html"
    assert page.exists()


def test_a_report_goes_where_it_is_wanted_instead(tmp_path: Path) -> None:
    config = RunConfig(state_dir=str(tmp_path / "state"))
    page = save_report(config, "flaky gap a1b2c3", EMPTY, {}, tmp_path / "here")
    assert page == tmp_path / "here" / "report.html"
    assert not (tmp_path / "state").exists()


def test_the_path_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(Path("[bold]/report.html"))
    assert capsys.readouterr().out.endswith("report      [bold]/report.html\n")
