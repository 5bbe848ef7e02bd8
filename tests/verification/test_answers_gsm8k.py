"""Answers of four models to 600 problems of GSM8K, against the labels that came with them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from vervet.core.status import Status
from vervet.core.values import Problem
from vervet.sandbox.jail import JailSandbox
from vervet.verification.answers import AnswerVerifier
from vervet.verification.registry import verify

MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@pytest.fixture(scope="module")
def gsm8k(shared_data: Path) -> Path:
    return shared_data / "gsm8k"


def test_verdicts_agree_with_the_labels(gsm8k: Path, jail: JailSandbox) -> None:
    """2,400 of 2,400 agree: there is no disagreement to explain."""
    verifier = AnswerVerifier()
    disagreements, statuses = [], Counter[Status]()
    lines = (gsm8k / "labelled_solutions_first_600.jsonl").read_text("utf-8").splitlines()
    for number, row in enumerate(map(json.loads, lines)):
        gold = row["ground_truth"].rpartition("A: ")[2]
        asked = Problem(f"{number}", "answer", "", {"answer": gold, "pattern": "after:A: "})
        verifier.check_problem(asked)
        for model in MODELS:
            solution = verifier.extract(asked, row[model]["solution"], cut=False)
            found = verify(verifier, jail, asked, solution)
            statuses[found.status] += 1
            if (found.status is Status.PASSED) != row[model]["is_correct"]:
                disagreements.append((number, model, gold, solution.text, found.code))

    assert disagreements == []
    assert statuses == {Status.PASSED: 906, Status.FAILED: 1488, Status.MALFORMED: 6}


def test_the_test_set_passes_with_its_own_solutions(gsm8k: Path, jail: JailSandbox) -> None:
    verifier = AnswerVerifier()
    rows = [json.loads(line) for line in (gsm8k / "test.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 1319
    for number, row in enumerate(rows):
        asked = Problem(f"{number}", "answer", "", {"answer": row["answer"].split("#### ")[1]})
        verifier.check_problem(asked)
        solution = verifier.extract(asked, row["answer"], cut=False)
        assert verify(verifier, jail, asked, solution).code == "same_exact"
