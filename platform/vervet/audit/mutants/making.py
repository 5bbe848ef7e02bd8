"""Chooses mutants of known-correct solutions: seeded, of every operator, none twice.

A mutant that leaves the tree of a reference as it was is none. Whether one that differs is also
another function cannot be told: no program decides that.
"""

from __future__ import annotations

import difflib
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from vervet.audit.mutants.edits import Operator
from vervet.audit.mutants.program import Frame, frame_of, normal_form, parse, positions
from vervet.audit.mutants.sites import Site, sites_of
from vervet.core.digests import digest_json
from vervet.core.values import Problem

__all__ = ["Mutant", "mutants_of"]

CONTEXT = 2
"""Lines of a diff around what differs."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A reference with one change. `line` counts from 1 within the solution, not the program.

    `reference` is the place of the solution it was made of among those that were given.
    """

    operator: Operator
    line: int
    before: str
    after: str
    text: str
    diff: str
    reference: int = 0


def mutants_of(
    problem: Problem,
    solutions: Sequence[str],
    *,
    most: int,
    seed: int = 0,
    usable: Callable[[str], bool] = lambda _: True,
) -> tuple[Mutant, ...]:
    """At most `most` mutants of a problem's known-correct solutions, of the first if it yields.

    Equal arguments give equal mutants, and a smaller `most` the first of them. `usable` refuses
    texts that would not come to the verifier as they are. None at all for solutions that are no
    Python programs, or that cannot be parsed.
    """
    frame = frame_of(problem)
    if frame is None or most < 1:
        return ()
    seen = {normal_form(frame.whole(text)) for text in solutions}
    made: list[Mutant] = []
    for at, text in enumerate(solutions):
        chance = random.Random(digest_json([seed, problem.id, at]))
        for mutant in _mutants(frame, text, at, chance):
            form = normal_form(frame.whole(mutant.text))
            if form is None or form in seen or not usable(mutant.text):
                continue
            seen.add(form)
            made.append(mutant)
            if len(made) == most:
                return tuple(made)
    return tuple(made)


def _mutants(frame: Frame, text: str, at: int, chance: random.Random) -> Iterator[Mutant]:
    module = parse(frame.whole(text))
    if module is None:
        return
    begin = positions(frame.prefix)
    sites = sites_of(module, begin, positions(frame.prefix + text))
    for site in _mixed(sites, chance):
        mutated = frame.cut(_changed(module, site))
        if mutated is not None:
            yield Mutant(
                operator=site.edit.operator,
                line=site.line - begin[0] + 1,
                before=site.edit.before,
                after=site.edit.after,
                text=mutated,
                diff=_diff(text, mutated),
                reference=at,
            )


def _changed(module: cst.Module, site: Site) -> str:
    """The program with one edit; empty where words would run into each other."""
    try:
        changed = module.deep_replace(site.edit.node, site.edit.by)
    except cst.CSTValidationError:
        return ""
    assert isinstance(changed, cst.Module)
    return changed.code


def _mixed(sites: Sequence[Site], chance: random.Random) -> Iterator[Site]:
    """All sites: one of each operator, then another of each, ..., in an order by chance."""
    by_operator: dict[Operator, list[Site]] = defaultdict(list)
    for site in sites:
        by_operator[site.edit.operator].append(site)
    queues = list(by_operator.values())
    chance.shuffle(queues)
    for queue in queues:
        chance.shuffle(queue)
    while queues:
        for queue in queues:
            yield queue.pop()
        queues = [queue for queue in queues if queue]


def _diff(old: str, new: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "reference", "mutant", lineterm="", n=CONTEXT
    )
    return "\n".join(lines)
