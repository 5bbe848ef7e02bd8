"""Rules of the house that no tool checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES = 400


@pytest.mark.parametrize(
    "path", ["platform/__init__.py", "platform/platform.py", "tests/platform", "tests/platform.py"]
)
def test_nothing_shadows_pythons_own_platform(path: str) -> None:
    assert not (ROOT / path).exists()


def test_requirements_name_no_index_and_no_place_on_a_machine() -> None:
    place = re.compile(r"://|(?:^|[\s@=])(?:/|~/|\.\.?/|[A-Za-z]:\\)")
    found = [
        f"{path.name}:{number}: {line}"
        for path in sorted((ROOT / "requirements").glob("*.txt"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if place.search(line.split(" #")[0]) or "index-url" in line
    ]
    assert found == []


def test_every_locked_requirement_is_there() -> None:
    assert (ROOT / "requirements" / "default.txt").exists()
    assert (ROOT / "requirements" / "dev.txt").exists()


def test_no_module_is_too_long_to_be_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for top in ("platform", "sandboxes")
        for path in (ROOT / top).rglob("*.py")
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "platform").rglob("*.py")
        if "bundled" not in path.parts  # the repositories of instances are data
        if path.read_text().strip() and not path.read_text().lstrip().startswith('"""')
    ]
    assert silent == []
