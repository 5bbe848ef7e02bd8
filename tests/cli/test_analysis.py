"""The commands of analysis as people call them: on runs, on CSV files, and on what is broken."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.cli.program import result, vervet
from vervet.analysis.coverage import coverage
from vervet.cli.app import USERS_MISTAKES, app
from vervet.core.errors import UsageError

COUNTS = [("small", "a", 40, 10), ("small", "b", 40, 2), ("small", "c", 40, 0),
          ("large", "a", 40, 36), ("large", "b", 40, 20), ("large", "d", 40, 1)]  # fmt: skip
PRICES = "prices: [{model: 'recorded:samples', input_usd: 1, output_usd: 2}]\n"
PROBLEMS = [
    {"id": "six", "kind": "answer", "prompt": "What is 2 x 3?", "answer": "6"},
    {"id": "ten", "kind": "answer", "prompt": "What is 2 x 5?", "answer": "10"},
]
ANSWERS = {"six": ["6", "06", "+6", "5", "5"], "ten": ["11", "12", "10", "11", "13"]}


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    lines = [",".join(map(str, row)) for row in COUNTS]
    (tmp_path / "counts.csv").write_text("model,problem,n,c\n" + "\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of answers, verified."""
    folder = tmp_path_factory.mktemp("run")
    suite = "".join(json.dumps(problem) + "\n" for problem in PROBLEMS)
    (folder / "suite.jsonl").write_text(suite)
    samples = [
        json.dumps({"task_id": name, "completion": f"It is #### {answer}"})
        for name, answers in ANSWERS.items()
        for answer in answers
    ]
    (folder / "samples.jsonl").write_text("\n".join(samples) + "\n")
    (folder / "prices.yaml").write_text(PRICES)
    words = ("--suite", "suite.jsonl", "--candidates", "samples.jsonl", "--name", "sums")
    assert result(folder, "verify", *words)["complete"]
    return folder


def called(folder: Path, *words: str, expect: int = 0) -> str:
    """What a command prints when called in this process, which is quicker than starting one."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == expect
    return done.stdout


def told(folder: Path, *words: str, expect: int = 0) -> dict[str, Any]:
    """What a command prints as JSON when called in this process."""
    found: dict[str, Any] = json.loads(called(folder, *words, "--json", expect=expect))
    return found


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def drawn(folder: Path, stem: str) -> None:
    """The figure is a PNG that is not empty, an SVG without a date, and has its data."""
    png = (folder / f"{stem}.png").read_bytes()
    assert png.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", png[16:24])) > 500
    assert "<dc:date>" not in (folder / f"{stem}.svg").read_text()
    assert rows((folder / f"{stem}.csv").read_text())


def test_coverage_of_a_csv_is_the_unbiased_estimate_of_each_model(counts: Path) -> None:
    found = told(counts, "coverage", "counts.csv", "--k", "1,10,40")
    assert [one["label"] for one in found["sets"]] == ["small", "large"]
    for one, c in zip(found["sets"], ([10, 2, 0], [36, 20, 1]), strict=True):
        expected = coverage(40, c, [1, 10, 40]).tolist()
        assert [row["coverage"] for row in one["coverage"]] == pytest.approx(expected)
        assert all(row["low"] <= row["coverage"] <= row["high"] for row in one["coverage"])
    assert found["sets"][0]["never_solved"] == 1


def test_coverage_as_csv_and_as_figure(counts: Path) -> None:
    printed = called(counts, "coverage", "counts.csv", "--csv", "--plot", "out/both.png")
    assert {row["set"] for row in rows(printed)} == {"small", "large"}
    drawn(counts, "out/both")


def test_sampling_until_the_first_pass_is_noticed_and_accounted_for(tmp_path: Path) -> None:
    """Twenty problems ended at their first pass; Haldane's estimate of pass@1 is then 0 or 1."""
    lines = [f"p{at},{n},1" for at, n in enumerate([1, 1, 2, 3, 5, 8, 13, 21, 34, 55] * 2)]
    (tmp_path / "stopped.csv").write_text("problem,n,c\n" + "\n".join(lines) + "\n")
    [found] = told(tmp_path, "coverage", "stopped.csv", "--k", "1,5,55")["sets"]
    assert "until their first pass" in found["caveats"][0]
    assert [row["coverage"] for row in found["coverage"]] == pytest.approx([0.2, 0.5, 1.0])
    [other] = told(tmp_path, "forecast", "stopped.csv")["sets"]
    assert any("until they passed" in text for text in other["remarks"])


