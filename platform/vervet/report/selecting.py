"""A run as selectors see it: rows of the view `v_selector_inputs` as arrays by problem.

Reads nothing else of the database, and picks no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from vervet.analysis.counts import FloatArray, IntArray
from vervet.analysis.selectors_answers import NO_ANSWER, Answers, BoolArray
from vervet.core.errors import AnalysisError, UnknownNameError
from vervet.report.gather import MAIN, label_of
from vervet.store.scores import PASSED_TESTS, SelectorInput

__all__ = ["LOGPROB", "SelectorData", "of_main_label", "selector_data"]

LOGPROB = "mean_logprob"
"""The scorer that every run of a model that tells has: the mean log-probability of its tokens."""


@dataclass(frozen=True, slots=True, eq=False)
class SelectorData:
    """The candidates of a run's problems, and what a reader must know of them.

    `scorers` are those of which some candidate has a score, tests apart; `test_scorers` those
    that ran generated tests. `compared` counts problems whose answers the verifier has compared,
    `conflicts` pairs of answers that it tells apart within a class, `undecided` pairs that it
    could not compare, `unsettled` candidates without a verdict (they count as not correct).
    """

    problems: tuple[Answers, ...]
    scorers: tuple[str, ...]
    test_scorers: tuple[str, ...]
    compared: int
    conflicts: int
    undecided: int
    unsettled: int


def of_main_label(
    rows: Sequence[SelectorInput], label: str | None = None
) -> tuple[list[SelectorInput], str]:
    """The rows of problems of one label, which is given too: labels are never mixed.

    `label` if given, else held-out where there is any, else the first. Raises `UnknownNameError`
    for a label that no problem has.
    """
    labels = list(dict.fromkeys(label_of(row.labels) for row in rows))
    if label is not None and label not in labels:
        raise UnknownNameError("label", label, labels)
    main = MAIN if MAIN in labels else next(iter(labels), "")
    wanted = main if label is None else label
    return [row for row in rows if label_of(row.labels) == wanted], wanted


def selector_data(
    rows: Sequence[SelectorInput], *, by_text: bool = False, tests: str | None = None
) -> SelectorData:
    """Rows of the view, in its order, as arrays; `by_text` takes equal solutions for classes.

    `tests` names the scorer whose generated tests are used where there are several.
    Raises `AnalysisError` for a scorer with several settings or broken details, and for one
    that ran no tests.
    """
    scorers = sorted({row.scorer for row in rows if row.scorer is not None})
    test_scorers = [name for name in scorers if _ran_tests(rows, name)]
    if tests is not None and tests not in test_scorers:
        raise AnalysisError(
            f"{tests!r} ran no generated tests on this run",
            hint=f"There are tests by: {', '.join(test_scorers) or 'nobody'}.",
        )
    chosen = tests or (test_scorers[0] if test_scorers else None)
    plain = [name for name in scorers if name not in test_scorers]
    if any(row.mean_logprob is not None for row in rows):
        plain.append(LOGPROB)
    problems = [
        _problem(name, list(some), plain, chosen, by_text)
        for name, some in groupby(rows, key=lambda row: row.problem)
    ]
    once = {row.candidate_id: row for row in rows}.values()
    solutions = {(row.problem, row.solution_id): row for row in rows}.values()
    return SelectorData(
        problems=tuple(problems),
        scorers=tuple(plain),
        test_scorers=tuple(test_scorers),
        compared=len({row.problem for row in rows if row.compared}),
        conflicts=sum(row.conflicts for row in solutions) // 2,
        undecided=sum(row.undecided for row in solutions) // 2,
        unsettled=sum(row.unsettled for row in once),
    )


def _ran_tests(rows: Sequence[SelectorInput], scorer: str) -> bool:
    return any(row.scorer == scorer and PASSED_TESTS in (row.detail or {}) for row in rows)


def _problem(
    name: str, rows: list[SelectorInput], scorers: list[str], tests: str | None, by_text: bool
) -> Answers:
    """One problem; its rows hold each candidate once for each scorer."""
    candidates = list({row.candidate_id: row for row in rows}.values())
    place = {row.candidate_id: at for at, row in enumerate(candidates)}
    scores = {scorer: np.full(len(candidates), np.nan) for scorer in scorers}
    passed: list[SelectorInput | None] = [None] * len(candidates)
    seen: set[tuple[int, str]] = set()
    for row in rows:
        if row.scorer is None:
            continue
        if (row.candidate_id, row.scorer) in seen:
            raise AnalysisError(
                f"scorer {row.scorer!r} has scored problem {name!r} with different settings",
                hint="Give each setting of a scorer a name of its own.",
            )
        seen.add((row.candidate_id, row.scorer))
        if row.scorer in scores and row.score is not None:
            scores[row.scorer][place[row.candidate_id]] = row.score
        elif row.scorer == tests:
            passed[place[row.candidate_id]] = row
    if LOGPROB in scores:
        known = [row.mean_logprob for row in candidates]
        scores[LOGPROB] = np.array([np.nan if x is None else x for x in known], dtype=np.float64)
    return Answers(
        correct=np.array([row.passed for row in candidates], dtype=np.bool_),
        classes=_classes(candidates, by_text),
        scores={scorer: values for scorer, values in scores.items() if _any(values)},
        tests=_tests(name, passed) if tests else None,
        name=name,
    )


def _any(values: FloatArray) -> bool:
    return bool(np.isfinite(values).any())


def _classes(candidates: Sequence[SelectorInput], by_text: bool) -> IntArray:
    ids = [
        NO_ANSWER if row.answer_class is None else row.solution_id if by_text else row.answer_class
        for row in candidates
    ]
    return np.array(ids, dtype=np.int64)


def _tests(name: str, rows: Sequence[SelectorInput | None]) -> BoolArray | None:
    """The matrix of candidates by tests; None where no candidate of the problem was tested."""
    given = [(row.detail or {}).get(PASSED_TESTS) if row is not None else None for row in rows]
    tested = [each for each in given if each is not None]
    if not tested:
        return None
    if len(tested) < len(given):
        raise AnalysisError(
            f"{len(given) - len(tested)} of {len(given)} candidates of problem {name!r} were not "
            "run on the generated tests",
            hint="Run the tests over all candidates.",
        )
    lengths = {len(each) for each in tested}
    if len(lengths) > 1 or not {value for each in tested for value in each} <= {0, 1}:
        raise AnalysisError(
            f"the generated tests of problem {name!r} are no table of 0 and 1",
            hint="Every candidate needs one 0 or 1 for each test, in the same order.",
        )
    return np.array(tested, dtype=np.bool_).reshape(len(tested), -1)
