"""Owns a problem's tests as text: read from the spec, every assert marked, ready for the judge.

The suite's texts are trusted: they are parsed and compiled here, but never run.

    spec = {"prompt": str, "entry_point": str,
            "test": str | "setup": str, "asserts": [str, ...],
            "limits": {...}, "mode": "beside", "mirror": true, "handles": true, "reaches": int}
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
CACHED = 512
TEXT_CAP = 300
MET, MISSED = "_judge_met", "_judge_missed"


@dataclass(frozen=True, slots=True)
class Tests:
    """What a problem's spec asks for.

    `asserts` are the texts of the assert statements in the order of the text; `reaches` is how
    many a right solution reaches at least, loops unrolled.
    """

    prompt: str
    entry_point: str
    code: Mapping[str, Any]
    context: Mapping[str, Any]
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
    try:
        marked = _marked(_text(problem, entry_point))
        context = _context(prompt, entry_point)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ProblemError(f"problem {problem.id}: the tests are no Python: {error}") from None
    if not marked.checks:
        raise ProblemError(
            f"problem {problem.id} has no tests", hint="Without any check every solution passes."
        )
    mode = spec.text_of(problem, found, "mode", "")
    if mode not in {"", BESIDE}:
        raise ProblemError(f"problem {problem.id}: unknown mode {mode!r}", hint=f'Only "{BESIDE}".')
    return Tests(
        prompt=prompt,
        entry_point=entry_point,
        code=marked.code,
        context=context,
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


def _text(problem: Problem, entry_point: str) -> str:
    """The tests as one program: HumanEval's form calls `check`, MBPP's is asserts in a row."""
    if "asserts" not in problem.spec:
        test = spec.text_of(problem, problem.spec, "test")
        if "setup" in problem.spec:
            raise ProblemError(f"problem {problem.id}: 'setup' goes with 'asserts'")
        if not test.strip() or "def check(" not in test:
            raise ProblemError(
                f"problem {problem.id} has no tests", hint="The test text defines check(candidate)."
            )
        return f"{test}\n\ncheck({entry_point})\n"
    if "test" in problem.spec:
        raise ProblemError(f"problem {problem.id} has both 'test' and 'asserts'; keep one")
    asserts = problem.spec["asserts"]
    if not isinstance(asserts, list | tuple) or not asserts:
        raise ProblemError(f"problem {problem.id} has no tests", hint="'asserts' is a list.")
    for at, text in enumerate(asserts):
        if not isinstance(text, str) or not _is_assert(text):
            raise ProblemError(f"problem {problem.id}: asserts[{at}] is no assert statement")
    return "\n".join((spec.text_of(problem, problem.spec, "setup", ""), *asserts))


def _is_assert(text: str) -> bool:
    try:
        body = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return len(body) == 1 and isinstance(body[0], ast.Assert)


@dataclass(frozen=True, slots=True)
class _Marked:
    code: Mapping[str, Any]
    asserts: tuple[str, ...]
    straight: int
    checks: bool


@lru_cache(CACHED)
def _marked(text: str) -> _Marked:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(text)
        straight = _straight(tree)
        marker = _Marker(text)
        tree = ast.fix_missing_locations(marker.visit(tree))
        checks = bool(marker.asserts) or "check(" in text
        return _Marked(_code(tree, "tests.py"), tuple(marker.asserts), straight, checks)


@lru_cache(CACHED)
def _context(prompt: str, entry_point: str) -> Mapping[str, Any]:
    """What the prompt defines beside the function: a prompt may end in its bare head."""
    head = prompt.rfind(f"def {entry_point}")
    for text in (prompt, prompt[: max(prompt.rfind("\n", 0, max(head, 0)), 0)]):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _code(ast.parse(text), "prompt.py")
        except SyntaxError:
            continue
    return _code(ast.parse(""), "prompt.py")


def _code(tree: ast.Module, name: str) -> Mapping[str, Any]:
    compiled = compile(tree, name, "exec", dont_inherit=True)
    return {"tag": TAG, "code": marshal.dumps(compiled), "source": ast.unparse(tree)}


def _straight(tree: ast.Module) -> int:
    """Asserts that every run to the end reaches: outside of any loop, branch or function."""
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
