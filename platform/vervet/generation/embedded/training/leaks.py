"""The leak filter: which training programs solve a held-out problem, by running every one of them.

Equal outputs on probes are no proof of different behaviour, so nothing is assumed from them: every
program runs on every held-out example of its input type, through a tree that shares prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vervet.generation.embedded.training.grammar import (
    NoValueError,
    Program,
    Type,
    Value,
    evaluate,
    step,
    type_of,
)
from vervet.generation.embedded.training.inputs import Example

__all__ = ["ProgramTree", "find_leaks", "passes"]


@dataclass(slots=True)
class _Node:
    ends_here: bool = False
    children: dict[int, _Node] = field(default_factory=dict)


def passes(program: Program, examples: Iterable[Example]) -> bool:
    """Whether the program gives the expected output on every example."""
    try:
        return all(_same(evaluate(program, value), output) for value, output in examples)
    except NoValueError:
        return False


class ProgramTree:
    """Programs by input type, with shared prefixes, so that running all of them is quick."""

    def __init__(self, programs: Iterable[tuple[Type, Program]]) -> None:
        self._roots: dict[Type, _Node] = {kind: _Node() for kind in Type}
        for kind, program in programs:
            node = self._roots[kind]
            for primitive in program:
                node = node.children.setdefault(primitive, _Node())
            node.ends_here = True

    def passing(self, examples: list[Example]) -> list[Program]:
        """Every program that gives the expected output on every example (all of one type)."""
        value, output = examples[0]
        agreeing: list[Program] = []
        _walk(self._roots[type_of(value)], (), value, output, agreeing)
        return [program for program in agreeing if passes(program, examples[1:])]


def find_leaks(
    programs: Iterable[tuple[Type, Program]], problems: Mapping[str, list[Example]]
) -> dict[str, list[Program]]:
    """The programs that solve a problem, by the problem's id; problems without any are left out.

    Args:
        programs: input type and program; a program is only run on inputs of its type.
        problems: all examples of each problem, visible and hidden.
    """
    tree = ProgramTree(programs)
    found = {name: tree.passing(examples) for name, examples in problems.items()}
    return {name: leaking for name, leaking in found.items() if leaking}


def _walk(node: _Node, path: Program, value: Value, wanted: Value, agreeing: list[Program]) -> None:
    """Collect the programs below `node` whose output on the first example is the wanted one."""
    for primitive, child in node.children.items():
        try:
            result = step(primitive, value)
        except NoValueError:
            continue
        if child.ends_here and _same(result, wanted):
            agreeing.append((*path, primitive))
        _walk(child, (*path, primitive), result, wanted, agreeing)


def _same(left: Value, right: Value) -> bool:
    return type(left) is type(right) and bool(left == right)
