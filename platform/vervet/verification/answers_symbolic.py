"""Owns the third stage of equivalence: what math-verify says, in a jail of its own.

math-verify evaluates hostile text with sympy, so it runs in the profile `answers` and nowhere
else; this module makes the job and reads what it printed. Never decides a verdict.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from vervet.core.digests import digest_text
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.sandbox.job import Check, CheckReport, File, Job, Program
from vervet.verification.answers_normal import Normal

__all__ = [
    "LIMITS",
    "PROFILE",
    "Symbolic",
    "askable",
    "inside",
    "job_for",
    "read_symbolic",
    "script",
]

PROFILE = "answers"
SCRIPT = "equivalence.py"
LIMITS = Limits(cpu_s=3.0, wall_s=30.0, output=1 << 16, file_size=1 << 20)
LONGEST = 400
"""Characters of an answer that math-verify is asked about."""
COMMAND = re.compile(r"\\[a-zA-Z]+")
BRACKETS = re.compile(r"\\(?:begin|end|text|mathbb|mathcal)\s*\{[^{}]*\}")
LETTERS = re.compile(r"[a-zA-Z]{2,}")
KNOWN = """
sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp sqrt pi oo max min gcd lcm
det abs mod
"""
FUNCTIONS = frozenset(KNOWN.split())
OVERLOOKED = r"""
\boxed \fbox \approx \sim \simeq \cong \input \include \def \newcommand \let \csname \write
\read \ldots \dots \cdots
"""
REFUSED = frozenset(OVERLOOKED.split())
"""Commands that math-verify overlooks, so that it takes 5 for `5 \\approx 6`; and odd ones."""


@dataclass(frozen=True, slots=True)
class Symbolic:
    """What math-verify says of two answers.

    `read`: whether it could read the expected one and the other; `forward`, `backward`: whether
    they are the same with either as the truth; `witness`: "same", "different" or "unknown" by
    the value of their difference.
    """

    read: tuple[bool, bool]
    forward: bool
    backward: bool
    witness: str

    @property
    def same(self) -> bool:
        """Whether both orders say so, and nothing speaks against it."""
        return self.forward and self.backward and self.witness != "different"

    @property
    def doubtful(self) -> bool:
        """Whether something says so, but not everything."""
        return (self.forward or self.backward) and not self.same


def askable(answer: Normal) -> bool:
    """Whether math-verify can be asked: mathematics, not words, of which it makes products."""
    text = answer.math
    if not text or len(text) > LONGEST or "$" in text or answer.unit.startswith("_"):
        return False
    if REFUSED.intersection(COMMAND.findall(text)) or re.search(r"\d_|'", text):
        return False
    words = LETTERS.findall(COMMAND.sub(" ", BRACKETS.sub(" ", text)))
    return all(word in FUNCTIONS or _is_product(word) for word in words)


def _is_product(word: str) -> bool:
    """Whether letters are more likely variables side by side than a word."""
    return len(word) <= 2 or (len(word) <= 4 and not set("aeiouyAEIOUY") & set(word))


@cache
def script() -> bytes:
    """The program that runs inside."""
    return (sandboxes_dir() / "answers" / SCRIPT).read_bytes()


@cache
def inside() -> dict[str, str]:
    """What decides the answers inside: the program, and the versions of what it calls."""
    versions = {name: _version(name) for name in ("math-verify", "sympy")}
    return {"program": digest_text(script().decode()), **versions}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def job_for(expected: Normal, actual: Normal, limits: Limits = LIMITS) -> Job:
    """The job that asks math-verify whether two answers are the same."""
    texts = {"expected": _text(expected, actual), "actual": _text(actual, expected)}
    stdin = json.dumps(texts).encode("ascii")
    program = Program(PROFILE, (File(SCRIPT, script()),), (SCRIPT,))
    return Job(program, (Check("equivalence", stdin),), limits)


def _text(answer: Normal, other: Normal) -> str:
    """The answer as LaTeX: with per cent, and with its name where the other is an equation."""
    equation = answer.name and not other.name and "=" in other.math
    text = f"{answer.name}={answer.math}" if equation else answer.math
    return f"{text}\\%" if answer.unit == "%" else text


def read_symbolic(check: CheckReport) -> Symbolic | None:
    """What the program inside printed; None where it printed nothing that can be read."""
    try:
        told = json.loads(check.stdout)
        one, other = told["read"]
        forward, backward = told["forward"], told["backward"]
        witness = told["witness"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not all(isinstance(value, bool) for value in (one, other, forward, backward)):
        return None
    return Symbolic((one, other), forward, backward, str(witness)[:20])
