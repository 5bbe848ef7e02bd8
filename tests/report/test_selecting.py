"""From sampled answers in the database to the table of accuracy against k, on both databases."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import numpy as np
import pytest
from sqlalchemy import text

from tests.store.world import add, count, first, held, put, run_of
from vervet.analysis.selectors import Rules, Weighing
from vervet.analysis.selectors_curves import SelectorTable, compare_selectors
from vervet.core.errors import AnalysisError, StoreError, UnknownNameError
from vervet.core.limits import Usage
from vervet.core.values import Candidate, Problem, Suite
from vervet.pipeline.answer_classes import compare_answers, lacks_classes
from vervet.report.selecting import LOGPROB, SelectorData, of_main_label, selector_data
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.store.batches import Result, finish
from vervet.store.database import Database
from vervet.store.runs import Run
from vervet.store.schema import answer_classes
from vervet.store.scores import PASSED_TESTS, Score, add_scores, selector_inputs
from vervet.store.suites import save_suite
from vervet.verification.registry import verifier_for, verify

# What six candidates of each problem answer; spellings of one number are equal answers.
TRUTH = {"five": "5", "seven": "7", "ten": "10"}
GIVEN = {
    "five": ["5", "+5", "05", "2", "2", None],
    "seven": ["8", "08", "7", "9", "9", "8"],
    "ten": ["11", "12", "10", "13", "14", "010"],
}
SCORES = {
    "five": [0.9, 0.2, 0.9, 0.9, 0.1, 0.3],
    "seven": [0.2, 0.8, 0.7, 0.1, 0.1, 0.6],
    "ten": [0.5, 0.5, 0.5, 0.5, 0.1, 0.1],
}
TESTS = {
    "five": [[1, 1, 0], [1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 0]],
    "seven": [[1, 0, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 0, 0]],
    "ten": [[0, 0, 0], [0, 0, 0], [1, 1, 1], [0, 0, 1], [0, 0, 1], [1, 1, 1]],
}
N = 6


class NoSandbox:
    """Numbers are compared on the host; a job that comes here would be a mistake."""

    weakness = ""

    def environment(self) -> dict[str, str]:
        return {}

    def layers(self) -> tuple[str, ...]:
        return ()

    def run(self, job: Job, on_check: OnCheck) -> Report:  # noqa: ARG002
        raise AssertionError("a comparison of numbers needs no sandbox")

    def close(self) -> None:
        pass


class Different(NoSandbox):
    """Tells all answers apart that it is asked about, in the words of the program inside."""

    def run(self, job: Job, on_check: OnCheck) -> Report:  # noqa: ARG002
        told = {"read": [True, True], "forward": False, "backward": False, "witness": "different"}
        check = CheckReport("equivalence", 0, None, json.dumps(told).encode(), b"", Usage())
        on_check(check)
        return Report((check,), Usage(), ("test",))


def sampled(
    database: Database,
    given: dict[str, list[str | None]] = GIVEN,
    sandbox: Sandbox | None = None,
) -> Run:
    """A run whose candidates give these answers, verified by the real verifier."""
    verifier = verifier_for("answer")
    problems = tuple(
        Problem(name, "answer", f"{name}?\n", {"answer": TRUTH[name], "pattern": "hash"})
        for name in given
    )
    with database.write() as conn:
        suite_id = save_suite(conn, Suite("numbers", problems))
    run = run_of(database, suite_id, n=N)
    by_name = {problem.id: problem for problem in problems}
    candidates = []
    for name, answers in given.items():
        for ordinal, answer in enumerate(answers):
            completion = "no idea" if answer is None else f"It is #### {answer}"
            solution = verifier.extract(by_name[name], completion, cut=False)
            logprob = -1.0 - ordinal
            candidates.append(Candidate(name, ordinal, completion, solution, mean_logprob=logprob))
    added = add(database, run, candidates)
    now = datetime.now(UTC)
    for batch_id in put(database, run, added.to_verify):
        claimed = held(database, batch_id)
        done = []
        for item in claimed.items:
            attempt = verify(verifier, sandbox or NoSandbox(), item.problem, item.solution)
            done.append(Result(item.solution_id, item.ordinal, attempt, now, now, host="here"))
        finish(database, claimed, done, first)
    return run


def score(database: Database, run: Run, scorer: str, values: dict[str, list[Score]]) -> None:
    with database.write() as conn:
        for scores in values.values():
            add_scores(conn, scorer, scores, {"revision": 1})


def candidate_ids(database: Database, run: Run) -> dict[str, list[int]]:
    query = (
        "SELECT problem, candidate_id FROM v_selector_inputs WHERE run_id = :run "
        "ORDER BY problem, ordinal"
    )
    with database.read() as conn:
        rows = conn.execute(text(query), {"run": run.id}).all()
    return {name: [row[1] for row in rows if row[0] == name] for name in GIVEN}


@pytest.fixture
def run(database: Database) -> Run:
    made = sampled(database)
    ids = candidate_ids(database, made)
    for scorer in ("rm", "codet"):
        values = {}
        for name in GIVEN:
            tests = TESTS[name]
            values[name] = [
                Score(candidate, SCORES[name][at])
                if scorer == "rm"
                else Score(candidate, float(sum(tests[at])), {PASSED_TESTS: tests[at]})
                for at, candidate in enumerate(ids[name])
            ]
        score(database, made, scorer, values)
    assert not compare_answers(database, made, NoSandbox()).failed
    return made


def read(database: Database, run: Run, **options: object) -> SelectorData:
    with database.read() as conn:
        return selector_data(selector_inputs(conn, run.id), **options)  # type: ignore[arg-type]


def number(answer: str | None) -> Fraction | None:
    return None if answer is None else Fraction(answer)


def by_force(name: str, k: int, selector: str) -> float:
    """The selector's rule, spelled out over every subset of k candidates of one problem."""
    values = [number(answer) for answer in GIVEN[name]]
    right = [value == number(TRUTH[name]) for value in values]
    outcomes = []
    for drawn in itertools.combinations(range(N), k):
        if selector == "oracle":
            outcomes.append(float(any(right[i] for i in drawn)))
        elif selector == "first":
            outcomes.append(sum(right[i] for i in drawn) / k)
        elif selector == "best-of-n":
            top = max(SCORES[name][i] for i in drawn)
            tied = [right[i] for i in drawn if SCORES[name][i] == top]
            outcomes.append(sum(tied) / len(tied))
        else:
            outcomes.append(piles(name, drawn, selector, values, right))
    return float(np.mean(outcomes))