def test_one_set_is_drawn_with_the_histogram_of_its_rates(counts: Path) -> None:
    (counts / "one.csv").write_text("problem,n,c\na,40,10\nb,40,0\n")
    called(counts, "coverage", "one.csv", "--plot", "alone")
    drawn(counts, "alone")
    drawn(counts, "alone-rates")


def test_fits_say_the_law_in_both_forms_or_why_there_is_none(counts: Path) -> None:
    (counts / "none.csv").write_text("problem,n,c\na,40,0\nb,40,0\n")
    printed = called(counts, "fit", "counts.csv", "none.csv", "--plot", "fits")
    assert "c = exp(-" in printed
    assert "k^-(" in printed
    assert "none: coverage is 0 or 1 at every k" in printed
    drawn(counts, "fits")


def test_a_forecast_goes_beyond_n_and_back(counts: Path) -> None:
    (counts / "many.csv").write_text(
        "problem,n,c\n" + "".join(f"p{at},60,{at}\n" for at in range(16))
    )
    found = told(counts, "forecast", "many.csv", "--k", "1000", "--target", "0.99",
                   "--backtest", "--plot", "ahead")  # fmt: skip
    [one] = found["sets"]
    [row] = one["forecasts"][0]["curve"]
    assert row["k"] == 1000
    assert 0.8 < row["low"] <= row["coverage"] <= row["high"] <= 1
    assert one["needed"]["k"] > 60
    assert {score["method"] for score in one["backtest"]["methods"]} == {
        "log-log", "beta-binomial", "zero-inflated", "scaled",
    }  # fmt: skip
    drawn(counts, "ahead")


def test_runs_are_compared_on_the_problems_that_both_have(counts: Path) -> None:
    [found] = told(counts, "compare", "counts.csv", "--k", "1")["comparisons"]
    assert (found["first"], found["second"], found["problems"]) == ("small", "large", 2)
    assert found["rows"][0]["difference"] == pytest.approx((36 + 20 - 10 - 2) / 80)
    assert len([text for text in found["remarks"] if "left out" in text]) == 2


def test_the_cost_of_counts_needs_tokens_and_finds_the_cheapest(counts: Path) -> None:
    (counts / "prices.yaml").write_text(
        "prices:\n"
        "  - {model: small, provider: x, input_usd: 0, output_usd: 1}\n"
        "  - {model: large, provider: x, input_usd: 0, output_usd: 9}\n"
        "shapes: [{model: small, parameters: 1000, layers: 1, width: 10}]\n"
    )
    words = ("cost", "counts.csv", "--prices", "prices.yaml", "--k", "1,2,40", "--target", "0.6",
             "--prompt-tokens", "0", "--decoded-tokens", "1000", "--plot", "cost")  # fmt: skip
    found = told(counts, *words)
    small, large = found["models"]
    assert [row["usd"] for row in small["curve"]] == pytest.approx([0.003, 0.006, 0.12])
    assert large["curve"][0]["usd"] == pytest.approx(0.027)
    assert large["curve"][0]["flops"] is None
    [best] = [way for way in found["cheapest"]["usd"]["options"] if way["label"] == "large"]
    c = [36, 20, 1]
    assert coverage(40, c, [best["k"]])[0] >= 0.6 > coverage(40, c, [best["k"] - 1])[0]
    assert any("the shape of large is unknown" in text for text in found["remarks"])
    drawn(counts, "cost-usd")
    drawn(counts, "cost-flops")


@pytest.mark.parametrize(("total", "status"), [("12", 0), ("29.62", 1)])
def test_a_published_table_is_checked(tmp_path: Path, total: str, status: int) -> None:
    (tmp_path / "table.csv").write_text(
        "name,cost_usd,attempts,solved_percent,total_usd,relative\n"
        f"DeepSeek,0.008,5,29.62,{total},1x\n"
    )
    found = told(tmp_path, "cost", "--check", "table.csv", "--problems", "300", expect=status)
    assert len(found["inconsistent"]) == status


