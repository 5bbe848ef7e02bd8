"""Eval scripts in parts: what installs, what tests, and nothing that git does between."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.problems.swebench_shipped import instances
from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.problems.swebench import SwebenchFormat
from vervet.verification.patches.script import END, START, script_of
from vervet.verification.patches.text import Patch, read_patch

BASE = "0" * 40


def problem(script: Any, base: str = BASE) -> Problem:
    return Problem("p", "patch", "", {"eval_script": script, "base_commit": base})


def made(*install: str, files: str = "t.py", commands: tuple[str, ...] = ("pytest t.py",)) -> str:
    return "\n".join(
        [
            "#!/bin/bash",
            *install,
            f"git checkout {BASE} {files}",
            "git apply -v - <<'EOF_1'",
            "+pytest evil.py",
            "EOF_1",
            f": '{START}'",
            *commands,
            f": '{END}'",
            f"git checkout {BASE} {files}",
            "",
        ]
    )


def lite(folder: Path) -> list[Mapping[str, Any]]:
    with gzip.open(folder / "swebench_lite" / "instances.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


def test_the_parts_of_a_script() -> None:
    found = script_of(problem(made("cd /testbed", "export A=1", "pip install .", files="a 'b c'")))

    assert found.install == "#!/bin/bash\ncd /testbed\nexport A=1\npip install .\n"
    assert found.settings == ("cd /testbed", "export A=1")
    assert found.commands == ("pytest t.py",)
    assert found.restored == ("a", "b c")


def test_all_of_the_real_and_of_the_shipped_scripts_come_apart(shared_data: Path) -> None:
    rows = [*lite(shared_data), *instances()]
    whole = 0
    for row in rows:
        found = script_of(SwebenchFormat().problem(row))
        patch = read_patch(row["test_patch"])
        assert isinstance(patch, Patch)
        quiet = "git checkout" not in found.install and "git apply" not in found.install
        tested = len(found.commands) == 1 and not any("git " in each for each in found.settings)
        whole += quiet and tested and set(found.restored) <= patch.paths

    assert whole == len(rows) == 304


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_testing_script_ends_as_the_tests_do(code: int) -> None:
    found = script_of(problem(made("set -x", commands=(f"(exit {code})",))))
    done = subprocess.run(
        ["bash", "-c", found.testing()], capture_output=True, text=True, check=False
    )

    assert done.returncode == code
    assert (done.stderr.count(START), done.stderr.count(END)) == (1, 1)


def test_other_commands_take_the_place_of_its_own() -> None:
    text = script_of(problem(made("cd /"))).testing(("pytest t.py u.py",))

    assert "pytest t.py u.py\n" in text
    assert "pytest t.py\n" not in text
    assert "pip" not in text


@pytest.mark.parametrize(
    "script",
    [
        None,
        "",
        "pytest",
        made().replace(START, ""),
        made().replace(END, ""),
        made().replace(START, END),
        made(f"echo '{START}'"),
        made().replace(f"git checkout {BASE}", "true"),
        made(commands=()),
        made(commands=("", " ")),
        "x" * (1 << 21),
    ],
)
def test_what_is_no_such_script_is_refused_by_name(script: Any) -> None:
    with pytest.raises(ProblemError, match="problem p"):
        script_of(problem(script))


def test_a_script_without_a_base_commit_is_refused() -> None:
    with pytest.raises(ProblemError):
        script_of(problem(made(), base=""))


@settings(max_examples=200)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)),
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
        min_size=1,
        max_size=4,
    ),
)
def test_no_line_is_lost_or_made(install: list[str], commands: list[str]) -> None:
    found = script_of(problem(made(*install, commands=tuple(commands))))

    assert found.install.split("\n")[1:-1] == install
    assert list(found.commands) == commands
    assert set(found.settings) <= set(install)
