"""Two hundred pairs of answers: our stages, our own judgement, and math-verify by itself."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.answers_table import AMISS, DIFFERENT, SAME
from vervet.core.limits import Limits
from vervet.core.status import Flag, Status
from vervet.core.values import Attempt, Problem, Solution
from vervet.sandbox.jail import JailSandbox
from vervet.sandbox.job import Check, File, Job, Program
from vervet.verification.answers import AnswerVerifier, equivalent
from vervet.verification.registry import verify

PAIRS = dict.fromkeys(SAME, True) | dict.fromkeys(DIFFERENT, False)
DOUBTED = {
    ("1/3", "0.333333"): "stages_disagree",
    ("5", "4=5"): "one_sided",
    ("(1,2)", "2,1"): "one_sided",
}
"""Pairs that are flagged for people: the stages or the two orders disagree."""
ALONE = b"""
import json, logging, sys
logging.disable(logging.CRITICAL)
from math_verify import parse, verify
for pair in json.loads(sys.stdin.read()):
    one, other = (parse(f"\\\\boxed{{{text}}}", parsing_timeout=None) for text in pair)
    both = ((one, other), (other, one))
    print(json.dumps([verify(*pair, timeout_seconds=None) for pair in both]))
"""


def judged(
    jail: JailSandbox, expected: str, actual: str, *, cpu_s: float = 3.0, all_stages: bool = False
) -> Attempt:
    verifier = AnswerVerifier(all_stages=all_stages)
    asked = Problem("p", "answer", "", {"answer": expected, "limits": {"cpu_s": cpu_s}})
    verifier.check_problem(asked)
    return verify(verifier, jail, asked, Solution("answer", actual))


def test_the_table_is_large_and_has_each_pair_once() -> None:
    assert len(SAME) + len(DIFFERENT) == len(PAIRS) >= 200
    assert AMISS.keys() | DOUBTED.keys() <= PAIRS.keys()


@pytest.mark.parametrize("part", range(4))
def test_verdicts_are_our_own_judgement(jail: JailSandbox, part: int) -> None:
    wrong = {}
    for pair in list(PAIRS)[part::4]:
        found = judged(jail, *pair)
        doubted = found.flags >= {Flag.FLAGGED} and found.code in DOUBTED.values()
        if (found.status is Status.PASSED) != PAIRS[pair] or doubted != (pair in DOUBTED):
            wrong[pair] = (found.status, found.code)
        assert not doubted or found.code == DOUBTED[pair]

    assert wrong == {}


def test_the_host_alone_never_says_the_same_of_what_differs() -> None:
    assert [pair for pair in DIFFERENT if equivalent(*pair)] == []
    assert [pair for pair in PAIRS if equivalent(*pair) != equivalent(*pair[::-1])] == []
    assert sum(equivalent(*pair) for pair in SAME) > 0.6 * len(SAME)


def spellings(value: Fraction) -> list[str]:
    """Ways to write a number; each is exact."""
    over, under = value.numerator, value.denominator
    sign, size = "-" if over < 0 else "", abs(over)
    found = [
        f"{over}/{under}",
        f"\\frac{{{over}}}{{{under}}}",
        f"{sign}\\dfrac{{{size}}}{{{under}}}",
    ]
    found.append(f"${sign}\\frac {{{3 * size}}} {{{3 * under}}}$.")
    if under == 1:
        found += [f"{over:,}", f"{over}.00", f"{over:,}".replace(",", "\\,"), f"x = {over}"]
        found += [f"{over}\\text{{ cm}}", f"\\left({over}\\right)"]
    elif size > under:
        whole, rest = divmod(size, under)
        found += [f"{sign}{whole}\\frac{{{rest}}}{{{under}}}", f"{sign}{whole} {rest}/{under}"]
    if 10**6 % under == 0:
        found.append(f"{sign}{size * (10**6 // under) / 10**6:.6f}")
    return found


@given(st.data(), st.fractions(-2000, 2000, max_denominator=64))
def test_a_number_is_itself_in_every_spelling_and_no_other(
    data: st.DataObject, value: Fraction
) -> None:
    other = data.draw(st.sampled_from([value, value + 1, -value, value / 10, value * 1000]))
    one = data.draw(st.sampled_from(spellings(value)))

    assert all(equivalent(one, text) == (value == other) for text in spellings(other))


def test_where_math_verify_by_itself_differs_is_known(jail: JailSandbox) -> None:
    """An outside opinion on the table: a new version that says otherwise shows up here."""
    program = Program("answers", (File("alone.py", ALONE),), ("alone.py",))
    check = Check("alone", json.dumps(list(PAIRS)).encode())

    report = jail.run(Job(program, (check,), Limits(cpu_s=60.0, wall_s=240.0)), lambda _: True)

    said = [json.loads(line) for line in report.checks[0].stdout.splitlines()]
    amiss = {pair for pair, answer in zip(PAIRS, said, strict=True) if answer != [PAIRS[pair]] * 2}
    assert amiss == AMISS.keys()


@pytest.mark.parametrize(
    ("expected", "actual", "code"),
    [
        ("18", "$18.", "same_exact"),
        ("1/2", "0.5", "same_numeric"),
        ("\\sqrt{8}", "2\\sqrt{2}", "same_symbolic"),
        ("Evelyn", "Angela", "other_exact"),
        ("18", "19", "other_numeric"),
        ("\\sqrt{8}", "2\\sqrt{3}", "other_symbolic"),
        ("10\\text{ cm}", "10\\text{ m}", "other_unit"),
        ("x^2", "x^2)", "unread"),
    ],
)
def test_the_stage_that_decided_is_stored(
    jail: JailSandbox, expected: str, actual: str, code: str
) -> None:
    found = judged(jail, expected, actual)

    assert found.code == code
    assert (found.status is Status.PASSED) == code.startswith("same")
    assert (found.layers != ()) == (code.endswith("symbolic") or code == "unread")
    assert (Flag.FLAGGED in found.flags) == (code == "other_unit")


def test_an_audit_asks_every_stage(jail: JailSandbox) -> None:
    found = judged(jail, "1/2", "0.5", all_stages=True)

    assert (found.status, found.code, found.layers) == (
        Status.PASSED, "same_numeric", jail.layers(),
    )  # fmt: skip


HOSTILE = {
    "digits": "9" * 1000,
    "a tower": "10^{10^{10}}",
    "python's tower": "10**10**10",
    "a huge factorial": "100000000!",
    "a huge exponent": "1e999999999",
    "a huge root": "\\sqrt[999999999]{2}^{999999999}",
    "braces": "{" * 500 + "}" * 499,
    "open braces": "\\frac{" * 150,
    "brackets": "(" * 400 + "1" + ")" * 400,
    "fractions": "\\frac{1}{" * 90 + "1" + "}" * 90,
    "a file": "\\input{/etc/passwd}",
    "code": "__import__('os').system('id')",
    "a surrogate": "\ud800",
    "zeros": "\0" * 900,
    "dollars": "$" * 999 + "5",
    "matrix": "\\begin{pmatrix}" + "1&" * 400 + "\\end{pmatrix}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_are_bounded_and_never_passed(jail: JailSandbox, name: str) -> None:
    found = judged(jail, "\\sqrt{2}", HOSTILE[name], cpu_s=1.0)

    assert found.status not in (Status.PASSED, Status.INFRA_ERROR)
    assert Flag.FLAGGED not in found.flags
    assert found.usage.cpu_s < 5.0


def test_an_expected_answer_that_is_too_much_is_for_people_to_see(jail: JailSandbox) -> None:
    found = judged(jail, "10^{10^{10}}", "\\sqrt{2}", cpu_s=0.5)

    assert (found.status, found.code) == (Status.FAILED, "not_comparable")
    assert found.flags == {Flag.FLAGGED}
