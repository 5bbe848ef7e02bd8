"""The leak filter: a planted leak is caught, and it agrees with running everything by force."""

from __future__ import annotations

import random

from vervet.generation.embedded.training.behaviours import enumerate_behaviours
from vervet.generation.embedded.training.grammar import Program, Type, evaluate, parse
from vervet.generation.embedded.training.inputs import draw_example_set
from vervet.generation.embedded.training.leaks import ProgramTree, find_leaks, passes


def program(*statements: str, takes: Type = Type.LIST) -> Program:
    body = "".join(f"\n    x = {s}" for s in statements[:-1]) + f"\n    return {statements[-1]}"
    found = parse(body, takes)
    assert found is not None, body
    return found


HELD_OUT = program("sorted(x)", "x[::-1]", "x[0]")
# The same behaviour by other words, which no comparison of texts would see.
PLANTED = program("max(x)")
INNOCENT = program("sum(x)")
INPUTS = [[3, 1, 2], [9, 9, 4, 0], [5, 12, 7], [2, 6, 1, 8]]
EXAMPLES = [(value, evaluate(HELD_OUT, value)) for value in INPUTS]


def test_a_planted_leak_is_caught() -> None:
    programs = [(Type.LIST, PLANTED), (Type.LIST, INNOCENT)]
    assert find_leaks(programs, {"p": EXAMPLES}) == {"p": [PLANTED]}


def test_a_leak_that_only_the_hidden_examples_tell_apart_is_none() -> None:
    last = program("x[-1]")
    examples = [([1, 5], 5), ([2, 7], 7), ([9, 3], 9)]
    assert passes(last, examples[:2])
    assert find_leaks([(Type.LIST, last)], {"p": examples}) == {}


def test_a_program_of_another_input_type_is_no_leak() -> None:
    as_text = program("x[::-1]", takes=Type.STR)
    assert find_leaks([(Type.STR, as_text)], {"p": [([1, 2], [2, 1])]}) == {}


def test_true_is_not_one_and_an_error_is_no_pass() -> None:
    assert not passes(program("x[0]"), [([], 0)])
    assert not passes(program("len(x)"), [([7], True)])


def test_the_tree_agrees_with_running_everything() -> None:
    behaviours = enumerate_behaviours(3, deepest=2)
    tree = ProgramTree((b.takes, b.program) for b in behaviours)
    rng = random.Random(4)
    checked = 0
    for behaviour in rng.sample(behaviours, 60):
        examples = draw_example_set(behaviour.program, behaviour.takes, 6, rng)
        if examples is None:
            continue
        expected = {
            b.program
            for b in behaviours
            if b.takes is behaviour.takes and passes(b.program, examples)
        }
        assert behaviour.program in expected
        assert set(tree.passing(examples)) == expected
        checked += 1
    assert checked > 30
