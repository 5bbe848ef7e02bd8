"""Audits to report on, filled by hand: of each kind an ordinary, an empty and a hostile one."""

from __future__ import annotations

from vervet.audit.causes import Cause
from vervet.audit.effect import Effect, EffectRow, Row, RunEffect
from vervet.audit.false_negatives import Cause as Why
from vervet.audit.false_negatives import (
    CheckFinding,
    FalseNegatives,
    ProblemFinding,
    Reference,
    Result,
)
from vervet.audit.false_negatives import Finding as Failing
from vervet.audit.false_positives import FalsePositives, Passing, ProblemScore
from vervet.audit.false_positives import Finding as Wrong
from vervet.audit.flaky import Finding, Plan
from vervet.audit.flaky_result import FlakyAudit, FlakyCheck, FlakyItem
from vervet.audit.labels import Suspect, Suspects
from vervet.audit.repetition import FlipRate
from vervet.core.status import Status

__all__ = [
    "EFFECTS",
    "FLAKY",
    "HOSTILE",
    "HOSTILE_FLAKY",
    "HOSTILE_NEGATIVES",
    "NEGATIVES",
    "NO_FLAKY",
    "NO_NEGATIVES",
    "POSITIVES",
    "SUSPECTS",
]

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>|`a`|``b``\\\\|@octocat #12 "
    "https://evil.example [x](javascript:1) **b** \x1b[31m\x00\u202e\u2028</td></table>"
)

EFFECTS = (
    RunEffect(
        "gap-2026",
        Effect(
            (1, 10),
            2,
            (
                EffectRow(Row.ALL, 8, (0.412, 0.523)),
                EffectRow(Row.REMOVED, 6, (0.434, 0.545)),
                EffectRow(Row.SETTLED, 8, (0.416, 0.527)),
                EffectRow(Row.LOWER, 8, (0.308, 0.409)),
                EffectRow(Row.UPPER, 8, (0.558, 0.659)),
            ),
        ),
    ),
)


def _item(number: int, problem: str, finding: Finding, **fields: object) -> FlakyItem:
    known: dict[str, object] = {
        "solution_id": number,
        "solution": f"{number:02d}" * 20,
        "problem": problem,
        "reference": False,
        "finding": finding,
        "cause": None,
        "words": "",
        "attempts": 11,
        "in_all": 25,
        "passed": 11,
        "rate": FlipRate(0.0, 0.0, 0.285, 11),
    }
    return FlakyItem(**{**known, **fields})  # type: ignore[arg-type]


FLAKY = FlakyAudit(
    name="flaky gap-2026 a1b2c3",
    target="gap-2026",
    suite="planted-40",
    plan=Plan(),
    examined=57,
    references=8,
    problems=8,
    findings={
        "clean": 52,
        "flaky": 2,
        "condition_dependent": 1,
        "speed_dependent": 1,
        "unknown": 1,
    },
    items=(
        _item(
            1,
            "dice",
            Finding.FLAKY,
            reference=True,
            cause=Cause.UNEXPLAINED,
            words="no factor alone shows it",
            attempts=9,
            passed=6,
            rate=FlipRate(0.333, 0.0749, 0.5, 9),
            checks=(FlakyCheck(3, "test 4", 6, 3, FlipRate(0.3334, 0.0751, 0.5, 9)),),
            seen={"passed": 6, "failed (wrong_output)": 3},
            settled="passed",
        ),
        _item(
            2,
            "race",
            Finding.FLAKY,
            cause=Cause.LOAD,
            words="competitors for the processor passes 1 of 8 attempts, normally 10 of 11",
            passed=10,
            rate=FlipRate(0.0909, 0.0023, 0.413, 11),
        ),
        _item(
            3,
            "zones",
            Finding.CONDITION_DEPENDENT,
            reference=True,
            cause=Cause.TIME,
            words="another time zone shows it in 2 of 2 attempts",
        ),
        _item(
            4,
            "slow",
            Finding.SPEED_DEPENDENT,
            cause=Cause.SPEED,
            words="ends near its limit of CPU time; alone, with four times the limit: passed",
            seen={"timed_out (cpu_time)": 7, "passed": 4},
        ),
        _item(5, "lost", Finding.UNKNOWN, words="the sandbox or the host failed"),
    ),
    attempts=1_234,
    fixed=1_425,
    misses=((0.5, 0.000977, 6), (0.25, 0.0422, 11), (0.05, 0.569, 59)),
    remarks=("of every problem at most 3 passed and 3 other solutions were examined",),
)

NO_FLAKY = FlakyAudit("flaky r 000000", "r", "r", Plan(), 0, 0, 0, {}, (), 0, 0, ())

