"""What of a completion is the patch: tags, fences, words around it, a diff kept byte for byte."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vervet.verification.patches.text_extraction import extract_patch

DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
GIT = f"diff --git a/x.py b/x.py\nindex 1..2 100644\n{DIFF}"
OTHER = DIFF.replace("x.py", "y.py")


@pytest.mark.parametrize(
    "completion",
    [
        GIT,
        f"Here it is.\n\n{GIT}",
        f"Here:\n```diff\n{GIT}```\nDone.\n",
        f"Here:\n```\n{GIT}```\n",
        f"~~~~ patch\n{GIT}~~~~",
        f"<patch>\n{GIT}</patch>",
        f"Words <b>\n<PATCH>\n{GIT}</PATCH> more",
        f"<patch>\n```diff\n{GIT}```\n</patch>",
        f"<diff>{GIT.rstrip()}</diff>",
        f"First:\n```diff\n{OTHER}```\nNo, better:\n```diff\n{GIT}```\n",
        f"```python\nprint(1)\n```\n```diff\n{GIT}```\n```\noutput\n```\n",
        f"<patch>\n{OTHER}</patch>\n<patch>\n{GIT}</patch>\n<patch>none</patch>",
    ],
)
def test_the_patch_is_found(completion: str) -> None:
    solution = extract_patch(completion)
    assert (solution.kind, solution.text, solution.malformed) == ("patch", GIT, "")


@pytest.mark.parametrize(
    "text",
    [
        GIT.replace("\n", "\r\n"),
        GIT.rstrip("\n"),
        GIT + "\n\n",
        "\n" + GIT,
        GIT.replace("+2", "+```diff"),
        f"{GIT}--- a/README\n+++ b/README\n@@ -0,0 +1,3 @@\n+<patch>\n+```\n+</patch>\n",
        f"From {'0' * 40} Mon Sep 17\nSubject: x\n\n{GIT}-- \n2.39\n",
    ],
)
def test_a_bare_diff_is_kept_byte_for_byte(text: str) -> None:
    assert extract_patch(text).text == text


def test_the_real_patches_are_kept_byte_for_byte(shared_data: Path) -> None:
    with gzip.open(shared_data / "swebench_lite" / "instances.jsonl.gz", "rt") as file:
        texts = [row[key] for row in map(json.loads, file) for key in ("patch", "test_patch")]
    assert [extract_patch(text).text for text in texts] == texts


@pytest.mark.parametrize(
    ("completion", "cut", "code"),
    [
        ("", False, "empty_patch"),
        (" \n", False, "empty_patch"),
        ("", True, "cut"),
        ("I do not know.", False, "nothing_extracted"),
        ("```python\nprint(1)\n```", False, "nothing_extracted"),
        ("<patch>\n</patch>", False, "nothing_extracted"),
        ("I begin with", True, "cut"),
        (GIT.removesuffix("+2\n"), True, "cut"),
        (GIT.removesuffix("\n"), True, "cut"),
        (f"```diff\n{GIT}+", True, "cut"),
    ],
)
def test_what_holds_no_patch_says_why(completion: str, cut: bool, code: str) -> None:
    solution = extract_patch(completion, cut=cut)
    assert (solution.text, solution.malformed) == ("", code)


@pytest.mark.parametrize(
    "completion", [GIT, f"```diff\n{GIT}```\nAnd so", f"<patch>{GIT}</patch> I"]
)
def test_a_cut_that_came_after_the_patch_takes_nothing(completion: str) -> None:
    assert extract_patch(completion, cut=True).text == GIT


@settings(deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["```diff\n", "```\n", "~~~\n", "<patch>", "</patch>", DIFF, "words\n", "<"]
        )
    ).map("".join)
)
def test_any_completion_has_a_patch_or_a_reason(completion: str) -> None:
    solution = extract_patch(completion)
    assert bool(solution.text) != bool(solution.malformed)
    assert solution.text.rstrip("\n") in completion


@pytest.mark.parametrize("piece", ["<patch>", "```\n", "~~~\n```\n", "--- a\n", '"', "<diff>--- a"])
def test_hostile_completions_take_no_time(piece: str) -> None:
    begun = time.process_time()
    extract_patch("x\n" + piece * (600_000 // len(piece)))
    assert time.process_time() - begun < 10
