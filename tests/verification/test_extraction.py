"""What of a completion is taken for the solution."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.verification.extraction import extract_code, extract_marked, until_stop


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


def test_what_is_left_of_a_cut_completion_is_kept() -> None:
    assert code("```python\nprint(1)\nif x", cut=True) == "print(1)\nif x\n"


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


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("2 + 2 = 4\n#### 4", "4"),
        ("#### 4\nQ: again\n#### 5", "4"),
        ("####4 ", "4"),
        ("no answer", "nothing_extracted"),
        ("####", "nothing_extracted"),
    ],
)
def test_an_answer_follows_its_mark(completion: str, expected: str) -> None:
    solution = extract_marked("answer", completion, mark="####", stop=(), cut=False)

    assert (solution.malformed or solution.text) == expected
