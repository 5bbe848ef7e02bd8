"""Arguments of MBPP+ as Python values: JSON has no tuples, sets or complex numbers.

Which problems need which is part of evalplus's format (its function that reads MBPP+ inputs);
a problem that is not named here takes its arguments as JSON gives them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from vervet.core.errors import ProblemError

__all__ = ["python_inputs"]

_Arguments = list[Any]
_NUMBER = re.compile(r"Mbpp/(\d{1,6})")


def python_inputs(name: str, inputs: Sequence[_Arguments]) -> str:
    """Python text of a list with the arguments of each call.

    Raises `ProblemError` for arguments that are not of the types that the problem asks for.
    """
    found = _NUMBER.fullmatch(name)
    convert = _RULES.get(int(found[1])) if found else None
    try:
        made = [convert(given) if convert else given for given in inputs]
    except (TypeError, ValueError, AttributeError, LookupError) as error:
        raise ProblemError(f"arguments of {name} are not of its types: {error}") from None
    return repr(made)


def _each(given: _Arguments) -> _Arguments:
    return [tuple(argument) for argument in given]


def _items(given: _Arguments) -> _Arguments:
    return [[tuple(item) for item in argument] for argument in given]


def _first_items(given: _Arguments) -> _Arguments:
    return [[tuple(item) for item in given[0]], *given[1:]]


def _first(given: _Arguments) -> _Arguments:
    return [tuple(given[0]), *given[1:]]


def _second(given: _Arguments) -> _Arguments:
    return [given[0], tuple(given[1])]


def _each_and_items(given: _Arguments) -> _Arguments:
    return [tuple(tuple(item) for item in argument) for argument in given]


def _listed_items(given: _Arguments) -> _Arguments:
    return [tuple(tuple(one) if isinstance(one, list) else one for one in given[0])]


def _sets(given: _Arguments) -> _Arguments:
    return [[set(item) if isinstance(item, list) and item else {} for item in given[0]]]


def _angle(given: _Arguments) -> _Arguments:
    return [float(given[0]), complex(given[1])]


def _complex(given: _Arguments) -> _Arguments:
    return [complex(given[0])]


def _values(given: _Arguments) -> _Arguments:
    return [{key: tuple(value) for key, value in given[0].items()}, *given[1:]]


def _everything(given: _Arguments) -> _Arguments:
    return [_deep(argument) for argument in given]


def _deep(value: Any) -> Any:
    return tuple(_deep(item) for item in value) if isinstance(value, list) else value


_TASKS: dict[Callable[[_Arguments], _Arguments], str] = {
    _each: "2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809",
    _items: "63 64 70 94 120 237 272 299 400 409 417 438 473 614 780",
    _first_items: "75 413 444 753",
    _first: "250 307 405 446 617 720 763 808",
    _second: "106 750",
    _each_and_items: "259 401 445",
    _listed_items: "278",
    _sets: "115",
    _angle: "124",
    _complex: "252",
    _values: "722",
    _everything: "580 615 791",
}
_RULES = {int(task): rule for rule, tasks in _TASKS.items() for task in tasks.split()}
