"""Reads a worked answer whose steps are written as GSM8K's calculator has them, `<<3*4=12>>`.

Says what does not hang together between the steps, the question and the label: signs that a
label may be wrong, and no more than that. Evaluates nothing but +, -, *, / on short numbers.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TypeGuard

__all__ = ["Oddity", "Sign", "number", "oddities"]

STEP = re.compile(r"<<([^<>=]{1,200})=([^<>=]{1,60})>>\s*\$?\s*(-?[\d,]*\.?\d+)?")
NUMBER = re.compile(r"(?<![\d.])-?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")
TOLD = re.compile(r"(?:=|equals|equal to)\s*\$?\s*(-?(?:\d[\d,]*(?:\.\d+)?|\.\d+))")
QUESTION = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?|\.\d+")
WORD = re.compile(r"[a-z]+")
LONGEST, MOST_STEPS, MOST_NODES = 20_000, 200, 100
ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
TENS = "thirty forty fifty sixty seventy eighty ninety hundred"
USUAL = "0 1 2 1/2 4 7 10 12 24 28 30 31 50 52 60 100 365 1000"
WORDS: Mapping[str, Sequence[Fraction]] = {
    **{word: (Fraction(value),) for value, word in enumerate(ONES.split())},
    **{word: (Fraction(value * 10),) for value, word in enumerate(TENS.split(), start=3)},
    "thousand": (Fraction(1000),),
    "million": (Fraction(10**6),),
    "dozen": (Fraction(12),),
    "twice": (Fraction(2),),
    "double": (Fraction(2),),
    "triple": (Fraction(3),),
    "thrice": (Fraction(3),),
    "third": (Fraction(3), Fraction(1, 3), Fraction(2, 3)),
    "thirds": (Fraction(3), Fraction(1, 3), Fraction(2, 3)),
    "quarter": (Fraction(4), Fraction(1, 4), Fraction(3, 4)),
    "quarters": (Fraction(4), Fraction(1, 4), Fraction(3, 4)),
    "fourth": (Fraction(4), Fraction(1, 4), Fraction(3, 4)),
    "fifth": (Fraction(5), Fraction(1, 5)),
    "half": (Fraction(1, 2), Fraction(3, 2)),
}
COMMON = frozenset(Fraction(each) for each in USUAL.split())
"""What a step may take without being told: weeks, hours, per cent, halves."""


class Sign(StrEnum):
    """What is odd about a worked answer."""

    ARITHMETIC = "arithmetic"
    """A step does not come to what it says."""
    ROUNDED = "rounded"
    """A step comes to what it says only when rounded or cut."""
    NOT_REACHED = "not_reached"
    """No step comes to the label."""
    NOT_LAST = "not_last"
    """A step comes to the label, but not the last one."""
    UNKNOWN_NUMBER = "unknown_number"
    """A step takes a number that neither the question nor an earlier step gives."""
    SIGN_LOST = "sign_lost"
    """A step takes an earlier negative result without its sign."""
    UNUSED = "unused"
    """A step's result is neither the label nor taken by a later step."""
    MISCOPIED = "miscopied"
    """The text goes on with another number than the step came to."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """One sign, and where it stands in words."""

    sign: Sign
    words: str


@dataclass(frozen=True, slots=True)
class _Step:
    """`value` is what `code` comes to, None if it cannot be told; `stated` what it says.

    `told` are numbers behind an `=` in the text before it, `named` all numbers there.
    """

    code: str
    value: Fraction | None
    stated: Fraction
    copied: Fraction | None
    operands: tuple[Fraction, ...]
    told: tuple[Fraction, ...]
    named: tuple[Fraction, ...]


def oddities(question: str, worked: str, label: str) -> tuple[Oddity, ...]:
    """The first oddity of each sign; none where the answer holds no steps to read."""
    steps, rest = _steps(worked[:LONGEST])
    right = number(label)
    if not steps or right is None:
        return ()
    found: dict[Sign, Oddity] = {}
    for oddity in (
        *_of_steps(steps),
        *_of_origins(COMMON | _given(question), steps),
        *_of_uses(steps, right, _numbers(NUMBER, rest)),
        *_of_label(steps, right, _numbers(TOLD, rest)),
    ):
        found.setdefault(oddity.sign, oddity)
    return tuple(found[sign] for sign in Sign if sign in found)


def number(text: str) -> Fraction | None:
    """The number that a text is, dollars and commas left out; None if it is none."""
    plain = text.strip().replace(",", "").replace("$", "").replace(" ", "").rstrip(".")
    scale = Fraction(1)
    if plain.endswith("%"):
        plain, scale = plain[:-1], Fraction(1, 100)
    if len(plain) > 40 or not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(/\d+)?", plain):
        return None
    over, _, under = plain.partition("/")
    if under and not int(under):
        return None
    return Fraction(over) / (int(under) if under else 1) * scale


def _steps(worked: str) -> tuple[list[_Step], str]:
    """The steps of a worked answer, and the text behind the last one."""
    steps, end = [], 0
    for found in list(STEP.finditer(worked))[:MOST_STEPS]:
        before, end = worked[end : found.start()], found.end()
        stated = number(found[2])
        if stated is None:
            continue
        code = found[1].strip()
        value, operands = _evaluated(code)
        told, named = _numbers(TOLD, before), _numbers(NUMBER, before)
        copied = number(found[3] or "")
        steps.append(_Step(code, value, stated, copied, operands, told, named))
    return steps, worked[end:]


def _numbers(pattern: re.Pattern[str], text: str) -> tuple[Fraction, ...]:
    found = (number(each) for each in pattern.findall(text))
    return tuple(each for each in found if each is not None)


def _evaluated(code: str) -> tuple[Fraction | None, tuple[Fraction, ...]]:
    """What a step comes to, and the numbers in it."""
    plain = re.sub(r"(?<=[\d.])\s*%", "/100", code.replace(",", "").replace("$", ""))
    plain = re.sub(r"(?<=[\d)])\s*[xX]\s*(?=[\d(.])", "*", plain)
    plain = re.sub(r"(?<![\d.])0+(?=\d)", "", plain)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, ()
    nodes = list(ast.walk(tree))
    if len(nodes) > MOST_NODES:
        return None, ()
    signed = {id(node.operand): -1 for node in nodes if _is_minus(node)}
    operands = [
        Fraction(str(node.value)) * signed.get(id(node), 1) for node in nodes if _is_number(node)
    ]
    try:
        return _value(tree), tuple(operands)
    except (ValueError, ZeroDivisionError):
        return None, tuple(operands)


def _is_number(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_minus(node: ast.AST) -> TypeGuard[ast.UnaryOp]:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _value(node: ast.AST) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Fraction(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = _value(left), _value(right)
            match op:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
    raise ValueError("no arithmetic")


def _of_steps(steps: Sequence[_Step]) -> Iterator[Oddity]:
    """What is odd within a step."""
    for step in steps:
        if step.value is not None and step.value != step.stated:
            exact = f"{step.code} is {_shown(step.value)}, not {_shown(step.stated)}"
            if abs(step.value - step.stated) < _unit(step.stated):
                yield Oddity(Sign.ROUNDED, f"{exact}, which was rounded or cut")
            else:
                yield Oddity(Sign.ARITHMETIC, exact)
        if step.copied is not None and step.copied != step.stated:
            words = f"{step.code} is {_shown(step.stated)}, and the text has {_shown(step.copied)}"
            yield Oddity(Sign.MISCOPIED, words)


def _of_origins(given: frozenset[Fraction], steps: Sequence[_Step]) -> Iterator[Oddity]:
    """What is odd in where numbers come from."""
    known: set[Fraction] = set(given)
    results: set[Fraction] = set()
    for step in steps:
        known.update(step.told)
        for operand in step.operands:
            if _is_known(operand, known):
                continue
            if -operand in results:
                words = f"{step.code} takes {_shown(operand)}, an earlier result without its sign"
                yield Oddity(Sign.SIGN_LOST, words)
            else:
                words = f"{step.code} takes {_shown(operand)}, which nothing before it gives"
                yield Oddity(Sign.UNKNOWN_NUMBER, words)
        results.add(step.stated)
        known.add(step.stated)


def _of_uses(steps: Sequence[_Step], label: Fraction, rest: Sequence[Fraction]) -> Iterator[Oddity]:
    """What is odd in where results go, the last one apart; `rest` are the numbers behind it."""
    later = {*rest, *steps[-1].operands, *steps[-1].named}
    for step in reversed(steps[:-1]):
        if step.stated != label and not _is_known(step.stated, later):
            words = f"the result {_shown(step.stated)} of {step.code} is used for nothing"
            yield Oddity(Sign.UNUSED, words)
        later.update((*step.operands, *step.named))


def _of_label(
    steps: Sequence[_Step], label: Fraction, rest: Sequence[Fraction]
) -> Iterator[Oddity]:
    """Whether the steps come to the label; `rest` are the results told behind the last one."""
    told = [value for step in steps for value in (*step.told, step.stated)]
    results = [*told, *rest]
    last = results[-1]
    if label in (last, last * 100, last / 100):
        return
    words = f"the last step comes to {_shown(last)}, the label is {_shown(label)}"
    if label in results:
        yield Oddity(Sign.NOT_LAST, words)
    elif label.denominator == 1 and abs(last - label) < 1:
        yield Oddity(Sign.ROUNDED, f"{words}, which was rounded or cut")
    else:
        yield Oddity(Sign.NOT_REACHED, words)


def _given(question: str) -> frozenset[Fraction]:
    """The numbers of a question, in digits and in words, and what per cent of them are."""
    found: set[Fraction] = set()
    for each in QUESTION.findall(question):
        value = number(each)
        if value is not None:
            found.add(value)
            parts = [number(part) for part in each.split("/")]
            found.update(part for part in parts if part is not None)
    for word in WORD.findall(question.lower()):
        found.update(WORDS.get(word, ()))
    shares = {value / 100 for value in found if 0 < value <= 100}
    return frozenset(found | shares | {1 - share for share in shares} | {1 + s for s in shares})


def _is_known(value: Fraction, known: set[Fraction] | frozenset[Fraction]) -> bool:
    """Whether a number is one of those, as it is or as per cent."""
    return any(each in known for each in (value, value / 100, value * 100, 100 - value))


def _unit(value: Fraction) -> Fraction:
    """One of the last digit that a decimal number shows."""
    unit = Fraction(1)
    while value % unit and unit > Fraction(1, 10**9):
        unit /= 10
    return unit


def _shown(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"
