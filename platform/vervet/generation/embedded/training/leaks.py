"""The leak filter: which training programs solve a held-out problem, by running every one of them.

Equal outputs on probes are no proof of different behaviour, so nothing is assumed from them: every
program runs on every held-out example of its input type, through a tree that shares prefixes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vervet.generation.embedded.training.grammar import (
    Program,
    Rejected,
    Type,
    Value,
    evaluate,
    step,
)
from vervet.generation.embedded.training.inputs import Example

__all__ = ["Leaks", "find_leaks", "passes"]


@dataclass(slots=True)
class _Node:
    ends_here: bool = False
    children: dict[int, _Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leaks:
    """Programs that pass all examples of a held-out problem, by the problem's id."""

    by_problem: Mapping[str, list[Program]]

    @property
    def programs(self) -> set[Program]:
        """Every program that must leave the training set (of the problem's input type)."""
        return {program for found in self.by_problem.values() for program in found}


def passes(program: Program, examples: Iterable[Example]) -> bool:
    """Whether the program gives the expected output on every example."""
    try:
        return all(_same(evaluate(program, value), output) for value, output in examples)
    except Rejected:
        return False


def find_leaks(
    programs: Iterable[tuple[Type, Program]],
    problems: Iterable[tuple[str, Type, list[Example]]],
) -> Leaks:
    """Run every program on every problem of its input type.

    Args:
        programs: input type and program; a program is only run on inputs of its type.
        problems: id, input type and all examples, visible and hidden.
    """
    roots: dict[Type, _Node] = {kind: _Node() for kind in Type}
    for kind, program in programs:
        node = roots[kind]
        for primitive in program:
            node = node.children.setdefault(primitive, _Node())
        node.ends_here = True
    found: dict[str, list[Program]] = {}
    for name, kind, examples in problems:
        value, output = examples[0]
        agreeing: list[Program] = []
        _walk(roots[kind], (), value, output, agreeing)
        found[name] = [program for program in agreeing if passes(program, examples[1:])]
    return Leaks(found)


def _walk(node: _Node, path: Program, value: Value, wanted: Value, agreeing: list[Program]) -> None:
    """Collect the programs below `node` whose output on the first example is the wanted one."""
    for primitive, child in node.children.items():
        try:
            result = step(primitive, value)
        except Rejected:
            continue
        if child.ends_here and _same(result, wanted):
            agreeing.append((*path, primitive))
        _walk(child, (*path, primitive), result, wanted, agreeing)


def _same(left: Value, right: Value) -> bool:
    return type(left) is type(right) and bool(left == right)
