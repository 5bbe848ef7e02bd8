"""What the code inside may be made of."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from tests.sandbox.jobs import job, run
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.jail import JailSandbox

SOURCES = sorted((sandboxes_dir() / "python").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_the_guest_imports_the_standard_library_alone(path: Path) -> None:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])

    assert names <= sys.stdlib_module_names | {"guest"}


def test_a_candidate_starts_with_what_most_import_and_without_what_is_slow(
    jail: JailSandbox,
) -> None:
    slow = {"ctypes", "json", "signal", "subprocess", "threading", "socket"}
    source = f"import sys\nprint(sorted({slow!r} & set(sys.modules)), 'typing' in sys.modules)"

    report = run(jail, job(source))

    assert report.checks[0].stdout == b"[] True\n"
