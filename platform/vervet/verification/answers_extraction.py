"""Owns which answer a completion gives: the ways of finding it, by name.

Pure text, each way in time proportional to the completion's length. Never says whether an answer
is right, and never more than one answer: where a completion gives two, it gives none.

| way            | the answer                                                                     |
|----------------|--------------------------------------------------------------------------------|
| `hash`         | what follows the first `####`, to the end of its line (GSM8K)                   |
| `boxed`        | what the last `\\boxed{}` or `\\fbox{}` holds, braces balanced (MATH)           |
| `minerva`      | after the first `final answer is`, to `I hope it is correct` or sentence end    |
| `last_number`  | the last number                                                                |
| `choice`       | the letter that the completion settles on: `The answer is (B)`, `B.`, `**B**`   |
| `after:MARK`   | what follows the last MARK, to the end of its line (`after:A:`)                 |

Several ways joined by `|` are tried in that order (`boxed|last_number`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from vervet.core.errors import UnknownNameError
from vervet.verification import extraction
from vervet.verification.answers_normal import LONGEST

__all__ = ["SEVERAL", "TOO_LONG", "WAYS", "Found", "find_answer", "tidy", "ways_of"]

TOO_LONG = "too_long"
SEVERAL = "several_answers"
MOST_BOXES = 16

Found = str | None
Way = Callable[[str], Found]

BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])\s*")
NUMBER = re.compile(
    r"(?:(?<![\w.)\]}])-)?(?:\\?\$\s?-?)?"
    r"(?:(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?|\.\d+)(?:/\d+)?(?:\\?%)?",
    re.ASCII,
)
FINAL = re.compile(r"final answer is:?", re.IGNORECASE)
HOPE = re.compile(r"\.?\s*I hope it is correct", re.IGNORECASE)
SENTENCE = re.compile(r"\.\s")
SETTLES = re.compile(
    r"(?:answer|(?:correct|right|best)\s+(?:option|choice))(?:\s+is|\s*:)?(?:\s*:)?"
    r"(?:\s+(?:option|choice))?\s*",
    re.IGNORECASE,
)
MENTIONS = re.compile(r"(?:option|choice)\s*", re.IGNORECASE)
DENIES = re.compile(
    r"\b(?:not|neither|nor|cannot|except|wrong|incorrect|eliminate)\b|n't\b", re.IGNORECASE
)
LETTER = re.compile(
    r"[\s*_`$\"']*(?:\\(?:boxed|fbox|text|textbf|mathrm|mathbf)\s*\{\s*){0,3}"
    r"(?:\((?P<round>[A-Z])\)|\[(?P<square>[A-Z])\]|(?P<bare>[A-Z])(?![\w']))",
    re.ASCII,
)
ALONE = re.compile(r"\(([A-Z])\)|(?<![\w'])([A-Z])(?=[.):]|\*\*|\s*$)", re.ASCII)
ARTICLE = re.compile(r"[AI] (?!because|since|as |and |or |is |which )[a-z]", re.ASCII)
"""A letter that is more likely a word: "A dog", "I think"."""
OTHERS = re.compile(
    r"[\s*_`$}.)\]]*(?:\s*,\s*|\s*/\s*|\s+(?:or|and)\s+|\s*&\s*)", re.IGNORECASE | re.ASCII
)


def ways_of(pattern: str) -> tuple[str, ...]:
    """The names of the ways in `pattern`. Raises `UnknownNameError` for one that is none."""
    names = tuple(name.strip() for name in pattern.split("|"))
    for name in names:
        if name not in WAYS and not (name.startswith("after:") and len(name) > len("after:")):
            raise UnknownNameError("way of finding an answer", name, [*WAYS, "after:MARK"])
    return names


def find_answer(
    completion: str, ways: Sequence[str], choices: Sequence[str] = ()
) -> tuple[str, str]:
    """The answer by the first way that finds one, tidied; and "" or why it cannot be used.

    `choices` are the texts of the choices, from A on, for the way `choice`.
    """
    for name in ways:
        if name == "choice":
            found, several = _choice(completion, choices)
            if several:
                return "", SEVERAL
        else:
            way = WAYS.get(name) or _after(name.removeprefix("after:"))
            found = way(completion)
            if found is not None and BOX.search(found):
                found = _boxed(found) or found
        if found is not None and len(found) > LONGEST:
            return "", TOO_LONG
        if found is not None and (text := tidy(found)):
            return text, ""
    return "", extraction.NOTHING


WRAPPED = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))
GROUPED = re.compile(r"[-+]?(?:\\?\$)?[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)


def tidy(answer: str) -> str:
    """One spelling of an answer: no outer blanks, marks of math or bold, grouping or full stop.

    What it drops can mean nothing else, so that equal spellings are one solution.
    """
    text = " ".join(answer.split())
    while True:
        before = text
        text = text.rstrip(" ,;:").removesuffix("\\").strip() if text else text
        text = text.removesuffix(".").strip()
        for opening, closing in WRAPPED:
            inner = text[len(opening) : -len(closing)]
            wrapped = text.startswith(opening) and text.endswith(closing)
            if wrapped and len(text) >= len(opening) + len(closing) and opening not in inner:
                text = inner.strip()
        if text == before:
            break
    if not text.strip("$%\\ "):
        return ""
    return text.replace(",", "") if GROUPED.fullmatch(text) else text


def _hash(completion: str) -> Found:
    _, mark, rest = completion.partition("####")
    return _line(rest) if mark else None


def _after(mark: str) -> Way:
    def way(completion: str) -> Found:
        _, found, rest = completion.rpartition(mark)
        return _line(rest) if found else None

    return way


def _line(rest: str) -> str:
    return rest.lstrip().partition("\n")[0].strip()


def _boxed(completion: str) -> Found:
    """The last box that closes; one that the token limit cut open yields to the one before."""
    starts = [found.end() for found in BOX.finditer(completion)]
    for start in reversed(starts[-MOST_BOXES:]):
        if completion[start : start + 1] != "{":
            word = re.match(r"[^\s$\\]+", completion[start : start + LONGEST])
            if word:
                return word[0]
            continue
        inner = _balanced(completion[start + 1 : start + 2 * LONGEST])
        if inner is not None:
            return inner
    return None


def _balanced(text: str) -> str | None:
    """The text up to the brace that closes what was opened before it."""
    depth, at = 1, 0
    while at < len(text):
        match text[at]:
            case "\\":
                at += 1
            case "{":
                depth += 1
            case "}":
                depth -= 1
                if not depth:
                    return text[:at]
        at += 1
    return None


def _minerva(completion: str) -> Found:
    found = FINAL.search(completion)
    if found is None:
        return None
    rest = completion[found.end() : found.end() + 2 * LONGEST]
    hope = HOPE.search(rest)
    return rest[: hope.start()].strip() if hope else SENTENCE.split(_line(rest))[0]


def _last_number(completion: str) -> Found:
    last = deque(NUMBER.finditer(completion), maxlen=1)
    return last[0][0] if last else None


def _choice(completion: str, choices: Sequence[str]) -> tuple[Found, bool]:
    """The letter that the completion settles on last, and whether it settles on several."""
    last = chr(ord("A") + len(choices) - 1) if choices else "Z"
    for words in (SETTLES, MENTIONS):
        said = [_letters_at(completion, found.end(), last) for found in words.finditer(completion)]
        settled = [(letter, several) for letter, several in said if letter or several]
        if settled:
            return settled[-1]
    text = completion.strip()
    by_text = [chr(ord("A") + at) for at, choice in enumerate(choices) if _same(choice, text)]
    if len(by_text) == 1:
        return by_text[0], False
    letter, several = _letters_at(text, 0, last)
    if letter or several:
        return letter, several
    line = text.rpartition("\n")[2]
    alone = {a or b for a, b in ALONE.findall(line) if (a or b) <= last}
    if len(alone) != 1 or DENIES.search(line):
        return None, len(alone) > 1
    return alone.pop(), False


def _letters_at(text: str, at: int, last: str) -> tuple[Found, bool]:
    """The letter that stands there, and whether others are offered beside it."""
    found = LETTER.match(text, at)
    if found is None or (letter := found[found.lastgroup or 0]) > last:
        return None, False
    if found.lastgroup == "bare" and ARTICLE.match(text, found.start("bare")):
        return None, False
    more = OTHERS.match(text, found.end())
    if more is not None:
        other = LETTER.match(text, more.end())
        if other is not None and letter != other[other.lastgroup or 0] <= last:
            return None, True
    return letter, False


def _same(choice: str, text: str) -> bool:
    return bool(choice.strip()) and tidy(choice).casefold() == tidy(text[: 2 * LONGEST]).casefold()


WAYS: Mapping[str, Way] = {
    "hash": _hash,
    "boxed": _boxed,
    "minerva": _minerva,
    "last_number": _last_number,
    "choice": lambda completion: _choice(completion, ())[0],
}