def piles(name, drawn, selector, values, right) -> float:  # type: ignore[no-untyped-def]
    """A vote of any kind: what each pile is worth, and how many of the best are right."""
    worth: dict[object, float] = {}
    if selector == "generated-tests":
        sets = Counter(tuple(TESTS[name][i]) for i in drawn)
        worth = {passed: sum(passed) * many**0.5 for passed, many in sets.items()}
        share = {
            passed: np.mean([right[i] for i in range(N) if tuple(TESTS[name][i]) == passed])
            for passed in worth
        }
    else:
        for i in drawn:
            if values[i] is not None:
                weight = SCORES[name][i] if selector == "weighted-vote" else 1.0
                worth[values[i]] = worth.get(values[i], 0.0) + weight
        share = {value: float(value == number(TRUTH[name])) for value in worth}
    if not worth:
        return 0.0
    top = [pile for pile, value in worth.items() if value > max(worth.values()) - 1e-9]
    return float(sum(share[pile] for pile in top) / len(top))


def test_the_table_equals_brute_force_over_the_sampled_answers(
    database: Database, run: Run
) -> None:
    table: SelectorTable = compare_selectors(
        read(database, run).problems,
        ks=range(1, N + 1),
        rules=Rules(scorer="rm", draws=4000),
    )
    assert [curve.name for curve in table.curves] == [
        "oracle", "first", "vote", "best-of-n", "weighted-vote", "generated-tests",
    ]  # fmt: skip
    for curve in table.curves:
        for at, k in enumerate(curve.ks):
            forced = np.mean([by_force(name, int(k), curve.name) for name in GIVEN])
            room = 5 * curve.drawn_error[at] + 1e-12
            assert curve.accuracy[at] == pytest.approx(forced, abs=room), (curve.name, k)
        drawn = curve.name in ("weighted-vote", "generated-tests")
        assert (curve.drawn_error.max() > 0) == drawn


def test_equal_answers_are_one_class_and_different_ones_are_not(
    database: Database, run: Run
) -> None:
    found = read(database, run)
    sizes = {p.name: sorted(Counter(p.classes.tolist()).values()) for p in found.problems}
    assert sizes == {"five": [1, 2, 3], "seven": [1, 2, 3], "ten": [1, 1, 1, 1, 2]}
    assert [p.c for p in found.problems] == [3, 1, 2]
    assert (found.compared, found.conflicts, found.undecided, found.unsettled) == (3, 0, 0, 0)


def test_by_text_only_equal_solutions_are_one_class(database: Database, run: Run) -> None:
    found = read(database, run, by_text=True)
    kinds = {p.name: len(set(p.classes.tolist())) for p in found.problems}
    with database.read() as conn:
        query = (
            "SELECT problem, COUNT(DISTINCT solution_id) FROM v_selector_inputs GROUP BY problem"
        )
        assert kinds == dict(conn.execute(text(query)).all())  # type: ignore[arg-type]


def test_answers_not_yet_compared_stand_alone_and_the_view_says_so(database: Database) -> None:
    run = sampled(database)
    found = read(database, run)
    assert found.compared == 0
    assert lacks_classes(database, run)
    compared = compare_answers(database, run, NoSandbox())
    assert compared.problems == 3
    assert not lacks_classes(database, run)
    assert read(database, run).compared == 3


