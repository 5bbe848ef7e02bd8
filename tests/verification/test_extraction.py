"""What of a completion is taken for the solution."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.verification.extraction import (
    ends_cleanly,
    extract_code,
    until_stop,
)


def code(
    completion: str, *, cut: bool = False, fence: str = "first", stop: tuple[str, ...] = ()
) -> str:
    solution = extract_code("program", completion, stop=stop, cut=cut, fence=fence)  # type: ignore[arg-type]
    return solution.malformed or solution.text


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("print(1)", "print(1)\n"),
        ("print(1)\n\n  \n", "print(1)\n"),
        ("    return x\n", "    return x\n"),
        ("\n    return x", "\n    return x\n"),
        ("```python\nprint(1)\n```", "print(1)\n"),
        ("Sure!\n```py\nprint(1)\n```\nHope it helps.", "print(1)\n"),
        ("```\na\n```\nor\n```\nb\n```", "a\n"),
        ("~~~\nprint(1)\n~~~", "print(1)\n"),
        ("````\n```\nx\n```\n````", "```\nx\n```\n"),
        ("```python\nprint(1)\nprint(2", "print(1)\nprint(2\n"),
        ("```\n\n```\n```\nb\n```", "b\n"),
        ("```python\r\nprint(1)\r\n```", "print(1)\n"),
        ("s = '```'\nprint(s)", "s = '```'\nprint(s)\n"),
        ("", "nothing_extracted"),
        (" \n\t\n", "nothing_extracted"),
        ("```\n```", "nothing_extracted"),
    ],
)
def test_code_is_the_first_block_or_the_text(completion: str, expected: str) -> None:
    assert code(completion) == expected


def test_last_block_is_taken_where_asked_for() -> None:
    assert code("```\na\n```\nor\n```\nb\n```", fence="last") == "b\n"


def test_an_unfinished_block_yields_to_a_finished_one() -> None:
    assert code("```\na\n```\nor\n```\nb", fence="last") == "a\n"


@pytest.mark.parametrize("completion", ["", "  \n", "```python", "```python\n", "```\n  "])
def test_cut_is_only_what_has_nothing_left(completion: str) -> None:
    assert code(completion, cut=True) == "cut"


STOPS = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")


@pytest.mark.parametrize(
    "completion",
    [
        "```python\nprint(1)\nif x",
        "    return a + b",
        "    values = [1,\n    2,\n",
        '    """Sums\n    two numbers\n',
        "    if a:\n",
        "    if a:  # the first\n",
        "    return a + \\\n",
        "def f():\n    return 1\n\n@cache\n",
        "Here is the code:\n\ndef f(a):\n    retu",
    ],
)
def test_code_that_the_token_limit_broke_off_is_cut(completion: str) -> None:
    assert code(completion, cut=True) == "cut"
    assert code(completion, cut=False) != "cut"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("```python\nprint(1)\n```\nThis prints o", "print(1)\n"),
        ("```python\nprint(1)\n```\n```python\nprint(2", "print(1)\n"),
        ("```python\nprint(1)\n", "print(1)\n"),
        ("    return 1\n\ndef g(x):\n    retu", "    return 1\n"),
        ("    return 1\n", "    return 1\n"),
        ("    return 1\n    # and now to somethi", "    return 1\n    # and now to somethi\n"),
        ("    return '('\n", "    return '('\n"),
        ("    return 1  # (\n", "    return 1  # (\n"),
        (
            "def f(a):\n    return a\n\nThis returns what it is given.\nIt is ver",
            "def f(a):\n    return a\n",
        ),
    ],
)
def test_cut_code_that_may_be_whole_is_judged(completion: str, expected: str) -> None:
    assert code(completion, cut=True, stop=STOPS) == expected


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (
            "Here is the function:\n\ndef f(a):\n    return a\n\nIt returns what it was given.\n",
            "def f(a):\n    return a\n",
        ),
        (
            "from math import pi\n\ndef f(a):\n    return g(a)\n\ndef g(a):\n    return pi\n",
            "from math import pi\n\ndef f(a):\n    return g(a)\n\ndef g(a):\n    return pi\n",
        ),
        ("Solution:\n\n# first\n```python\nprint(1)\n```\n", "print(1)\n"),
        ("Run this first:\n```bash\npip install x\n```\n```python\nimport x\n```", "import x\n"),
        ("```python\nprint(1)\n```\nIt prints:\n```text\n1\n```", "print(1)\n"),
        ("    return a\n```\n\nThis returns it.", "    return a\n"),
        (
            'def f():\n    """\nSums up the two numbers.\n    """\n    return 1\n',
            'def f():\n    """\nSums up the two numbers.\n    """\n    return 1\n',
        ),
        ("N = 10 ** 9 + 7  # The modulus we use.\nM = N", None),
        ("I cannot solve this problem, sorry.", None),
    ],
)
def test_answer_of_a_chat_model_is_its_code(completion: str, expected: str | None) -> None:
    for fence in ("first", "last"):
        assert code(completion, stop=STOPS, fence=fence) == (expected or f"{completion}\n")


