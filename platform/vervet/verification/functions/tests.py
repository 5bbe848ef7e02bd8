"""Owns a problem's tests as text: read from the spec, every assert marked, ready for the judge.

The suite's texts are trusted: they are parsed and compiled here, but never run.

    spec = {"prompt": str, "entry_point": str,
            "test": str | "setup": str, "asserts": [str, ...],
            "limits": {...}, "mode": "beside", "mirror": true, "handles": true, "reaches": int}

The judge runs the prompt, for what it defines beside the function, and the setup; then the name
of the function is the stub's, and the test or the asserts are run.
"""

from __future__ import annotations

import ast
import keyword
import marshal
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vervet.core.errors import ProblemError
from vervet.core.values import Problem
from vervet.verification import spec

__all__ = ["BESIDE", "FACTS", "TAG", "Tests", "portable", "tests_of"]

FACTS = ("mode", "mirror", "handles", "reaches")
"""Keys of a spec that say what its tests need; found by the reference where there is one."""
KEYS = {"prompt", "entry_point", "test", "setup", "asserts", "limits", *FACTS}
BESIDE = "beside"
TAG = f"{sys.implementation.cache_tag} {sys.hexversion}"
"""The interpreter that reads what is compiled here."""
OLD_MARSHAL = 2
"""The format that every Python reads."""
CACHED = 1024
TEXT_CAP = 300
CANDIDATE, MET, MISSED = "_judge_candidate", "_judge_met", "_judge_missed"
"""Names of the judge's: the function under test, and what is told of an assert."""


@dataclass(frozen=True, slots=True)
class Tests:
    """What a problem's spec asks for.

    `contexts` and `code` are programs as `_code` makes them: what comes before the function is
    there, and the tests. `asserts` are the texts of the assert statements in the order of the
    text; `reaches` is how many of them a right solution reaches at least, loops unrolled.
    """

    prompt: str
    entry_point: str
    contexts: tuple[Mapping[str, Any], ...]
    code: Mapping[str, Any]
    asserts: tuple[str, ...]
    reaches: int
    beside: bool
    mirror: bool
    handles: bool


def tests_of(problem: Problem) -> Tests:
    """The tests of a problem of kind "function". Raises `ProblemError`."""
    found = problem.spec
    spec.known_keys(problem, found, KEYS, "the spec")
    prompt, entry_point = (spec.text_of(problem, found, key) for key in ("prompt", "entry_point"))
    if not entry_point.isidentifier() or keyword.iskeyword(entry_point):
        raise ProblemError(f"problem {problem.id}: entry_point {entry_point!r} is no name")
    mode = spec.text_of(problem, found, "mode", "")
    if mode not in {"", BESIDE}:
        raise ProblemError(f"problem {problem.id}: unknown mode {mode!r}", hint=f'Only "{BESIDE}".')
    try:
        setup, marked = _programs(problem)
        context = _context(prompt, entry_point)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProblemError(f"problem {problem.id}: the tests are no Python: {error}") from None
    return Tests(
        prompt=prompt,
        entry_point=entry_point,
        contexts=(setup,) if mode == BESIDE else (context, setup),
        code=marked.code,
        asserts=marked.asserts,
        reaches=_reaches(problem, marked.straight),
        beside=mode == BESIDE,
        mirror=spec.flag_of(problem, found, "mirror"),
        handles=spec.flag_of(problem, found, "handles"),
    )


def portable(value: Any) -> bytes:
    """A value of plain types as bytes that the Python inside reads, whichever it is."""
    return marshal.dumps(value, OLD_MARSHAL)


def _reaches(problem: Problem, straight: int) -> int:
    value = problem.spec.get("reaches", straight)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ProblemError(f"problem {problem.id}: 'reaches' is no count")
    return value


