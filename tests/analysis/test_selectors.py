"""Every selector against brute force over all subsets of small problems."""

from __future__ import annotations

import itertools
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.analysis.counts import FloatArray
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.selectors import (
    BUILT_IN,
    Rules,
    Weighing,
    make_selector,
    selector_names,
)
from vervet.analysis.selectors_answers import NO_ANSWER, Answers
from vervet.analysis.selectors_exact import Ties, best_of_n, majority_vote
from vervet.core.errors import AnalysisError, UnknownNameError

RULE = {
    Ties.RANDOM: lambda chances: sum(chances) / len(chances),
    Ties.PESSIMISTIC: min,
    Ties.OPTIMISTIC: max,
}


def answers(
    classes: list[int],
    correct: list[bool],
    scores: list[float] | None = None,
    tests: list[list[bool]] | None = None,
    name: str = "p",
) -> Answers:
    return Answers(
        correct=np.array(correct, dtype=bool),
        classes=np.array(classes, dtype=np.int64),
        scores={} if scores is None else {"rm": np.array(scores, dtype=np.float64)},
        tests=None if tests is None else np.array(tests, dtype=bool),
        name=name,
    )


def vote_by_force(given: Answers, k: int, ties: Ties) -> float:
    """Every subset of k, counted by hand; the winner answers with the share of its class."""
    n = given.n
    members = {c: [i for i in range(n) if given.classes[i] == c] for c in set(given.classes)}
    share = {c: float(np.mean(given.correct[some])) for c, some in members.items()}
    outcomes = []
    for drawn in itertools.combinations(range(n), k):
        counts = Counter(given.classes[i] for i in drawn if given.classes[i] != NO_ANSWER)
        top = [c for c, count in counts.items() if count == max(counts.values())]
        outcomes.append(RULE[ties]([share[c] for c in top]) if top else 0.0)
    return float(np.mean(outcomes))


def vote_in_order(given: Answers, k: int) -> float:
    """Every order of the candidates: the first member drawn of the class that got there first."""
    right = total = 0
    for order in itertools.permutations(range(given.n), k):
        counts = Counter(given.classes[i] for i in order)
        top = max(counts.values())
        right += bool(given.correct[next(i for i in order if counts[given.classes[i]] == top)])
        total += 1
    return right / total


def best_by_force(given: Answers, k: int, ties: Ties) -> float:
    scores, outcomes = given.scores["rm"], []
    for drawn in itertools.combinations(range(given.n), k):
        highest = max(scores[i] for i in drawn)
        outcomes.append(
            RULE[ties]([float(given.correct[i]) for i in drawn if scores[i] == highest])
        )
    return float(np.mean(outcomes))


CANDIDATE = st.tuples(st.integers(NO_ANSWER, 3), st.booleans(), st.integers(0, 3))
CANDIDATES = st.lists(CANDIDATE, min_size=1, max_size=8)


def made(rows: list[tuple[int, bool, int]]) -> Answers:
    classes, correct, scores = map(list, zip(*rows, strict=True))
    return answers(classes, correct, [float(score) for score in scores])


def ks_of(given: Answers) -> np.ndarray:
    return np.arange(1, given.n + 1)


@pytest.mark.parametrize("ties", Ties)
@settings(max_examples=80, deadline=None)
@given(rows=CANDIDATES)
def test_the_vote_equals_brute_force(ties: Ties, rows: list[tuple[int, bool, int]]) -> None:
    problem = made(rows)
    forced = [vote_by_force(problem, int(k), ties) for k in ks_of(problem)]
    np.testing.assert_allclose(majority_vote(problem, ks_of(problem), ties), forced, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans()), min_size=1, max_size=6))
def test_taking_the_tied_class_seen_first_is_the_random_rule(rows: list[tuple[int, bool]]) -> None:
    problem = answers([c for c, _ in rows], [ok for _, ok in rows])
    forced = [vote_in_order(problem, int(k)) for k in ks_of(problem)]
    np.testing.assert_allclose(majority_vote(problem, ks_of(problem)), forced, atol=1e-12)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=2, max_size=300))
def test_two_votes_are_worth_one(rows: list[tuple[int, bool]]) -> None:
    """maj@2 == maj@1: two that agree say what each says, two that differ are a tie."""
    problem = answers([c for c, _ in rows], [ok for _, ok in rows])
    one, two = majority_vote(problem, np.array([1, 2]))
    assert two == pytest.approx(one, rel=1e-12, abs=1e-15)
    assert one == pytest.approx(problem.c / problem.n, rel=1e-12)


