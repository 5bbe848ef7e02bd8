"""What is bundled: suites that belong to the seed, no leak, cards that belong to the weights."""

from __future__ import annotations

import ast
import json
import random
from collections import Counter
from typing import Any

import pytest
import tokenizers

from vervet.core.sampling import Sampling
from vervet.generation.embedded.generator import EmbeddedGenerator, families, family_folder
from vervet.generation.embedded.tokenizer import Tokenizer
from vervet.generation.embedded.training import suite
from vervet.generation.embedded.training.arith import stories
from vervet.generation.embedded.training.code import prompt_pieces, universe
from vervet.generation.embedded.training.family import FAMILIES, SEED, family
from vervet.generation.embedded.training.grammar import Type, parse
from vervet.generation.embedded.training.leaks import find_leaks, passes

# One worker, since the universe of a seed takes it some ten seconds to make.
pytestmark = pytest.mark.xdist_group("embedded-universe")


def bundled(name: str) -> list[dict[str, Any]]:
    lines = (suite.BUNDLED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def examples_of(problem: dict[str, Any]) -> list[tuple[Any, Any]]:
    return [
        (ast.literal_eval(test["input"]), ast.literal_eval(test["output"]))
        for test in problem["tests"]
    ]


def takes_of(problem: dict[str, Any]) -> Type:
    return Type(problem["labels"]["types"].split("->")[0])


def test_the_suites_are_those_of_the_seed_byte_for_byte() -> None:
    for name, problems in suite.suites(SEED).items():
        assert bundled(name) == problems, name


def test_no_program_that_is_trained_on_solves_a_held_out_problem() -> None:
    """The whole filter again, on the shipped file and the programs of the shipped weights."""
    made = universe(SEED)
    programs = [(b.takes, b.program) for b in made.training]
    assert find_leaks(programs, {p["id"]: examples_of(p) for p in bundled("code")}) == {}


@pytest.mark.parametrize(("name", "fewest"), [("code", 240), ("code-easy", 100)])
def test_programs_solve_their_own_problems(name: str, fewest: int) -> None:
    problems = bundled(name)
    assert len(problems) >= fewest
    for problem in problems:
        program = parse(problem["reference"], takes_of(problem))
        assert program is not None, problem["id"]
        assert len(program) == problem["labels"]["depth"]
        examples = examples_of(problem)
        assert len(examples) == 16
        assert passes(program, examples), problem["id"]
        assert problem["prompt"] == "".join(prompt_pieces(examples[:4])), problem["id"]


def test_easy_problems_are_of_trained_behaviour_and_are_labelled() -> None:
    trained = {b.program for b in universe(SEED).training}
    for problem in bundled("code-easy"):
        assert problem["labels"]["stratum"] == "easy"
        assert parse(problem["reference"], takes_of(problem)) in trained
    assert {p["labels"]["stratum"] for p in bundled("code")} == {"held-out"}
    assert not {p["prompt"] for p in bundled("code")} & {p["prompt"] for p in bundled("code-easy")}


def test_every_beginning_of_the_suite_is_balanced() -> None:
    depths = [problem["labels"]["depth"] for problem in bundled("code")]
    whole = Counter(depths)
    for length in (20, 60, 120, 200):
        part = Counter(depths[:length])
        for depth, count in whole.items():
            assert part[depth] / length == pytest.approx(count / len(depths), abs=0.06)


def test_training_never_draws_a_bundled_prompt() -> None:
    made = universe(SEED)
    kept_out = {p["prompt"] for name in ("code", "code-easy") for p in bundled(name)}
    assert kept_out == made.taken
    rng = random.Random(8)
    drawn = {"".join(made.draw(rng, 1.0).prompt) for _ in range(3000)}
    assert not drawn & kept_out


def test_word_problems_are_right_and_apart_from_training() -> None:
    problems = bundled("arith")
    assert len(problems) >= 200
    assert len({p["prompt"] for p in problems}) == len(problems)
    for problem in problems:
        *lines, last = problem["reference"].replace(";", "\n").strip().split("\n")
        assert last == f"#### {problem['answer']}"
        assert len(lines) == problem["labels"]["steps"]
        result = None
        for line in lines:
            left, sign, right, equals, shown = line.split()
            assert equals == "="
            assert result is None or result == int(left)
            result = _compute(int(left), sign, int(right))
            assert result == int(shown)
        assert str(result) == problem["answer"]
    held_out = {p["prompt"] for p in problems}
    rng = random.Random(9)
    drawn = {"".join(stories(SEED).draw(rng, 1.0).prompt) for _ in range(5000)}
    assert not drawn & held_out


def _compute(left: int, sign: str, right: int) -> int:
    if sign == "/":
        assert left % right == 0
        return left // right
    return {"+": left + right, "-": left - right, "*": left * right}[sign]


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_tokenizer_equals_the_library_on_training_text(name: str) -> None:
    """A sample in the ordinary run; all training text is the heavy target's."""
    folder = family_folder(name)
    ours = Tokenizer.read(folder)
    library = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    rng = random.Random(1)
    corpus = family(name).corpus(SEED)
    for _ in range(500):
        sequence = corpus.draw(rng, 1.0)
        tokens = ours.encode(sequence.text)
        assert [ours.texts[t] for t in tokens] == [*sequence.prompt, *sequence.completion]
        assert tokens == library.encode(sequence.text).ids
        assert library.decode(tokens) == sequence.text == ours.decode(tokens)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_the_card_and_the_log_belong_to_the_weights(name: str) -> None:
    folder = family_folder(name)
    record = json.loads((folder / "training.json").read_text(encoding="utf-8"))
    assert record["family"] == name
    assert record["seed"] == SEED
    assert record["data_digest"] == family(name).corpus(SEED).digest()
    card = (folder / "README.md").read_text(encoding="utf-8")
    for said in (record["commit"], record["data_digest"], str(SEED)):
        assert said in card
    losses = [loss for _, _, loss in record["loss"]["rows"]]
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_every_bundled_prompt_can_be_sampled_and_some_are_solved(name: str) -> None:
    assert name in families()
    generator = EmbeddedGenerator(name)
    solved = 0
    problems = bundled(name)
    for problem in problems[:40]:
        found = generator.generate(
            problem["prompt"], n=20, sampling=Sampling(max_tokens=64), seed=1
        )
        assert len(found) == 20
        solved += any(_solves(problem, completion.text) for completion in found)
    assert solved >= 4
    for problem in problems[40:]:
        generator.generate(problem["prompt"], n=1, sampling=Sampling(max_tokens=2), seed=1)


def _solves(problem: dict[str, Any], text: str) -> bool:
    """By the grammar's own evaluator: no sampled program is run."""
    if problem["kind"] == "answer":
        return text.rpartition("#### ")[2] == problem["answer"]
    program = parse(text, takes_of(problem))
    return program is not None and passes(program, examples_of(problem))
