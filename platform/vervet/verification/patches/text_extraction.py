"""Owns what of a completion is the patch: a tag, a fenced block, or a bare diff.

Pure text. A completion that is a diff from its first line on is kept byte for byte, whatever it
holds, since a patch may well add fences and tags to a file.
"""

from __future__ import annotations

import re

from vervet.core.values import Solution
from vervet.verification.extraction import CUT, NOTHING
from vervet.verification.patches.text import Note, Patch, read_patch

__all__ = ["EMPTY", "KIND", "extract_patch"]

KIND = "patch"
EMPTY = "empty_patch"
"""The code of a completion that holds nothing at all."""

_HEADER = r"(?:diff --git \S|Index: \S|--- \S[^\n]*\n\+\+\+ \S)"
_BARE = re.compile(rf"\s*(?:From [0-9a-f]{{40}} |{_HEADER})")
_STARTS = re.compile(rf"^{_HEADER}", re.MULTILINE)
_OPENING_TAG = re.compile(r"<(patch|diff|model_patch)>[ \t]*\r?\n?", re.IGNORECASE)
_MOST_TAGS = 50  # Each is searched to its end, which must not grow with their square.
_FENCE = re.compile(r"^[ ]{0,3}(`{3,}|~{3,})[^\n`]*\n", re.MULTILINE)


def extract_patch(completion: str, *, cut: bool = False) -> Solution:
    """The patch in a completion, of several the last one; malformed if there is none.

    `cut` says that the token limit ended the completion: what it left is a solution only if
    something closed it or its last hunk is whole.
    """
    if not completion.strip():
        return Solution(KIND, "", malformed=CUT if cut else EMPTY)
    if _BARE.match(completion):
        text, closed = completion, False
    else:
        text, closed = _tagged(completion) or _fenced(completion) or _after_words(completion)
    if not text.strip():
        return Solution(KIND, "", malformed=CUT if cut else NOTHING)
    if cut and not closed and not _is_whole(text):
        return Solution(KIND, "", malformed=CUT)
    return Solution(KIND, text)


def _tagged(completion: str) -> tuple[str, bool] | None:
    """What stands in the last `<patch>` or `<diff>` that holds a diff."""
    openings = list(_OPENING_TAG.finditer(completion))
    for opening in reversed(openings[-_MOST_TAGS:]):
        closing = re.compile(f"</{opening[1]}>", re.IGNORECASE).search(completion, opening.end())
        end = closing.start() if closing else len(completion)
        inner = completion[opening.end() : end]
        if _STARTS.search(inner):
            bare = bool(_BARE.match(inner))
            text = inner if bare else (_fenced(inner) or _after_words(inner))[0]
            return _with_end(text), closing is not None
    return None


def _fenced(completion: str) -> tuple[str, bool] | None:
    """The last fenced block that begins as a diff does."""
    found = None
    at = 0
    while (opening := _FENCE.search(completion, at)) is not None:
        closing = re.compile(rf"^[ ]{{0,3}}{re.escape(opening[1])}[`~]*[ \t\r]*$", re.MULTILINE)
        end = closing.search(completion, opening.end())
        stop = len(completion) if end is None else end.start()
        if _BARE.match(completion, opening.end(), stop):
            found = completion[opening.end() : stop], end is not None
        at = stop if end is None else end.end()
        if end is None:
            break
    return found


def _after_words(completion: str) -> tuple[str, bool]:
    """From the first line of a diff on, words before it left out."""
    start = _STARTS.search(completion)
    return (completion[start.start() :], False) if start else ("", False)


def _with_end(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _is_whole(text: str) -> bool:
    """Whether the last hunk has all its lines and the last line its end."""
    patch = read_patch(text)
    return isinstance(patch, Patch) and not patch.notes & {Note.MISCOUNTED, Note.NO_FINAL_NEWLINE}