def test_an_answer_sampled_later_is_compared_with_all_of_its_problem(database: Database) -> None:
    run = sampled(database)
    compare_answers(database, run, NoSandbox())
    before = count(database, answer_classes)
    verifier = verifier_for("answer")
    problem = Problem("seven", "answer", "seven?\n", {"answer": "7", "pattern": "hash"})
    later = "#### 007"
    solution = verifier.extract(problem, later, cut=False)
    add(database, run, [Candidate("seven", N, later, solution)])
    assert compare_answers(database, run, NoSandbox()).problems == 1
    assert count(database, answer_classes) == before + 1


def test_the_comparison_does_not_look_at_the_truth(database: Database) -> None:
    """With every candidate wrong, or the truth unknown, the classes are the same."""
    run = sampled(database, {"ten": ["3", "+3", "03", "4", "5", "05"]})
    compare_answers(database, run, NoSandbox())
    [problem] = read(database, run).problems
    assert problem.c == 0
    assert sorted(Counter(problem.classes.tolist()).values()) == [1, 2, 3]


def test_comparisons_beyond_the_allowance_are_undecided_and_can_be_made_up(
    database: Database,
) -> None:
    """Fractions differ by what the sandbox says; whole numbers are told apart on the host."""
    run = sampled(database, {"ten": ["1", "2", "1/3", "2/7", "1", "3/7"]}, Different())
    done = compare_answers(database, run, Different(), most_jobs=0)
    assert done.undecided > 0
    assert not lacks_classes(database, run)
    assert read(database, run).undecided == done.undecided
    again = compare_answers(database, run, Different(), anew=True)
    assert (again.problems, again.undecided) == (1, 0)
    assert read(database, run).undecided == 0


def test_equality_that_is_not_transitive_is_counted(database: Database) -> None:
    """500 % is 500 to one reader and 5 to another; 500 and 5 are not equal."""
    run = sampled(database, {"five": ["5", "500%", "500", "2", "5", "500"]})
    assert compare_answers(database, run, NoSandbox()).conflicts == 1
    found = read(database, run)
    assert sorted(Counter(found.problems[0].classes.tolist()).values()) == [1, 5]
    assert found.conflicts == 1


def test_every_scorer_is_found_and_the_models_own_too(database: Database, run: Run) -> None:
    found = read(database, run)
    assert found.scorers == ("rm", LOGPROB)
    assert found.test_scorers == ("codet",)
    table = compare_selectors(
        found.problems,
        names=["best-of-n", "weighted-vote"],
        ks=[N],
        rules=Rules(scorer=LOGPROB, weighing=Weighing.EXP),
    )
    # Candidate 0 has the highest log-probability: right only in the first problem.
    assert table.curves[0].accuracy[0] == pytest.approx(1 / 3)


def test_problems_of_different_labels_are_never_mixed(database: Database, run: Run) -> None:
    with database.read() as conn:
        rows = selector_inputs(conn, run.id)
    assert of_main_label(rows) == (rows, "")
    strata = {"five": "easy", "seven": "held-out", "ten": "held-out"}
    marked = [replace(row, labels={"stratum": strata[row.problem]}) for row in rows]
    held_out, label = of_main_label(marked)
    assert (label, {row.problem for row in held_out}) == ("held-out", {"seven", "ten"})
    assert {row.problem for row in of_main_label(marked, "easy")[0]} == {"five"}
    with pytest.raises(UnknownNameError, match="easy, held-out"):
        of_main_label(marked, "hard")


def test_a_score_that_is_there_stays(database: Database, run: Run) -> None:
    ids = candidate_ids(database, run)
    score(database, run, "rm", {"five": [Score(ids["five"][0], 0.0)]})
    assert read(database, run).problems[0].scores["rm"][0] == 0.9


def test_a_score_that_is_no_number_is_refused(database: Database, run: Run) -> None:
    with pytest.raises(StoreError, match="'new' is nan"), database.write() as conn:
        add_scores(conn, "new", [Score(1, float("nan"))], {})


@pytest.mark.parametrize("passed", [[1, 2, 0], [1], ["1", "0", "1"]])
def test_tests_that_are_no_table_are_refused(
    database: Database, run: Run, passed: list[object]
) -> None:
    with database.read() as conn:
        rows = selector_inputs(conn, run.id)
    broken = next(at for at, row in enumerate(rows) if row.scorer == "codet")
    rows[broken] = replace(rows[broken], detail={PASSED_TESTS: passed})
    with pytest.raises(AnalysisError, match="no table of 0 and 1"):
        selector_data(rows)


def test_tests_by_nobody_are_refused(database: Database, run: Run) -> None:
    with pytest.raises(AnalysisError, match="There are tests by: codet"):
        read(database, run, tests="other")


def test_two_settings_of_a_scorer_are_not_mixed(database: Database, run: Run) -> None:
    ids = candidate_ids(database, run)
    with database.write() as conn:
        add_scores(conn, "rm", [Score(ids["ten"][0], 0.3)], {"revision": 2})
    with pytest.raises(AnalysisError, match="different settings"):
        read(database, run)