def test_select_compares_answers_and_prints_the_table(run: Path) -> None:
    """Five candidates each: 3 of 5 right and a vote that finds them; 1 of 5, and it does not."""
    found = told(run, "select", "sums", "--k", "1,5", "--plot", "chosen")["runs"][0]
    assert (found["compared"], found["conflicts"], found["unsettled"]) == (2, 0, 0)
    last = {one["selector"]: one["curve"][-1] for one in found["selectors"]}
    assert last["oracle"]["accuracy"] == 1.0
    assert last["first"]["accuracy"] == pytest.approx(0.4)
    assert last["vote"]["accuracy"] == 0.5
    assert last["vote"]["headroom"][0] == pytest.approx(1 / 6)
    assert "no scorer is named" in found["unavailable"]["best-of-n"]
    drawn(run, "chosen")
    drawn(run, "chosen-votes")


def test_select_by_text_takes_spellings_for_answers(run: Path) -> None:
    found = told(run, "select", "sums", "--by-text", "--k", "5")["runs"][0]
    last = {one["selector"]: one["curve"][-1]["accuracy"] for one in found["selectors"]}
    assert last["vote"] == 0.0  # "5" twice beats "6", "06" and "+6", once each


def test_select_reads_candidates_of_a_csv(tmp_path: Path) -> None:
    lines = ["problem,answer,correct,rm"]
    lines += [f"p,{answer},{int(answer == 'x')},{score}" for answer, score in
              (("x", 0.9), ("y", 0.1), ("y", 0.2), ("", 0.0))]  # fmt: skip
    (tmp_path / "answers.csv").write_text("\n".join(lines) + "\n")
    found = told(tmp_path, "select", "answers.csv", "--k", "4")["runs"][0]
    last = {one["selector"]: one["curve"][-1]["accuracy"] for one in found["selectors"]}
    assert last == {"oracle": 1, "first": 0.25, "vote": 0, "best-of-n": 1, "weighted-vote": 1}
    assert any("give no answer" in text for text in found["caveats"])


def test_the_cost_of_a_run_comes_from_the_database(run: Path) -> None:
    words = ("cost", "sums", "--prices", "prices.yaml", "--decoded-tokens", "10", "--k", "1,5")
    found = told(run, *words)
    assert found["models"][0]["curve"][1]["usd"] == pytest.approx(2 * 5 * 10 * 2 / 1e6)
    kept = result(run, "sql", "select model, output_usd from prices")
    assert kept == [{"model": "recorded:samples", "output_usd": 2.0}]


def test_coverage_of_a_run_and_a_file_on_one_axis(run: Path) -> None:
    (run / "other.csv").write_text("problem,n,c\nsix,5,1\nten,5,1\n")
    found = told(run, "coverage", "sums", "other.csv")
    assert [one["label"] for one in found["sets"]] == ["sums", "other"]
    assert found["sets"][0]["coverage"][0]["coverage"] == pytest.approx(0.4)


BROKEN: list[tuple[str, tuple[str, ...], str]] = [
    ("problem,n,c\na,0,0\n", ("coverage",), "bad.csv:2: n is 0 for problem 'a'"),
    ("problem,n,c\na,3,4\n", ("coverage",), "bad.csv:2: c is 4 and n only 3 for problem 'a'"),
    ("problem,n,c\na,3,-1\n", ("coverage",), "bad.csv:2: c is -1"),
    ("problem,n,c\na,3,nan\n", ("fit",), "bad.csv:2: c is 'nan'"),
    ("problem,n,c\na,3\n", ("coverage",), "bad.csv:2: c is ''"),
    ("problem,n,c\na,3,1\na,3,1\n", ("coverage",), "bad.csv:3: problem 'a' comes a second time"),
    ("problem,n,c\n,3,1\n", ("coverage",), "bad.csv:2: the problem has no name"),
    ("problem,n,c\n", ("forecast",), "bad.csv holds no counts"),
    ("", ("coverage",), "bad.csv has no column 'problem'"),
    ("problem,n\na,3\n", ("coverage",), "bad.csv has no column 'c'"),
    ("problem,n,c\na,3,1\nb,9,1\n", ("coverage", "--k", "5"), "k = 5 is larger than n = 3"),
    ("problem,n,c\na,3,1\n", ("coverage", "--k", "one"), "--k is 'one'"),
    ("problem,n,c\na,3,1\n", ("coverage", "--k", "0"), "k is 0"),
    ("problem,n,c\na,3,1\n", ("fit", "--preset", "papre"), "Did you mean paper?"),
    ("problem,n,c\na,3,1\n", ("forecast", "--method", "lin"), "unknown method 'lin'"),
    ("problem,n,c\na,3,1\n", ("forecast", "--backtest"), "tells nothing"),
    ("problem,n,c\na,3,1\n", ("compare",), "there is only 'bad' to compare"),
    ("problem,n,c\na,3,1\n", ("cost",), "--prompt-tokens"),
    ("problem,n,c\na,3,1\n", ("cost", "--shape", "1,2"), "--shape is '1,2'"),
    ("problem,n,c\na,3,1\n", ("select",), "bad.csv has no column 'class'"),
    ("problem,answer,correct\na,x,maybe\n", ("select",), "bad.csv:2: correct is 'maybe'"),
    ("problem,answer,correct,s\na,x,1,high\n", ("select",), "bad.csv:2: s is 'high'"),
    ("problem,answer,correct\na,x,1\n", ("select", "--ties", "luck"), "unknown rule for ties"),
    ("problem,answer,correct\na,x,1\n", ("select", "--score", "rm"), "unknown scorer of bad"),
    ("problem,answer,correct\na,x,1\n", ("select", "--selectors", "vot"), "Did you mean vote"),
]


