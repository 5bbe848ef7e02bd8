"""Runs to report on: small, made up, and each of a different kind."""

from __future__ import annotations

from datetime import UTC, datetime

from vervet.report.run_report import ProblemResult, RunReport

__all__ = ["DEGENERATE", "ORDINARY"]

ORDINARY = RunReport(
    run="gap-2026",
    suite="gap-code-8",
    model="embedded code",
    problems=(
        ProblemResult("easy-1", 100, 90, label="easy"),
        ProblemResult("easy-2", 100, 55, label="easy"),
        ProblemResult("held-1", 100, 40, doubted=3, label="held-out"),
        ProblemResult("held-2", 100, 4, unsettled=2, label="held-out"),
        ProblemResult("held-3", 100, 1, label="held-out"),
        ProblemResult("held-4", 100, 0, label="held-out"),
        ProblemResult("held-5", 100, 0, doubted=5, label="held-out"),
        ProblemResult("held-6", 0, 0, label="held-out"),
    ),
    statuses={"failed": 480, "passed": 198, "timed_out": 20, "infra_error": 2},
    flags={"flagged": 8, "starved": 11},
    main_label="held-out",
    duplicates_saved=321,
    stages={"generation": 0.42, "verification": 75.0},
    parameters={"temperature": 0.8, "remark": '<script>alert("x")</script>'},
    digests={"suite": "ab" * 32},
    versions={"vervet": "0.1.0"},
    created=datetime(2026, 11, 25, 2, 30, tzinfo=UTC),
)


def _run(name: str, *problems: ProblemResult) -> RunReport:
    return RunReport(run=name, suite="s", model="m", problems=problems)


DEGENERATE = (
    _run("no problems"),
    _run("no candidates", ProblemResult("a", 0, 0)),
    _run("one candidate, failed", ProblemResult("a", 1, 0)),
    _run("one candidate, passed", ProblemResult("a", 1, 1)),
    _run("one problem", ProblemResult("a", 50, 3)),
    _run("none solved", *(ProblemResult(str(i), 50, 0) for i in range(12))),
    _run("all solved", *(ProblemResult(str(i), 50, 50) for i in range(12))),
    _run("n = 1", *(ProblemResult(str(i), 1, i % 2) for i in range(12))),
    _run("n = 2", *(ProblemResult(str(i), 2, i % 3) for i in range(12))),
    _run("nothing settled", *(ProblemResult(str(i), 50, 0, unsettled=50) for i in range(12))),
    _run("only doubted", *(ProblemResult(str(i), 50, 0, doubted=i) for i in range(12))),
    _run("unequal n", ProblemResult("a", 10, 1), ProblemResult("b", 200, 60)),
    _run("odd names", ProblemResult("_<b>$x$ 猿", 10, 1, label="_$a_b$"), ProblemResult("b", 9, 1)),
    _run("x" * 300, ProblemResult("y" * 300, 10, 1, label="long label " * 20)),
)
