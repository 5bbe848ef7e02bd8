"""Canaries, twins and mutants as text: of every real instance, and of sources of all shapes."""

from __future__ import annotations

import ast
import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.core.values import Problem
from vervet.problems.swebench import SwebenchFormat
from vervet.verification.patches.doubles import (
    TestFile,
    canary_of,
    function_of,
    mutant_of,
    name_in_twin,
    test_files,
    twin_of,
)
from vervet.verification.patches.script import script_of
from vervet.verification.patches.text import Patch, read_patch

TestFile.__test__ = False  # type: ignore[attr-defined]  # its name is no test's
test_files.__test__ = False  # type: ignore[attr-defined]
NONCE = "qzwxvbnmkjhgfd"
SOURCE = '''\
import pytest
from thing import f


@pytest.mark.parametrize("x", [1, 2])
def test_values(x):
    """Says what it does."""
    assert f(
        x
    ) == [1, "é", {"a": -1.5}]; assert x != 3


class TestMore:
    def test_raises(self):
        with pytest.raises(ValueError, match="no"):
            f(0)
            f(1)

    def test_words(self):
        self.assertEqual(f(2), g(3))
        self.assertTrue(
            f(4))

    def test_calls(self):
        f(5)

    def test_line(self): assert 1 == f(6)
'''
NAMES = [
    "t.py::test_values[1]",
    "t.py::test_values[2]",
    "t.py::TestMore::test_raises",
    "test_words (t.TestMore)",
    "t.py::TestMore::test_calls",
]
ALL = frozenset({"test_values", "test_raises", "test_words", "test_calls", "test_line"})


@pytest.fixture(scope="module")
def lite(shared_data: Path) -> list[Problem]:
    with gzip.open(shared_data / "swebench_lite" / "instances.jsonl.gz", "rt") as file:
        return [SwebenchFormat().problem(json.loads(line)) for line in file]


def files_of(problem: Problem) -> tuple[TestFile, ...]:
    patch = read_patch(problem.spec["test_patch"])
    assert isinstance(patch, Patch)
    return test_files(script_of(problem).commands, [file.path for file in patch.files])


def test_every_real_instance_gets_a_canary_that_its_command_runs(lite: list[Problem]) -> None:
    found = 0
    for problem in lite:
        commands, files = script_of(problem).commands, files_of(problem)
        canary = canary_of(commands, files, NONCE)
        assert canary is not None, problem.id
        added = [set(new.split()) - set(old.split()) for old, new in _pairs(commands, canary)]
        found += [f"test_{NONCE}" in "".join(words) for words in added] == [True]
        assert canary.path.rpartition("/")[0] == files[0].path.rpartition("/")[0]

    assert found == len(lite) == 300


def test_every_real_instance_gets_twins_in_the_place_of_its_tests(lite: list[Problem]) -> None:
    found = 0
    for problem in lite:
        commands, files = script_of(problem).commands, files_of(problem)
        twins, changed = twin_of(commands, files, NONCE)
        words = [word for command in changed for word in command.split()]
        renamed = all(twins[file.path].token in words for file in files)
        found += bool(files) and renamed and not {file.token for file in files} & set(words)

    assert found == len(lite) == 300


def test_the_tests_of_most_real_instances_have_names_of_their_own_in_the_twins(
    lite: list[Problem],
) -> None:
    found = 0
    for problem in lite:
        files = files_of(problem)
        twins, _ = twin_of(script_of(problem).commands, files, NONCE)
        names = problem.spec["FAIL_TO_PASS"]
        found += all(NONCE in name_in_twin(name, files, twins)[0] for name in names)

    assert found >= 200  # sympy's and parts of django's carry no file


def _pairs(commands: tuple[str, ...], canary: object) -> list[tuple[str, str]]:
    return list(zip(commands, getattr(canary, "commands", ()), strict=True))


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("tests/test_a.py::test_b", "test_b"),
        ("tests/test_a.py::T::test_b[x::y]", "test_b"),
        ("tests/test_a.py::test_b[a b]", "test_b"),
        ("test_b (tests.test_a.T.test_b)", "test_b"),
        ("test_b (tests.test_a.T)", "test_b"),
        ("test_b", "test_b"),
        ("?", ""),
        ("", ""),
    ],
)
def test_the_function_that_an_id_names(name: str, function: str) -> None:
    assert function_of(name) == function


def test_a_mutant_only_raises_under_the_same_names() -> None:
    text = mutant_of(SOURCE, NAMES, NONCE)
    assert text is not None

    tests = _functions(text)
    assert tests.keys() == _functions(SOURCE).keys()
    for name in ALL - {"test_line"}:
        assert tests[name] == f"raise AssertionError('{NONCE}')"
    assert "1 == f(6)" in tests["test_line"]
    assert '@pytest.mark.parametrize("x", [1, 2])' in text


