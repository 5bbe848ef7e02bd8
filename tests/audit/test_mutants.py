"""Mutants of references: what each operator makes, what is never made, what is refused."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.audit.mutants import Mutant, Operator, empty_programs, mutants_of
from vervet.audit.mutants.program import normal_form
from vervet.core.values import Problem
from vervet.problems.bundled import load
from vervet.verification.registry import verifier_for

ALL = 10_000
PROMPT = 'def scale(x, by=1):\n    """Scale x + 1 times."""\n'


def program(**spec: Any) -> Problem:
    return Problem("p", "program", "", {"tests": [{"input": "", "output": ""}], **spec})


def function(prompt: str = "", entry_point: str = "f") -> Problem:
    return Problem("f", "function", prompt, {"prompt": prompt, "entry_point": entry_point})


def changes(code: str, problem: Problem | None = None) -> set[tuple[str, str, str]]:
    """Every change that is made of a program, as (operator, before, after)."""
    made = mutants_of(problem or program(), [code], most=ALL)
    return {(each.operator.value, each.before, each.after) for each in made}


@pytest.mark.parametrize(
    ("code", "operator", "before", "after"),
    [
        ("x = a < b\n", "comparison", "a < b", "a <= b"),
        ("x = a < b\n", "comparison", "a < b", "a > b"),
        ("x = a<b<=c\n", "comparison", "a<b<=c", "a<b<c"),
        ("x = a is not b\n", "comparison", "a is not b", "a is b"),
        ("x = a not in b\n", "comparison", "a not in b", "a in b"),
        ("x = a[i]\n", "boundary", "a[i]", "a[i + 1]"),
        ("x = a[1:n or 2]\n", "boundary", "a[1:n or 2]", "a[1:(n or 2) - 1]"),
        ("for i in range(n): f(i)\n", "loop", "range(n)", "range(n - 1)"),
        ("for i in range(2, n): f(i)\n", "loop", "range(2, n)", "range(2 + 1, n)"),
        ("x = a+b\n", "arithmetic", "a+b", "a-b"),
        ("x = a ** b\n", "arithmetic", "a ** b", "a * b"),
        ("x %= 2\n", "arithmetic", "x %= 2", "x *= 2"),
        ("x = a and b\n", "boolean", "a and b", "a or b"),
        ("x = not(a)\n", "boolean", "not(a)", "(a)"),
        ("x = f(reverse=True)\n", "boolean", "True", "False"),
        ("while(a): f()\n", "boolean", "(a)", "(not (a))"),
        ("x = a if b else c\n", "boolean", "a if b else c", "a if not (b) else c"),
        ("x = 3\n", "constant", "3", "4"),
        ("x = 3\n", "constant", "3", "2"),
        ("x = 0x10\n", "constant", "0x10", "17"),
        ("x = 1.5\n", "constant", "1.5", "2.5"),
        ("x = 'yes'\n", "constant", "'yes'", "''"),
        ("x = ''\n", "constant", "''", "'vervet'"),
        ("def f(): return(g())\n", "return", "return(g())", "return None"),
        ("def f():\n    return [g()]\n", "return", "return [g()]", "return []"),
        ("x = f(); g(x)\n", "statement", "g(x)", "pass"),
        ("for x in y:\n    break\n", "statement", "break", "pass"),
        ("if a:\n    f()\nelse:\n    g()\n", "branch", "if a: f() else: g()", "if a: f()"),
        ("if a:\n    f()\n", "branch", "if a: f()", "if a: pass"),
    ],
)
def test_operators_make_the_changes_they_are_named_for(
    code: str, operator: str, before: str, after: str
) -> None:
    assert (operator, before, after) in changes(code)


@pytest.mark.parametrize(
    "code",
    [
        "# only a comment: 1 + 1\n",
        '"""A text: 1 + 1."""\n',
        "import os\nfrom a import b\n",
        "x: int\n",
        "assert a == 1, 'no'\n",
        "sys.setrecursionlimit(10**6)\n",
        "@cache(1)\nclass A: pass\n",
        "def f():\n    return None\n",
        "def f(x: 'list[1]') -> 'a': ...\n",
        "if __name__ == '__main__':\n    pass\n",
    ],
)
def test_what_decides_no_result_is_left_alone(code: str) -> None:
    assert changes(code) == set()


def test_what_never_runs_is_never_all_that_changes() -> None:
    code = "def f(a):\n    'one'\n    return a\n    a += 1\n    return 5\n"
    assert changes(code) == {("return", "return a", "return None")}


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("x = 1\n", "x  =  1  # one\n", True),
        ("def f():\n    'a'\n    return 1\n", "def f():\n    'b'\n    return 1\n", True),
        ("def f():\n    return 1\n    x = 2\n", "def f():\n    return 1\n", True),
        ("if a:\n    pass\n", "if a:\n    'text'\n", True),
        ("x = 'a'\n", "x = 'b'\n", False),
        ("def f():\n    return 1\n", "def f():\n    return 2\n", False),
    ],
)
def test_programs_are_alike_where_all_that_runs_is(one: str, other: str, alike: bool) -> None:
    assert (normal_form(one) == normal_form(other)) is alike


def test_of_a_function_only_the_body_is_changed_and_the_prompt_is_cut_off_again() -> None:
    body = "    y = x * by\n    return y\n"
    made = mutants_of(function(PROMPT), [body], most=ALL)
    assert {(m.operator, m.line, m.text) for m in made} == {
        (Operator.ARITHMETIC, 1, "    y = x // by\n    return y\n"),
        (Operator.STATEMENT, 1, "    pass\n    return y\n"),
        (Operator.RETURN, 2, "    y = x * by\n    return None\n"),
    }
    first = next(m for m in made if m.operator is Operator.RETURN)
    assert first.diff.splitlines()[2:] == [
        "@@ -1,2 +1,2 @@",
        "     y = x * by",
        "-    return y",
        "+    return None",
    ]


def test_a_template_stays_as_it_is() -> None:
    problem = program(template={"prefix": "n = 1 + 1\n", "suffix": "print(solve() + 2)\n"})
    made = mutants_of(problem, ["def solve():\n    return n * 3\n"], most=ALL)
    assert {m.text for m in made} == {
        "def solve():\n    return n // 3\n",
        "def solve():\n    return n * 4\n",
        "def solve():\n    return n * 2\n",
        "def solve():\n    return None\n",
    }


def test_a_mutant_is_none_of_the_other_references() -> None:
    some = ["print(a + b)\n", "print( a-b )\n"]
    texts = {m.text for m in mutants_of(program(), some, most=ALL)}
    assert "print(a - b)\n" not in texts
    assert "print( a+b )\n" not in texts


def test_fewer_mutants_are_the_first_of_more_and_another_seed_gives_others() -> None:
    code = "def f(a, b):\n    if a < b and b > 3:\n        return a + 1\n    return b[a] * 2\n"
    ten = mutants_of(program(), [code], most=10)
    assert mutants_of(program(), [code], most=4) == ten[:4]
    assert mutants_of(program(), [code], most=10, seed=1) != ten
    assert len({m.operator for m in ten[:6]}) == 6  # one of each operator comes first


@pytest.mark.parametrize(
    "code",
    [
        "x = (",
        "print 'two'\n",
        "x = " + "-" * 50_000 + "1\n",
        "x = 1" + " + 1" * 20_000 + "\n",
        "x = " + "not " * 5_000 + "y\n",
        "x = a" + ".a" * 5_000 + "\n",
        "x = " + "[" * 150 + "]" * 150 + "\n",
        "x = 1\n" * 60_000,
        "x = '\0'\n",
        "x = '\ud800'\n",
        "if x:\n\t  y = 1\n",
    ],
    ids=lambda code: code[:12].encode("unicode_escape").decode(),
)
def test_what_cannot_be_read_safely_has_no_mutants(code: str) -> None:
    assert all(ast.parse(m.text) for m in mutants_of(program(), [code], most=3))


def test_nothing_is_made_of_other_languages_and_kinds() -> None:
    code = ["x = 1\n"]
    assert mutants_of(program(language="c"), code, most=5) == ()
    assert mutants_of(Problem("a", "answer", "", {"answer": "1"}), code, most=5) == ()
    assert mutants_of(program(), code, most=0) == ()


@pytest.mark.parametrize(
    ("problem", "texts"),
    [
        (program(), ("pass\n",)),
        (program(template={"prefix": "def f():\n    pass\n", "suffix": "f()\n"}), ("pass\n",)),
        (program(language="c"), ("",)),
        (function(PROMPT), ("    return None\n",)),
        (function(), ("def f(*args, **kwargs):\n    return None\n",)),
        (function("import math\n"), ("def f(*args, **kwargs):\n    return None\n",)),
        (Problem("a", "answer", "", {"answer": "1"}), ()),
    ],
)
def test_the_empty_program_of_each_kind(problem: Problem, texts: tuple[str, ...]) -> None:
    assert empty_programs(problem) == texts


def test_mutants_of_humaneval_are_programs_that_differ(shared_data: Path) -> None:
    verifier, made = verifier_for("function"), 0
    for problem in load(str(shared_data / "humaneval" / "HumanEval.jsonl.gz")).suite.problems[:60]:
        text = verifier.extract(problem, problem.references[0], cut=False).text
        prompt = problem.spec["prompt"]
        found = mutants_of(problem, [text], most=8)
        dumps = {ast.dump(ast.parse(prompt + each.text)) for each in found}
        assert len(dumps | {ast.dump(ast.parse(prompt + text))}) == len(found) + 1
        assert all(_is_at_its_line(text, each) for each in found)
        made += len(found)
    assert made > 350


def _is_at_its_line(text: str, mutant: Mutant) -> bool:
    """Whether what a mutant takes away begins in the line that it names."""
    return mutant.before[:6] in text.splitlines()[mutant.line - 1]


LINES = st.sampled_from(
    [
        "x = a[i:j - 1] + [1, 2]",
        "y = not x or (z and w)",
        "return f'{a + 1}!' if x else ''",
        "for i in range(0, n, 2): x += i",
        "if x: return {}\n    else: y = 1",
        "while (x): break",
        "z = lambda q: q**2 // 3",
        "raise ValueError('a' + 'b')",
        "with open(x) as g: return g.read(5)",
        "a, *b = c[::-1], -1, ...",
        "try: x = 1 / 0\n    except E: pass\n    finally: y = 2.5",
    ]
)


@given(st.lists(LINES, min_size=1, max_size=6), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_every_mutant_is_a_program_made_once(lines: list[str], seed: int) -> None:
    code = "def f(a, b):\n" + "".join(f"    {line}\n" for line in lines)
    made = mutants_of(program(), [code], most=30, seed=seed)
    forms = [normal_form(each.text) for each in made]
    assert None not in forms
    assert len({*forms, normal_form(code)}) == len(made) + 1