def _programs(problem: Problem) -> tuple[Mapping[str, Any], _Marked]:
    """Setup and marked tests: HumanEval's form defines `check`, MBPP's is asserts in a row."""
    if "asserts" not in problem.spec:
        test = spec.text_of(problem, problem.spec, "test")
        if "setup" in problem.spec:
            raise ProblemError(f"problem {problem.id}: 'setup' goes with 'asserts'")
        if "def check(" not in test:
            raise ProblemError(
                f"problem {problem.id} has no tests", hint="The test text defines check(candidate)."
            )
        marked = _marked(f"{test}\n\ncheck({CANDIDATE})\n")
        if not marked.asserts and marked.calls < 2:
            raise ProblemError(
                f"problem {problem.id} has no tests", hint="check(candidate) tries nothing."
            )
        return _plain(""), marked
    if "test" in problem.spec:
        raise ProblemError(f"problem {problem.id} has both 'test' and 'asserts'; keep one")
    asserts = problem.spec["asserts"]
    if not isinstance(asserts, list | tuple) or not asserts:
        raise ProblemError(f"problem {problem.id} has no tests", hint="'asserts' is a list.")
    for at, text in enumerate(asserts):
        if not isinstance(text, str):
            raise ProblemError(f"problem {problem.id}: asserts[{at}] is no text")
    marked = _marked("\n".join(text.strip() for text in asserts))
    if (marked.straight, marked.statements) != (len(asserts), len(asserts)):
        raise ProblemError(
            f"problem {problem.id}: 'asserts' holds what is no assert",
            hint="Each text is one assert statement; what they need goes into 'setup'.",
        )
    return _plain(spec.text_of(problem, problem.spec, "setup", "")), marked


@dataclass(frozen=True, slots=True)
class _Marked:
    """A program whose asserts are marked; `straight` are those that every run to the end reaches:
    outside of any loop, branch or inner function."""

    code: Mapping[str, Any]
    asserts: tuple[str, ...]
    straight: int
    statements: int
    calls: int


@lru_cache(CACHED)
def _marked(text: str) -> _Marked:
    tree = _parsed(text)
    straight, statements = _straight(tree), len(tree.body)
    calls = sum(isinstance(node, ast.Call) for node in ast.walk(tree))
    marker = _Marker(text)
    tree = ast.fix_missing_locations(marker.visit(tree))
    return _Marked(_code(tree, "tests.py"), tuple(marker.asserts), straight, statements, calls)


@lru_cache(CACHED)
def _plain(text: str) -> Mapping[str, Any]:
    return _code(_parsed(text), "setup.py")


@lru_cache(CACHED)
def _context(prompt: str, entry_point: str) -> Mapping[str, Any]:
    """What the prompt defines beside the function: a prompt may end in its bare head."""
    head = max(prompt.rfind(f"def {entry_point}"), 0)
    for text in (prompt, prompt[: max(prompt.rfind("\n", 0, head), 0)]):
        try:
            return _code(_parsed(text), "prompt.py")
        except SyntaxError:
            continue
    return _plain("")


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _code(tree: ast.Module, name: str) -> Mapping[str, Any]:
    """A program for the judge: compiled for an interpreter like this one, and as source."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled = compile(tree, name, "exec", dont_inherit=True, optimize=0)
    return {"tag": TAG, "code": marshal.dumps(compiled), "source": ast.unparse(tree)}


def _straight(tree: ast.Module) -> int:
    check = [
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"
    ]
    body = [*tree.body, *(check[-1].body if check else ())]
    return sum(isinstance(node, ast.Assert) for node in body)


class _Marker(ast.NodeTransformer):
    """Puts after every assert what tells the judge of its outcome."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self.asserts: list[str] = []

    def visit_Assert(self, node: ast.Assert) -> ast.Try:
        lines = self._lines[node.lineno - 1 : node.end_lineno]
        missed = _call(MISSED, ast.Constant(len(self.asserts)))
        self.asserts.append("\n".join(lines).strip()[:TEXT_CAP])
        handler = ast.ExceptHandler(type=None, name=None, body=[missed])
        marked = ast.Try(body=[node], handlers=[handler], orelse=[_call(MET)], finalbody=[])
        return ast.copy_location(marked, node)


def _call(name: str, *arguments: ast.expr) -> ast.Expr:
    return ast.Expr(ast.Call(ast.Name(name, ast.Load()), list(arguments), []))