def test_completion_ends_at_the_earliest_stop() -> None:
    stop = ("\nclass", "\ndef", "\n#", "\nif", "\nprint")

    assert code("    return 1\n\ndef g():\n    pass\nclass A: pass", stop=stop) == "    return 1\n"


@given(st.text(), st.lists(st.text(min_size=1), max_size=4))
def test_no_stop_string_is_left(completion: str, stop: list[str]) -> None:
    kept = until_stop(completion, stop)

    assert completion.startswith(kept)
    assert not any(text in kept for text in stop)


@given(st.text(alphabet="`~\n ab", max_size=60), st.booleans())
def test_any_text_is_one_solution_and_extracting_it_twice_changes_nothing(
    completion: str, cut: bool
) -> None:
    solution = extract_code("program", completion, stop=(), cut=cut, fence="first")

    assert bool(solution.text.strip()) != bool(solution.malformed)
    if "`" not in solution.text and "~" not in solution.text:
        again = extract_code("program", solution.text, stop=(), cut=cut, fence="first")
        assert again == solution


pieces = st.sampled_from(
    ["def f(x):\n", "    return x\n", "    if x:\n", "(", ")", '"', "'''", "# note", "\n", "```\n",
     "```python\n", "Here it is:\n", "That is all there is.\n", "print(1)\n", "\\", "@cache\n"]
)  # fmt: skip
texts = st.lists(pieces, max_size=14).map("".join)


@given(texts, st.sampled_from(["first", "last"]))
def test_a_token_limit_takes_a_solution_away_and_never_changes_it(text: str, fence: str) -> None:
    cut, whole = code(text, cut=True, fence=fence), code(text, cut=False, fence=fence)

    assert cut in ("cut", whole)


@given(texts, st.booleans())
def test_a_solution_stands_in_its_completion(text: str, cut: bool) -> None:
    solution = extract_code("program", text, stop=STOPS, cut=cut, fence="first")

    assert solution.malformed or solution.text.rstrip() in text


@given(texts, texts)
def test_a_finished_block_is_not_cut_whatever_follows(inside: str, after: str) -> None:
    block = inside.replace("`", "") + "x\n"
    completion = f"```python\n{block}```\n{after}"

    assert code(completion, cut=True) == code(completion) != "cut"


@given(texts)
def test_code_ends_cleanly_only_at_a_line_end_or_in_a_comment(text: str) -> None:
    last = text.rpartition("\n")[2]

    assert not ends_cleanly(text) or not last.strip() or "#" in last


@pytest.mark.parametrize(
    "text", ["A " * 500_000, "A b c.\n" * 100_000, '"' * 500_000, "\\" * 500_000]
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.process_time()
    code(text, cut=True, stop=STOPS)
    code(f"def f():\n{text}", cut=True, stop=STOPS)

    assert time.process_time() - began < 5
