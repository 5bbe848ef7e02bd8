"""Touched test configuration: by path, by table, what goes back and what flags a verdict."""

from __future__ import annotations

import configparser
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.problems.bundled import load
from vervet.verification.patches.text import Patch, read_patch
from vervet.verification.patches.touched import (
    Changed,
    Touch,
    TouchKind,
    Trusted,
    changed_by,
    configuration_find,
    is_configuration,
    plan_restoring,
    touched,
    trusted_of,
)
from vervet.verification.patches.touched_tables import tables_differ, with_tables_of

TRUSTED = Trusted(frozenset({"tests/test_a.py"}), ("bin/test", "pkg/testing/"))
KINDS = {
    "conftest.py": TouchKind.CONFTEST,
    "deep/er/conftest.py": TouchKind.CONFTEST,
    "conftest.pyc": TouchKind.CONFTEST,
    "pytest.ini": TouchKind.CONFIG,
    "tests/.pytest.ini": TouchKind.CONFIG,
    "setup.cfg": TouchKind.CONFIG,
    "tox.ini": TouchKind.CONFIG,
    "pyproject.toml": TouchKind.CONFIG,
    ".coveragerc": TouchKind.CONFIG,
    "sitecustomize.py": TouchKind.SITE,
    "src/usercustomize/__init__.py": TouchKind.SITE,
    "x.pth": TouchKind.SITE,
    "pkg.egg-info/entry_points.txt": TouchKind.PLUGIN,
    "pkg-1.dist-info/METADATA": TouchKind.PLUGIN,
    "pytest.py": TouchKind.SHADOW,
    "_pytest/__init__.py": TouchKind.SHADOW,
    "src/unittest/__init__.py": TouchKind.SHADOW,
    "tests/random.py": TouchKind.SHADOW,
    "pkg/tests/json.py": TouchKind.SHADOW,
    "lib/os.cpython-311-x86_64-linux-gnu.so": TouchKind.SHADOW,
    ".pdbrc": TouchKind.STARTUP,
    "pkg/x.so": TouchKind.COMPILED,
    "pkg/__pycache__/x.cpython-39.pyc": TouchKind.COMPILED,
    "bin/test": TouchKind.RUNNER,
    "pkg/testing/run.py": TouchKind.RUNNER,
    "tests/test_a.py": TouchKind.TEST,
    "tests/util.py": TouchKind.SUPPORT,
    "pkg/test_b.py": TouchKind.SUPPORT,
    "test/x.txt": TouchKind.SUPPORT,
}
NOTHING = ["pkg/core.py", "setup.py", "pkg/random.py", "pkg/test/client.py", "docs/conf.py", "a.md"]


@pytest.mark.parametrize("path", KINDS)
def test_a_path_says_what_it_does_to_the_tests(path: str) -> None:
    (touch,) = touched([Changed(path, added=True)], TRUSTED)
    assert (touch.path, touch.kind) == (path, KINDS[path])


@pytest.mark.parametrize("path", NOTHING)
def test_other_paths_are_the_candidates_own(path: str) -> None:
    assert touched([Changed(path, added=True)], TRUSTED) == ()
    assert not is_configuration(path)


def test_a_module_that_was_there_hides_nothing() -> None:
    assert touched([Changed("src/pytest/__init__.py")], TRUSTED) == ()


@pytest.mark.parametrize("path", KINDS)
def test_configuration_is_what_no_instance_owns(path: str) -> None:
    own = {TouchKind.TEST, TouchKind.RUNNER, TouchKind.SUPPORT, TouchKind.COMPILED}
    assert is_configuration(path) is (KINDS[path] not in own)
    assert is_configuration(f"/testbed/{path}") is is_configuration(path)


def test_find_lists_every_configuration_file(tmp_path: Path) -> None:
    for path in [*KINDS, *NOTHING, ".git/conftest.py"]:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    done = subprocess.run(
        ["find", *configuration_find()], cwd=tmp_path, capture_output=True, check=True
    )
    listed = {name.removeprefix("./") for name in done.stdout.decode().split("\0") if name}
    wanted = {path for path in KINDS if is_configuration(path)}
    assert wanted - listed <= {"lib/os.cpython-311-x86_64-linux-gnu.so"}
    assert ".git/conftest.py" not in listed


def test_the_trusted_files_of_real_instances(shared_data: Path) -> None:
    problems = load(str(shared_data / "swebench_lite" / "instances.jsonl.gz")).suite.problems
    of = {problem.id: trusted_of(problem.spec) for problem in problems}
    assert of["pallets__flask-5063"] == Trusted(frozenset({"tests/test_cli.py"}))
    assert "tests/runtests.py" in of["django__django-11099"].runner
    assert "bin/test" in of["sympy__sympy-11400"].runner
    assert all(each.tests for each in of.values())


def test_of_the_gold_patches_only_pytests_own_touch_the_runner(shared_data: Path) -> None:
    kinds: dict[TouchKind, set[str]] = {}
    for problem in load(str(shared_data / "swebench_lite" / "instances.jsonl.gz")).suite.problems:
        patch = read_patch(problem.references[0])
        assert isinstance(patch, Patch)
        for touch in touched(changed_by(patch), trusted_of(problem.spec)):
            kinds.setdefault(touch.kind, set()).add(problem.spec["repo"])
        test_patch = read_patch(problem.spec["test_patch"])
        assert isinstance(test_patch, Patch)
        own = touched(changed_by(test_patch), trusted_of(problem.spec))
        assert {touch.kind for touch in own} == {TouchKind.TEST}
    assert kinds == {TouchKind.RUNNER: {"pytest-dev/pytest"}}


