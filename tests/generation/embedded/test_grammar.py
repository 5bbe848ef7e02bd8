"""The little language against Python itself, and programs as text."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.generation.embedded.training.grammar import (
    BY_INPUT,
    PRIMITIVES,
    NoValueError,
    Program,
    Type,
    evaluate,
    parse,
    render,
    step,
)
from vervet.generation.embedded.training.inputs import draw_example_set, draw_input


@st.composite
def programs(draw: st.DrawFn) -> tuple[Type, Program]:
    takes = kind = draw(st.sampled_from(list(Type)))
    found: list[int] = []
    for _ in range(draw(st.integers(1, 4))):
        found.append(draw(st.sampled_from(BY_INPUT[kind])))
        kind = PRIMITIVES[found[-1]].gives
    return takes, tuple(found)


def python(body: str, value: Any) -> Any:
    """Run a program of our own making (never a sampled one) as Python."""
    scope: dict[str, Any] = {}
    exec("def f(x):" + body, scope)
    return scope["f"](value)


@given(case=programs(), seed=st.integers(0, 10**6))
def test_evaluation_is_what_python_does(case: tuple[Type, Program], seed: int) -> None:
    takes, program = case
    value = draw_input(takes, random.Random(seed))
    try:
        expected = evaluate(program, value)
    except NoValueError:
        return
    found = python(render(program), value)
    assert type(found) is type(expected)
    assert found == expected


@pytest.mark.parametrize("number", range(len(PRIMITIVES)))
def test_every_primitive_is_what_python_does(number: int) -> None:
    rng = random.Random(number)
    for _ in range(30):
        value = draw_input(PRIMITIVES[number].takes, rng)
        assert step(number, value) == python(render((number,)), value)


@given(case=programs())
def test_text_and_back(case: tuple[Type, Program]) -> None:
    takes, program = case
    assert parse(render(program), takes) == program


@pytest.mark.parametrize(
    "text", ["", "\n    return", "\n    x = x[1:]", "\n    return foo", " return x[1:]"]
)
def test_other_text_is_no_program(text: str) -> None:
    assert parse(text, Type.LIST) is None


def test_where_python_raises_there_is_no_value() -> None:
    first = next(n for n in BY_INPUT[Type.LIST] if PRIMITIVES[n].text == "x[0]")
    with pytest.raises(NoValueError):
        step(first, [])


def test_examples_are_distinct_telling_and_shown_in_bounds() -> None:
    rng = random.Random(1)
    double = next(n for n in BY_INPUT[Type.INT] if PRIMITIVES[n].text == "x * x")
    examples = draw_example_set((double,), Type.INT, 4, rng)
    assert examples is not None
    assert len({value for value, _ in examples}) == 4
    assert all(output == value * value <= 99 for value, output in examples)