def test_an_altered_mutant_keeps_its_body_and_turns_its_assertions_round() -> None:
    text = mutant_of(SOURCE, NAMES, NONCE, ALL)
    assert text is not None

    tests = _functions(text)
    assert "== [1, " not in tests["test_values"]
    assert "assert not x != 3" in tests["test_values"]
    assert tests["test_raises"].endswith("match='no'):\n    pass")
    assert "self.assertFalse(f(4))" in tests["test_words"]
    assert "g(3)" not in tests["test_words"]
    assert tests["test_calls"] == f"raise AssertionError('{NONCE}')"
    assert "1 == f(6)" in tests["test_line"]


def test_altered_values_keep_their_types_and_are_other_ones() -> None:
    text = mutant_of(SOURCE, NAMES, NONCE, ALL)
    assert text is not None
    compared = next(
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq)
    )
    number, word, table = ast.literal_eval(compared.comparators[0])

    assert (type(number), type(word)) == (int, str)
    assert number != 1
    assert word != "é"
    assert [(type(key), type(value)) for key, value in table.items()] == [(str, float)]


def test_no_two_mutants_are_altered_alike() -> None:
    assert mutant_of(SOURCE, NAMES, NONCE, ALL) != mutant_of(SOURCE, NAMES, NONCE, ALL)


@pytest.mark.parametrize("source", ["", "def test_values(:\n", "\0", "(" * 5000, "x = 1\n"])
@pytest.mark.parametrize("altered", [frozenset[str](), ALL])
def test_what_holds_no_such_test_has_no_mutant(source: str, altered: frozenset[str]) -> None:
    assert mutant_of(source, NAMES, NONCE, altered) is None


def test_a_form_feed_or_another_odd_end_of_line_moves_nothing() -> None:
    source = 'x = "\x0c\x1c\u2028"\n\x0c\ndef test_values():\n    assert x == 1\ny = 2\n'
    text = mutant_of(source, NAMES, NONCE)

    assert text == source.replace("assert x == 1", f'raise AssertionError("{NONCE}")')


STATEMENTS = st.sampled_from(
    [
        "assert f(1) == 2", "assert f(1) == [3, (4, -5)]", "assert x", "self.assertEqual(a, 'b')",
        "self.assertIn(a, b)", "with raises(E):\n        g()", "x = 'é'; assert x == 'é' 'ö'",
        "for x in y:\n        assert x == {}", "assert (\n        a ==\n        b)", "pass",
        "assert f'{a}' == f'{b}'", "assert a == b == c", "np.testing.assert_allclose(a, [1.0])",
    ]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(STATEMENTS, min_size=1, max_size=6), st.lists(STATEMENTS, max_size=3))
def test_a_mutant_is_python_and_leaves_other_tests_alone(own: list[str], other: list[str]) -> None:
    body, rest = ("".join(f"    {each}\n" for each in some or ["pass"]) for some in (own, other))
    source = f"def test_values():\n{body}\n\ndef test_other():\n{rest}"
    text = mutant_of(source, ["test_values"], NONCE, ALL)
    assert text is not None

    assert _functions(text)["test_other"] == _functions(source)["test_other"]
    assert _functions(text)["test_values"] != _functions(source)["test_values"] or all(
        "raises" not in each and "assert" not in each for each in own
    )


PARTS = st.text(st.sampled_from("abc_"), min_size=1, max_size=6)
PATHS = st.builds(
    lambda folders, name: "/".join([*folders, f"test_{name}.py"]),
    st.lists(PARTS, max_size=3),
    PARTS,
)


@given(st.lists(PATHS, min_size=1, max_size=4, unique=True), st.booleans())
def test_twins_are_beside_their_files_and_spelled_as_these_are(
    paths: list[str], as_modules: bool
) -> None:
    tokens = [path.removesuffix(".py").replace("/", ".") if as_modules else path for path in paths]
    commands = (f"run -v {' '.join(tokens)} --opt=x",)
    files = test_files(commands, paths)
    twins, changed = twin_of(commands, files, NONCE)

    assert [file.path for file in files] == paths
    for path, token in zip(paths, tokens, strict=True):
        twin = twins[path]
        assert twin.path.rpartition("/")[0] == path.rpartition("/")[0]
        assert twin.token.endswith(".py") is not as_modules
        assert token not in changed[0].split()
        assert name_in_twin(f"{path}::test_x", files, twins)[0] == f"{twin.path}::test_x"
    assert len({twin.path for twin in twins.values()}) == len(paths)
    assert len(changed[0].split()) == len(commands[0].split())


def _functions(source: str) -> dict[str, str]:
    """Bodies of functions by their names, docstrings and all."""
    return {
        node.name: "\n".join(ast.unparse(each) for each in node.body)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