@pytest.mark.parametrize("ties", Ties)
@settings(max_examples=80, deadline=None)
@given(rows=CANDIDATES)
def test_best_of_n_equals_brute_force(ties: Ties, rows: list[tuple[int, bool, int]]) -> None:
    problem = made(rows)
    forced = [best_by_force(problem, int(k), ties) for k in ks_of(problem)]
    np.testing.assert_allclose(best_of_n(problem, ks_of(problem), "rm", ties), forced, atol=1e-12)


def test_best_of_many_keeps_its_digits() -> None:
    """Without ties and with one right candidate of rank r, the chance is a product of ratios."""
    n, rank, k = 200_000, 7, 1000  # six candidates score higher
    scores = np.arange(n, 0, -1.0)
    problem = answers([0] * n, [i == rank - 1 for i in range(n)], list(scores))
    expected = k / n
    for above in range(1, rank):  # none of the six is drawn, given that the right one is
        expected *= 1 - (k - 1) / (n - above)
    assert best_of_n(problem, np.array([k]), "rm")[0] == pytest.approx(expected, rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(CANDIDATE, min_size=41, max_size=120), seed=st.integers(0, 9))
def test_drawn_votes_agree_with_exact_ones(rows: list[tuple[int, bool, int]], seed: int) -> None:
    problem = made(rows)
    exact = majority_vote(problem, np.array([40]))[0]
    rules = Rules(draws=600, seed=seed)
    [beyond] = make_selector("vote").accuracy(problem, np.array([41]), rules).value
    [weighed] = (
        make_selector("weighted-vote")
        .accuracy(
            answers(list(problem.classes), list(problem.correct), [1.0] * problem.n),
            np.array([40]),
            Rules(scorer="rm", draws=600, seed=seed),
        )
        .value
    )
    assert weighed == pytest.approx(exact, abs=0.11)  # five standard errors of 600 coins
    assert beyond == pytest.approx(exact, abs=0.2)


def test_all_candidates_leave_nothing_to_chance() -> None:
    problem = answers([0] * 30 + [1] * 20, [False] * 30 + [True] * 20, [0.4] * 30 + [0.9] * 20)
    all_of_them = np.array([50])
    vote = make_selector("vote").accuracy(problem, all_of_them, Rules())
    weighted = make_selector("weighted-vote").accuracy(problem, all_of_them, Rules(scorer="rm"))
    assert (vote.value[0], vote.error[0]) == (0.0, 0.0)
    assert (weighted.value[0], weighted.error[0]) == (1.0, 0.0)


def subsets_mean(problem: Answers, k: int, pick: object) -> float:
    drawn = itertools.combinations(range(problem.n), k)
    return float(np.mean([pick(list(some)) for some in drawn]))  # type: ignore[operator]


