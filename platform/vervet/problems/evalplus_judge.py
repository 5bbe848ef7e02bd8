"""The Python that judges an evalplus problem: it runs in the judge's jail, never here.

`_same(actual, at)` says whether `actual` is right for the `at`-th input. Right is what the
canonical solution returns, within a tolerance for floats, or what evalplus takes besides.
"""

from __future__ import annotations

import re

__all__ = ["judge_setup"]

FLOAT_ATOL = 1e-6
RTOL = 1e-7
_HOLE = re.compile(r"@(\w+)@")
_COMMON = """\
import copy as _copy
import math as _math
from math import inf, nan

_space = {}
exec(@source@, _space)
_reference = _space[@entry_point@]
_inputs = @inputs@


def _given(at):
    return _copy.deepcopy(_inputs[at])


def _floats(value):
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def _close(actual, expected, atol):
    if isinstance(expected, (list, tuple)):
        return len(actual) == len(expected) and all(
            _close(one, other, atol) for one, other in zip(actual, expected)
        )
    return actual == expected or abs(actual - expected) <= atol + @rtol@ * abs(expected)


def _near(actual, expected, atol):
    if atol == 0 and _floats(expected):
        atol = @float_atol@
    return atol != 0 and type(actual) is type(expected) and _close(actual, expected, atol)


def _same(actual, at):
    expected = _reference(*_given(at))
    return bool(@equal@) or _near(actual, expected, @atol@)


"""
_ROOT = """\
def _same(actual, at):
    (coefficients,) = _given(at)
    value = sum(factor * _math.pow(actual, power) for power, factor in enumerate(coefficients))
    return abs(value) <= @atol@


"""
_PYRAMID = (
    "actual == expected or abs(actual - round(_given(at)[0] ** 2 + 2 * _given(at)[0] * "
    "_math.sqrt((_given(at)[0] / 2) ** 2 + _given(at)[1] ** 2))) <= @atol@"
)
_DIGITS = (
    "actual == expected or actual == sum(abs(int(one) - int(other)) for one, other in zip("
    "*(str(number).zfill(max(len(str(each)) for each in _given(at))) for number in _given(at))))"
)
_PRESENT = (
    "actual == (expected is not None and expected is not False) if isinstance(actual, bool) "
    "else (expected is not None and expected is not False) == (actual is not None)"
)
_MBPP = {
    "are_equivalent": "True",  # evalplus cannot tell here, and takes every answer
    "sum_div": "actual == expected or actual == 0",
    "surface_Area": _PYRAMID,
    "digit_distance_nums": _DIGITS,
    **dict.fromkeys(("check_str", "text_match_three", "text_starta_endb"), _PRESENT),
    **dict.fromkeys(
        (
            "similar_elements", "find_char_long", "common_in_nested_lists", "extract_singly",
            "larg_nnum", "intersection_array", "find_dissimilar", "Diff",
        ),
        "set(actual) == set(expected)",
    ),
}  # fmt: skip


def judge_setup(*, source: str, entry_point: str, inputs: str, atol: float, mbpp: bool) -> str:
    """The text that stands before the asserts.

    `source` is the whole canonical solution, `inputs` Python text of a list of arguments.
    """
    equal = _MBPP.get(entry_point, "actual == expected") if mbpp else "actual == expected"
    equal = equal.replace("@atol@", repr(atol))
    setup = _COMMON if mbpp or entry_point != "find_zero" else _COMMON + _ROOT
    values = {
        "equal": equal,
        "atol": repr(atol),
        "rtol": repr(RTOL),
        "float_atol": repr(FLOAT_ATOL),
        "entry_point": repr(entry_point),
        "source": repr(source),
        "inputs": inputs,
    }
    return _HOLE.sub(lambda found: values[found[1]], setup)