HOSTILE_FLAKY = FlakyAudit(
    name=HOSTILE,
    target=HOSTILE,
    suite=f"suite {HOSTILE}",
    plan=Plan(),
    examined=2,
    references=1,
    problems=2,
    findings={"flaky": 1, "speed_dependent": 1},
    items=(
        _item(
            1,
            HOSTILE,
            Finding.FLAKY,
            cause=Cause.HASH,
            words=HOSTILE * 3,
            checks=(FlakyCheck(0, f"$x^2$ {HOSTILE}", 6, 5, FlipRate(0.45, 0.17, 0.5, 11)),),
            seen={HOSTILE: 11},
            settled=HOSTILE,
        ),
        _item(2, "x" * 10_000_000, Finding.SPEED_DEPENDENT, cause=Cause.SPEED, words=HOSTILE),
    ),
    attempts=10,
    fixed=20,
    misses=(),
    remarks=(HOSTILE,),
)


def _failing(cause: Why, words: str, references: int, missed: int) -> Failing:
    known = tuple(Reference(at, "data set") for at in range(references))
    return Failing(Result(1, known), cause, words, Status.FAILED, "wrong_output", (1,) * missed, 9)


def _problem(name: str, *findings: Failing, checks: tuple[CheckFinding, ...]) -> ProblemFinding:
    return ProblemFinding(name, 1, "program", 5, 2, 0, findings, checks)


NEGATIVES = FalseNegatives(
    suite="contests",
    run="contests references ab12cd",
    total_problems=12,
    with_references=10,
    references=50,
    unverified=1,
    problems=(
        _problem(
            "routes",
            _failing(Why.SEVERAL_OUTPUTS, "3 references give 2 different outputs", 2, 4),
            _failing(Why.TIME_LIMIT, "with 4 times the cpu time it passes", 1, 9),
            checks=(
                CheckFinding(
                    "routes", 1, "test 2", 5, 3, 2, 1, "", b"3\n1 2 3\n0 0\n", b"3\n1  3 2\n0 0\n"
                ),
            ),
        ),
        _problem(
            "names",
            _failing(Why.CHECKER_STRICT, "the same but for upper and lower case", 3, 1),
            checks=(CheckFinding("names", 8, "test 9", 5, 3, 1, 0, "", b"YES\n", b"yes\n"),),
        ),
    ),
    origins={"data set": 47, "imported": 3},
    effects=EFFECTS,
    why_unverified="bwrap: no user namespaces",
    doubted=4,
)

NO_NEGATIVES = FalseNegatives("empty", "empty references 000000", 3, 0, 0, 0, ())

HOSTILE_NEGATIVES = FalseNegatives(
    suite=HOSTILE,
    run=HOSTILE,
    total_problems=1,
    with_references=1,
    references=5,
    unverified=1,
    problems=(
        _problem(
            HOSTILE,
            _failing(Why.UNEXPLAINED, HOSTILE, 3, 1),
            checks=(
                CheckFinding(
                    HOSTILE, 0, HOSTILE, 5, 3, 2, 1, HOSTILE,
                    HOSTILE.encode() + b"\n```\n" + b"a" * 10_000_000,
                    b"\xff\xfe\x00" + HOSTILE.encode() + b"\r\n" + b"b\n" * 100_000,
                ),
            ),
        ),
    ),
    origins={HOSTILE: 5},
    why_unverified=HOSTILE,
)  # fmt: skip

POSITIVES = FalsePositives(
    suite="contests",
    run="contests known-wrong ab12cd",
    scores=(
        ProblemScore("routes", 10, 7, 0, 2, 1, empty_passes=False),
        ProblemScore("names", 8, 8, 1, 0, 0, empty_passes=True),
        ProblemScore("sums", 4, 4, 0, 0, 0, empty_passes=False),
    ),
    passing=(
        Passing(
            "routes",
            Wrong.MUTANT_PASSES,
            False,
            "passes with `a <= b` for `a < b` in line 3 (comparison)",
            "@@ -2,3 +2,3 @@\n def f(a, b):\n-    return a < b\n+    return a <= b\n",
            (),
            "comparison",
            3,
            "a < b",
            "a <= b",
        ),
        Passing("names", Wrong.EMPTY_PASSES, True, "a program that does nothing passes", ""),
        Passing(
            "routes",
            Wrong.INCORRECT_PASSES,
            True,
            "the data set calls it incorrect",
            f"# {HOSTILE}\nif True:\n    print(0)  \n",
            ("flagged",),
        ),
    ),
    ends={"failed": 19, "passed": 3},
    operators={"comparison": (12, 9), "constant": (10, 10)},
    without_mutants=("proofs",),
    remarks=("kill rates are lower bounds",),
)

SUSPECTS = Suspects(
    ranked=(
        Suspect(
            "gsm8k/1042", "3", "3.5", 2.5, 1.0, ("a",), (), ("2 of 2 models answer 3.5 most often",)
        ),
        Suspect("gsm8k/7", "12", "", -3.25, -3.9, (), (), (HOSTILE,)),
    ),
    reliability={"a": 0.62, "b": 0.58},
    collision=0.1,
    signs={"rounded": 2},
    worked=1_319,
    answered=1_200,
)
