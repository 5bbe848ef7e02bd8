"""Runs inside the profile `answers`: whether two answers are the same, by math-verify.

Reads {"expected": str, "actual": str} from standard input and prints

    {"read": [bool, bool], "forward": bool, "backward": bool, "witness": str}

- `read`: whether each side parsed to exactly one expression.
- `forward`, `backward`: what math-verify says with either side as the truth.
- `witness`: "same", "different" or "unknown", by the value of the difference at high precision,
  at fixed points where there are variables. It is independent of math-verify's own comparison.

Both texts are hostile. Whatever they make sympy do is bounded by the limits of the jail alone,
so nothing here has a time limit of its own.
"""

import json
import logging
import sys

import sympy
from latex2sympy2_extended import NormalizationConfig
from math_verify import LatexExtractionConfig, parse, verify

DIGITS = 40
EXACT, ROUNDED = sympy.Float("1e-12", DIGITS), sympy.Float("1e-5", DIGITS)
# Units are the host's to compare: left to this, 10 cm is 10 m.
READING = NormalizationConfig(
    basic_latex=True,
    units=False,
    malformed_operators=True,
    nits=True,
    boxed="none",
    equations=False,
)
POINTS = ("1/3", "-7/5", "19/11")


def main():
    logging.disable(logging.CRITICAL)
    asked = json.loads(sys.stdin.buffer.read())
    expected, actual = read(asked["expected"]), read(asked["actual"])
    answer = {
        "read": [expected is not None, actual is not None],
        "forward": False,
        "backward": False,
        "witness": "unknown",
    }
    if expected is not None and actual is not None:
        answer["forward"] = bool(verify(expected, actual, timeout_seconds=None))
        answer["backward"] = bool(verify(actual, expected, timeout_seconds=None))
        # Per cent is left out: to math-verify, 50% is both 50 and 0.5.
        per_cent = "%" in asked["expected"] + asked["actual"]
        if answer["forward"] and answer["backward"] and not per_cent:
            answer["witness"] = witness(expected, actual)
    print(json.dumps(answer))


def read(text):
    """The one expression that the text is, or None."""
    config = LatexExtractionConfig(boxed_match_priority=-1, normalization_config=READING)
    found = parse(f"${text}$", [config], fallback_mode="no_fallback", parsing_timeout=None)
    return imaginary(found[0]) if len(found) == 1 else None


def imaginary(expression):
    """With the letter i as the imaginary unit, which math-verify takes for a variable in 2i."""
    names = [name for name in getattr(expression, "free_symbols", ()) if str(name) == "i"]
    return expression.subs(dict.fromkeys(names, sympy.I)) if names else expression


def witness(one, other):
    """Whether the values of both are the same, as far as that can be told."""
    try:
        if isinstance(one, sympy.MatrixBase) and isinstance(other, sympy.MatrixBase):
            if one.shape != other.shape:
                return "different"
            return together(zip(one, other, strict=True))
        if isinstance(one, sympy.Tuple) and isinstance(other, sympy.Tuple):
            return together(zip(one, other, strict=True)) if len(one) == len(other) else "different"
        if isinstance(one, sympy.Expr) and isinstance(other, sympy.Expr):
            return same_value(one, other)
    except Exception:
        pass
    return "unknown"


def together(pairs):
    words = {witness(one, other) for one, other in pairs}
    return next((word for word in ("different", "unknown") if word in words), "same")


def same_value(one, other):
    names = sorted(one.free_symbols | other.free_symbols, key=str)
    if not names:
        return near(one, other, {})
    words = {
        near(one, other, {name: sympy.Rational(point) + 2 * at for at, name in enumerate(names)})
        for point in POINTS
    }
    return next(word for word in ("different", "same", "unknown") if word in words)


def near(one, other, values):
    a, b = (sympy.N(side.subs(values).doit(), DIGITS) for side in (one, other))
    if not (a.is_number and b.is_number and a.is_finite and b.is_finite):
        return "unknown"
    margin = ROUNDED if one.has(sympy.Float) or other.has(sympy.Float) else EXACT
    return "same" if abs(a - b) <= margin * (1 + abs(a)) else "different"


main()