def test_what_gold_touches_too_runs_as_it_is_and_flags() -> None:
    conftest = Touch("conftest.py", TouchKind.CONFTEST, "")
    config = Touch("tox.ini", TouchKind.CONFIG, "")
    own = Touch("tests/test_a.py", TouchKind.TEST, "")
    one, other = (Touch(f"bin/{name}", TouchKind.RUNNER, "") for name in "ab")
    plan = plan_restoring([conftest, config, own, one], [config, own, other])
    assert plan.put_back == (conftest, own)
    assert plan.kept == (config, one)
    assert plan.flagged
    assert not plan_restoring([conftest, own], [config, own]).flagged


CFG = "[metadata]\nname = x\n\n[tool:pytest]\naddopts = -q\n\n[flake8]\nmax = 1\n"
TOML = '[project]\nname = "x"\n\n[tool.pytest.ini_options]\naddopts = "-q"\n\n[tool.ruff]\na = 1\n'


@pytest.mark.parametrize(
    ("path", "before", "after", "differ"),
    [
        ("setup.cfg", CFG, CFG, False),
        ("setup.cfg", CFG, CFG.replace("max = 1", "max = 2"), False),
        ("setup.cfg", CFG, CFG.replace("-q", "-p evil"), True),
        ("setup.cfg", CFG, None, True),
        ("setup.cfg", None, "[flake8]\nmax = 1\n", False),
        ("setup.cfg", None, CFG, True),
        ("setup.cfg", CFG, CFG + "[tool:pytest]\n", True),
        ("tox.ini", "[flake8]\n", "[flake8]\n[testenv:py39]\ncommands = true\n", True),
        ("tox.ini", "[flake8]\na=1", "[flake8]\na=1\x0c[pytest]\naddopts = -p evil\n", True),
        ("pyproject.toml", TOML, TOML.replace("a = 1", "a = 2"), False),
        ("pyproject.toml", TOML, TOML.replace("-q", "-p evil"), True),
        ("pyproject.toml", TOML, 'tool.pytest.ini_options.addopts = "-q"\n', False),
        ("pyproject.toml", TOML, f'{TOML}[project.entry-points.pytest11]\ne = "e"\n', True),
        ("pyproject.toml", TOML, "[", True),
        ("setup.cfg", "", "[tool:pytest]\na\n b\n", True),
    ],
)
def test_tables_are_compared_not_bytes(
    path: str, before: str | None, after: str | None, differ: bool
) -> None:
    assert tables_differ(path, before, after) is differ


def ini(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return {name: dict(parser.items(name)) for name in parser.sections()}


def test_a_table_goes_back_and_the_rest_stays() -> None:
    after = CFG.replace("-q", "-p evil").replace("max = 1", "max = 2")
    merged = with_tables_of("setup.cfg", CFG, f"{after}[testenv]\ncommands = true\n")
    assert merged is not None
    assert ini(merged) == {
        "metadata": {"name": "x"},
        "tool:pytest": {"addopts": "-q"},
        "flake8": {"max": "2"},
    }
    evil = f'{TOML.replace("-q", "-p evil").replace("a = 1", "a = 2")}[tool.tox]\nx = "y"\n'
    merged = with_tables_of("pyproject.toml", TOML, evil)
    assert merged is not None
    assert tomllib.loads(merged) == {
        "project": {"name": "x"},
        "tool": {"pytest": {"ini_options": {"addopts": "-q"}}, "ruff": {"a": 2}},
    }


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("pyproject.toml", TOML, 'tool.pytest.ini_options.addopts = "-p evil"\n'),
        ("pyproject.toml", TOML, "["),
        ("pyproject.toml", TOML, f"tool.pytest{'.a' * 100_000} = 1\n"),
        ("pyproject.toml", TOML, f"a = {'[' * 100_000}"),
        ("pyproject.toml", TOML, f"a{'.a' * 50} = 1\n" * 2_000),
        ("setup.cfg", CFG, "no section\n"),
        ("setup.cfg", CFG, None),
        ("setup.cfg", CFG, CFG.replace("-q", "-p evil") + "#" * (2 << 20)),
    ],
)
def test_where_it_is_not_sure_the_whole_file_goes_back(
    path: str, before: str, after: str | None
) -> None:
    assert with_tables_of(path, before, after) == before


@pytest.mark.parametrize("after", ["[tool:pytest]\naddopts = -p evil\n", CFG])
def test_a_new_file_loses_its_tables(after: str) -> None:
    merged = with_tables_of("setup.cfg", None, after)
    assert "tool:pytest" not in (merged or "")


LINES = st.lists(
    st.sampled_from(
        ["[tool:pytest]", "[pytest]", "[flake8]", "[testenv]", "a = 1", " b", "addopts = -p evil",
         "[tool.pytest.ini_options]", "[[tool.pytest]]", 'x = """', '"""', "\x0c[pytest]", "#x", ""]
    ),
    max_size=8,
).map(lambda lines: "\n".join([*lines, ""]))  # fmt: skip


@settings(deadline=None)
@given(path=st.sampled_from(["setup.cfg", "pyproject.toml"]), before=LINES, after=LINES)
def test_whatever_was_done_the_tables_are_those_of_before(
    path: str, before: str, after: str
) -> None:
    merged = with_tables_of(path, before, after)
    assert merged == before or not tables_differ(path, before, merged)
