"""Suspected labels: what a worked answer gives away, what votes weigh, and GSM8K's row 1042."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.audit.labels import Labelled, Suspects, suspects
from vervet.audit.labels_chain import Sign, number, oddities
from vervet.core.errors import AnalysisError
from vervet.problems.bundled import load
from vervet.verification.registry import verifier_for

MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")
WRONG_ROW = 1042
"""Its label is 3, and 3.5 is right; found by Brown et al. 2024 (arXiv 2407.21787)."""
SYNTHETIC = "3.5"
FIRST_WITHOUT_CANDIDATES = 600
QUESTION = "Ann has 3 apples and buys 8 for $2.50 each. Half of them are gone, 20% of those red."


def signs(worked: str, label: str, question: str = QUESTION) -> list[Sign]:
    return [oddity.sign for oddity in oddities(question, worked, label)]


@pytest.mark.parametrize(
    ("worked", "label", "found"),
    [
        ("3+8 = <<3+8=11>>11", "11", []),
        ("8*2.50 = $<<8*2.50=20>>20, so $20/2 = <<20/2=10>>10", "$10", []),
        ("a fifth: 8*20% is <<8*20%=1.6>>1.6", "1.6", []),
        ("8*.8 = <<8*.8=6.4>>6.4", "6.4", []),
        ("<<3+8=12>>12", "12", [Sign.ARITHMETIC]),
        ("<<8/3=2.67>>2.67", "2.67", [Sign.ROUNDED]),
        ("<<8/3=2>>2", "2", [Sign.ROUNDED]),
        ("<<20/8=2.5>>2.5", "2", [Sign.ROUNDED]),
        ("<<20/8=2.5>>2.5", "7", [Sign.NOT_REACHED]),
        ("<<3+8=11>>11, <<11+8=19>>19", "11", [Sign.NOT_LAST]),
        ("<<3+6=9>>9", "9", [Sign.UNKNOWN_NUMBER]),
        ("<<3-8=-5>>-5, <<5*2=10>>10", "10", [Sign.SIGN_LOST, Sign.UNUSED]),
        ("<<3-8=-5>>-5, <<-5*2=-10>>-10", "-10", []),
        ("<<3+8=11>>12", "11", [Sign.MISCOPIED]),
        ("<<3*8=24>>24, <<3+8=11>>11", "11", [Sign.UNUSED]),
        ("<<3+8=11>>11, and 11 minus 3 equals 8", "8", []),
        ("It is 3+8 = 11, of which <<11-3=8>>8 are left, and 8 x 2 = 16", "16", []),
        ("<<3+8=11>>11, which is 11*100 = 1100 cents", "1100", []),
        ("no steps at all", "4", []),
        ("<<3+8=11>>11", "apple", []),
    ],
)
def test_a_worked_answer_gives_itself_away(worked: str, label: str, found: list[Sign]) -> None:
    assert signs(worked, label) == found


def test_an_oddity_says_where_it_stands() -> None:
    (oddity,) = oddities(QUESTION, "<<3+8=12>>12", "12")
    assert oddity.words == "3+8 is 11, not 12"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", Fraction(2469, 2)), ("$3", 3), ("-.5", Fraction(-1, 2)),
        ("20%", Fraction(1, 5)), ("3/4", Fraction(3, 4)), ("1/0", None), ("", None),
        ("x", None), ("1e999999", None), ("9" * 50, None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_they_are_written(text: str, value: Fraction | int | None) -> None:
    assert number(text) == value


@given(st.text(max_size=80), st.text("0123456789+-*/().,%$x <>=#_e", max_size=80), st.text())
@settings(max_examples=200)
def test_no_text_is_too_odd(question: str, steps: str, label: str) -> None:
    oddities(question, f"<<{steps}>>{steps}", label)
    oddities(question, steps, "3")


@pytest.mark.parametrize(
    "code",
    ["(" * 190 + "1", "-" * 199 + "1", "9**9**9**9", "1/0", "__import__('os')", "1+" * 90 + "1"],
)
def test_hostile_steps_are_read_and_never_evaluated(code: str) -> None:
    assert Sign.ARITHMETIC not in signs(f"<<{code}=5>>5", "5", "1 5")


def problem(name: str, answers: Mapping[str, str], label: str = "7", worked: str = "") -> Labelled:
    """A problem whose models gave one answer each."""
    texts = [label, *answers.values()]
    classes = {text: texts.index(text) for text in texts}
    return Labelled(
        problem=name,
        label=label,
        question="Three and 4, please.",
        worked=worked,
        label_class=0,
        answers={model: {classes[text]: 1} for model, text in answers.items()},
        texts={key: text for text, key in classes.items()},
    )


def sound(count: int, models: Sequence[str], rates: Sequence[float]) -> list[Labelled]:
    """Problems with right labels; wrong answers seldom meet. Seeded."""
    chance = random.Random(7)
    return [
        problem(
            f"sound/{at}",
            {
                model: "7" if chance.random() < rate else str(chance.randint(100, 1000))
                for model, rate in zip(models, rates, strict=True)
            },
        )
        for at in range(count)
    ]


def test_what_most_models_say_instead_is_suspected_and_named() -> None:
    rest = sound(100, "abc", (0.9, 0.9, 0.8))
    found = suspects([*rest, problem("x", {"a": "8", "b": "8", "c": "7"})])
    first = found.ranked[0]
    assert (first.problem, first.label, first.other) == ("x", "7", "8")
    assert first.supporters == ("a", "b")
    a, b = found.reliability["a"], found.reliability["b"]
    assert first.reasons == (f"2 of 3 models answer 8 most often (right on: a {a:.0%}, b {b:.0%})",)
    assert found.rank("x") == 1


def test_reliable_models_weigh_more() -> None:
    rest = sound(200, "abcd", (0.9, 0.9, 0.2, 0.2))
    found = suspects(
        [
            *rest,
            problem("good", {"a": "8", "b": "8", "c": "7", "d": "7"}),
            problem("bad", {"a": "7", "b": "7", "c": "8", "d": "8"}),
        ]
    )
    odds = {each.problem: each.odds for each in found.ranked}
    assert odds["good"] > odds["bad"]
    assert found.reliability == pytest.approx({"a": 0.9, "b": 0.9, "c": 0.2, "d": 0.2}, abs=0.07)


@given(st.integers(1, 3))
@settings(max_examples=3, deadline=None)
def test_every_model_more_against_a_label_makes_it_more_suspicious(against: int) -> None:
    rest = sound(60, "abcd", (0.7,) * 4)
    odds = []
    for many in (against, against + 1):
        answers = {model: "8" if at < many else "7" for at, model in enumerate("abcd")}
        found = suspects([*rest, problem("x", answers)])
        odds.append(next(each.odds for each in found.ranked if each.problem == "x"))
    assert odds[0] < odds[1]


def test_more_candidates_of_one_model_are_not_more_voters() -> None:
    rest = sound(60, "ab", (0.7, 0.7))
    one = problem("x", {"a": "8", "b": "7"})
    many = replace(one, answers={"a": {1: 10_000}, "b": {0: 10_000}})
    assert suspects([*rest, one]).ranked == suspects([*rest, many]).ranked


def test_without_candidates_only_the_rarity_of_a_sign_counts() -> None:
    fine = [problem(f"fine/{at}", {}, worked="<<3+4=7>>7") for at in range(95)]
    common = [problem(f"common/{at}", {}, worked="<<3+6=9>>9 <<9-2=7>>7") for at in range(4)]
    found = suspects([*fine, *common, problem("rare", {}, worked="<<3+4=8>>8 <<8-1=7>>7")])
    assert [each.problem for each in found.ranked[:2]] == ["rare", "common/0"]
    assert found.rank("common/0") == 5  # behind all that are equal to it
    assert found.signs == {"arithmetic": 1, "unknown_number": 4}
    assert (found.worked, found.answered) == (100, 0)


def test_the_json_shows_so_many() -> None:
    found = suspects(sound(30, "ab", (0.7, 0.7))).as_json(5)
    assert [each["rank"] for each in found["suspects"]] == [1, 2, 3, 4, 5]
    assert found["problems"] == 30
    json.dumps(found)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -1.0, float("nan")])
def test_a_share_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(AnalysisError, match="share of wrong labels"):
        suspects([], wrong=wrong)


@cache
def gsm8k(folder: Path) -> tuple[Labelled, ...]:
    """The test set with what four models answered to its first 600 problems, 4 x 600 in all."""
    verifier = verifier_for("answer")
    answers: dict[str, dict[str, str]] = {}
    suite = load(str(folder / "test.jsonl")).suite
    by_prompt = {each.prompt: each for each in suite.problems}
    path = folder / "labelled_solutions_first_600.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        asked = by_prompt[f"Question: {record['question']}\nAnswer:"]
        given = {m: verifier.extract(asked, record[m]["solution"], cut=False) for m in MODELS}
        answers[asked.id] = {m: found.text for m, found in given.items() if not found.malformed}
    return tuple(
        answered(
            Labelled(each.id, each.spec["answer"], each.prompt, each.references[0]),
            answers.get(each.id, {}),
        )
        for each in suite.problems
    )


def answered(each: Labelled, answers: Mapping[str, str]) -> Labelled:
    """The problem with one answer of each model; equal numbers are one class."""
    classes: dict[Fraction | str, int] = {}
    texts: dict[int, str] = {}
    for text in (each.label, *answers.values()):
        value = number(text)
        key = classes.setdefault(text if value is None else value, len(classes))
        texts.setdefault(key, text)

    def class_of(text: str) -> int:
        value = number(text)
        return classes[text if value is None else value]

    given = {model: {class_of(text): 1} for model, text in answers.items()}
    return replace(each, label_class=0, answers=given, texts=texts)


def with_synthetic(problems: Sequence[Labelled], decoys: int, by: Fraction) -> Suspects:
    """The ranking with SYNTHETIC answers: all four models say 3.5 to row 1042, and as unanimously
    `by` more than the label, which is wrong, to so many other rows that have no real candidates.
    """
    rows = [at for at in range(FIRST_WITHOUT_CANDIDATES, len(problems)) if at != WRONG_ROW]
    some = list(problems)
    some[WRONG_ROW] = answered(some[WRONG_ROW], dict.fromkeys(MODELS, SYNTHETIC))
    for at in random.Random(1).sample(rows, decoys):
        label = number(some[at].label)
        assert label is not None
        some[at] = answered(some[at], dict.fromkeys(MODELS, str(float(label + by))))
    return suspects(some)


@pytest.mark.parametrize("by", [Fraction(1, 2), Fraction(1)], ids=["half_more", "one_more"])
@pytest.mark.parametrize("decoys", [20, 718])
def test_the_wrong_label_of_gsm8k_is_among_the_first_suspects(
    shared_data: Path, decoys: int, by: Fraction
) -> None:
    found = with_synthetic(gsm8k(shared_data / "gsm8k"), decoys, by)
    assert found.rank(f"gsm8k/{WRONG_ROW}") == 1
    assert found.ranked[0].other == SYNTHETIC


def test_the_wrong_label_of_gsm8k_is_suspected_with_no_candidates_for_it(
    shared_data: Path,
) -> None:
    found = suspects(gsm8k(shared_data / "gsm8k"))
    assert found.rank(f"gsm8k/{WRONG_ROW}") == 7
    suspect = found.ranked[6]
    assert (suspect.other, suspect.supporters) == ("", ())
    assert suspect.signs == (Sign.SIGN_LOST, Sign.UNUSED)


def test_models_are_as_reliable_as_the_data_set_says(shared_data: Path) -> None:
    right = dict.fromkeys(MODELS, 0)
    path = shared_data / "gsm8k" / "labelled_solutions_first_600.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines:
        record = json.loads(line)
        for model in MODELS:
            right[model] += record[model]["is_correct"]
    found = suspects(gsm8k(shared_data / "gsm8k"))
    assert found.reliability == pytest.approx(
        {model: count / len(lines) for model, count in right.items()}, abs=0.04
    )