@pytest.mark.parametrize(("text", "words", "said"), BROKEN)
def test_what_is_broken_is_named(
    tmp_path: Path, text: str, words: tuple[str, ...], said: str
) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(USERS_MISTAKES) as caught:
        called(tmp_path, words[0], "bad.csv", *words[1:])
    assert said in " ".join(str(caught.value).split())


def test_a_mistake_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("problem,n,c\na,0,0\n")
    done = vervet(tmp_path, "coverage", "bad.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "vervet: bad.csv:2: n is 0 for problem 'a'\n  Every problem needs a candidate.\n"
    )


@pytest.mark.parametrize("command", ["coverage", "fit", "forecast", "compare", "cost"])
def test_a_figures_data_never_overwrites_what_is_read(counts: Path, command: str) -> None:
    before = (counts / "counts.csv").read_text()
    for name in ("counts", "counts.png", "./counts.csv"):
        with pytest.raises(UsageError, match=r"over counts\.csv, which is read"):
            called(counts, command, "counts.csv", "--plot", name)
    assert (counts / "counts.csv").read_text() == before


DEGENERATE = {
    "one problem": "a,30,3\n",
    "none solved": "a,30,0\nb,30,0\n",
    "all solved": "a,30,30\nb,30,30\n",
    "unequal n": "a,30,3\nb,90,9\n",
    "n of one": "a,1,0\nb,1,1\n",
}


def no_nan(value: Any) -> bool:
    json.dumps(value, allow_nan=False)
    return True


@pytest.mark.parametrize("lines", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_counts_have_an_answer_with_a_warning(tmp_path: Path, lines: str) -> None:
    (tmp_path / "few.csv").write_text("problem,n,c\n" + lines)
    tokens = ("--prompt-tokens", "1", "--decoded-tokens", "1", "--shape", "9,1,1")
    found = told(tmp_path, "coverage", "few.csv", "--plot", "drawn")
    assert found["sets"][0]["caveats"]
    assert no_nan(found)
    assert no_nan(told(tmp_path, "forecast", "few.csv", "--target", "0.9", "--plot", "ahead"))
    assert no_nan(told(tmp_path, "fit", "few.csv", "--plot", "fit"))
    assert no_nan(told(tmp_path, "cost", "few.csv", *tokens, "--target", "0.9", "--plot", "c"))


def test_reliability_and_the_interval_over_samples_stand_beside_coverage(counts: Path) -> None:
    words = ("coverage", "counts.csv", "--k", "1,2,30", "--reliability", "--tau", "0.5")

    small = json.loads(called(counts, *words, "--over-samples", "--json"))["sets"][0]["coverage"]

    # of two candidates both pass: C(10,2) and C(2,2) of C(40,2) pairs, and never; tau 0.5 of 2 is 1
    assert small[1]["pass_hat_k"] == pytest.approx((45 + 1 + 0) / 780 / 3)
    assert small[1]["g_pass_0.5"] == pytest.approx(small[1]["coverage"])
    assert small[0]["pass_hat_k"] == pytest.approx(small[0]["coverage"])
    assert small[0]["samples_low"] < small[0]["coverage"] < small[0]["samples_high"]
    assert small[2]["samples_low"] is None
    text = called(counts, *words, "--over-samples")
    assert "pass^k" in text
    assert "needs 2k candidates" in text


def test_a_share_beyond_one_is_refused(counts: Path) -> None:
    with pytest.raises(USERS_MISTAKES, match="tau"):
        called(counts, "coverage", "counts.csv", "--tau", "1.5")