def test_the_weighted_vote_equals_brute_force() -> None:
    problem = answers(
        [0, 0, 1, 1, 2, NO_ANSWER], [True, True, False, False, False, False],
        [0.5, 0.2, 0.4, 0.3, 0.6, 0.9],
    )  # fmt: skip

    def pick(drawn: list[int]) -> float:
        sums: dict[int, float] = {}
        for i in drawn:
            if problem.classes[i] != NO_ANSWER:
                sums[problem.classes[i]] = sums.get(problem.classes[i], 0) + problem.scores["rm"][i]
        top = [c for c, total in sums.items() if total > max(sums.values()) - 1e-9]
        return sum(c == 0 for c in top) / len(top) if top else 0.0

    rules = Rules(scorer="rm", draws=20_000)
    found = make_selector("weighted-vote").accuracy(problem, np.arange(1, 7), rules)
    for k, value, error in zip(range(1, 7), found.value, found.error, strict=True):
        assert value == pytest.approx(subsets_mean(problem, k, pick), abs=5 * error + 1e-12)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_agreement_on_generated_tests_equals_brute_force(power: float) -> None:
    tests = [[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    problem = answers(
        [0] * 6,
        [True, True, False, False, False, True],
        tests=[[bool(each) for each in row] for row in tests],
    )

    def pick(drawn: list[int]) -> float:
        sets: dict[tuple[int, ...], int] = Counter(tuple(tests[i]) for i in drawn)
        worth = {passed: count**power * sum(passed) for passed, count in sets.items()}
        top = [passed for passed, value in worth.items() if value > max(worth.values()) - 1e-9]
        share = {(1, 1, 0, 0): 1.0, (1, 1, 1, 0): 0.0, (0, 0, 0, 0): 1 / 3}
        return sum(share[passed] for passed in top) / len(top)

    rules = Rules(agreement_power=power, draws=20_000)
    found = make_selector("generated-tests").accuracy(problem, np.arange(1, 7), rules)
    for k, value, error in zip(range(1, 7), found.value, found.error, strict=True):
        assert value == pytest.approx(subsets_mean(problem, k, pick), abs=5 * error + 1e-12)


@settings(max_examples=50, deadline=None)
@given(rows=CANDIDATES)
def test_no_selector_beats_the_oracle(rows: list[tuple[int, bool, int]]) -> None:
    problem = made(rows)
    ks = ks_of(problem)
    best = pass_at_k([problem.n], [problem.c], ks)[:, 0]
    rules = Rules(scorer="rm", draws=30)
    for name in ("first", "vote", "best-of-n", "weighted-vote"):
        value: FloatArray = make_selector(name).accuracy(problem, ks, rules).value
        assert ((value >= 0) & (value <= 1)).all()
        if name in ("first", "best-of-n"):  # a vote may answer with an equal answer not drawn
            assert (value <= best + 1e-12).all()
    np.testing.assert_array_equal(make_selector("oracle").accuracy(problem, ks, rules).value, best)


def test_ties_are_bounded_by_their_worst_and_best() -> None:
    problem = answers([0, 0, 1, 1], [True, True, False, False])
    values = [majority_vote(problem, np.array([2, 4]), ties) for ties in Ties]
    np.testing.assert_allclose(values, [[0.5, 0.5], [1 / 6, 0], [5 / 6, 1]])


def test_the_exact_vote_counts_ten_thousand_candidates() -> None:
    """Two classes: the winner follows from a hypergeometric count."""
    from scipy.stats import hypergeom

    problem = answers([0] * 6000 + [1] * 4000, [True] * 6000 + [False] * 4000)
    drawn = hypergeom(10_000, 6000, 40)
    expected = drawn.sf(20) + drawn.pmf(20) / 2
    assert majority_vote(problem, np.array([40]))[0] == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(
    ("name", "rules", "said"),
    [
        ("vote", Rules(), "of 2 candidates"),
        ("best-of-n", Rules(scorer="other"), "no scores of 'other'"),
        ("best-of-n", Rules(), "no scorer is named"),
        ("weighted-vote", Rules(scorer="rm"), "cannot weigh less"),
        ("generated-tests", Rules(), "no generated tests"),
    ],
)
def test_what_cannot_be_selected_is_named(name: str, rules: Rules, said: str) -> None:
    problem = answers([0, 1], [True, False], [-1.0, 2.0])
    k = 3 if name == "vote" else 1
    with pytest.raises(AnalysisError, match=said):
        make_selector(name).accuracy(problem, np.array([k]), rules)


def test_a_missing_score_is_counted_not_guessed() -> None:
    problem = answers([0, 1, 1], [True, False, False], [0.1, float("nan"), float("inf")])
    with pytest.raises(AnalysisError, match="2 of 3 candidates of problem 'p'"):
        best_of_n(problem, np.array([1]), "rm")


def test_a_weight_of_any_size_is_a_number() -> None:
    problem = answers([0, 1], [True, False], [5000.0, -5000.0])
    for weighing in (Weighing.SIGMOID, Weighing.EXP):
        rules = Rules(scorer="rm", weighing=weighing)
        found = make_selector("weighted-vote").accuracy(problem, np.array([2]), rules)
        assert found.value[0] == 1.0


@pytest.mark.parametrize("broken", [[-2, 0], [0]])
def test_classes_that_cannot_be_are_refused(broken: list[int]) -> None:
    with pytest.raises(AnalysisError, match="answer class"):
        answers(broken, [True, False])


def test_no_candidates_are_refused() -> None:
    with pytest.raises(AnalysisError, match="no candidates"):
        answers([], [])


def test_an_unknown_selector_offers_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean vote"):
        make_selector("votes")


def test_built_in_selectors_are_registered_as_others_are() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["vervet.selectors"] == BUILT_IN
    assert selector_names()[: len(BUILT_IN)] == tuple(BUILT_IN)
    assert [make_selector(name).name for name in BUILT_IN] == list(BUILT_IN)
