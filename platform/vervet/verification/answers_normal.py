"""Owns one spelling for answers that are the same but for how they are written.

Pure text with bounds: no number is made and nothing is evaluated. What an answer is in (units,
per cent, a base) and what it is called (`x =`) are kept apart, since they count only where both
answers have one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vervet.verification.answers_tables import NO_UNIT, POWERS, REWRITES, SIGNS, UNITS

__all__ = ["LONGEST", "NOTHING", "Normal", "differ_in_unit", "normalise", "same_text"]


@dataclass(frozen=True, slots=True)
class Normal:
    """An answer in one spelling: `core` without blanks, or words in lower case.

    `unit` is "%" for per cent, "_8" for a base, else a name; `name` is what stood before `=`.
    `math` is the core as LaTeX that others can read.
    """

    core: str
    unit: str = ""
    name: str = ""
    math: str = ""


LONGEST = 1000
"""Characters of an answer; what is longer is none."""
NOTHING = Normal("")
NAN = re.compile(r"[-+]?\\?(?:nan|mathrm\{nan\}|text\{nan\})", re.IGNORECASE)

TEXT = re.compile(r"\\text\s*\{([^{}]*)\}")
WHOLE_TEXT = re.compile(r"\\text\s*\{([^{}]*)\}\.?")
BARE_ARGUMENT = re.compile(r"\\(frac|sqrt)\s*")
MIXED = re.compile(r"(?<![\d.])(\d+)\s*\\frac|(?<![\d./])(\d+)\s+(?=\d+\s*/\s*\d)")
MIXED_SLASH = re.compile(r"(?<![\d./])(\d+)\s+(\d+)\s*/\s*(\d+)(?![\d.])")
POWER = re.compile(r"(?<![\w.])(\d+(?:\.\d*)?)[eE]([-+]?\d{1,3})(?!\w)")
SPACED_GROUPS = re.compile(r"(?<![\d.,])(\d{1,3})((?: \d{3})+)(?![\d])")
GROUPED = re.compile(r"(?<![\d.,(\[{])\d{1,3}(?:,\d{3})+(?![\d,)\]}])")
BASE = re.compile(r"(?P<core>[0-9a-zA-Z]*[0-9][0-9a-zA-Z]*)_\{?\s*(?P<base>\d{1,3})\s*\}?")
NAME = re.compile(r"(?P<name>[a-zA-Z](?:_\{?\w\}?|\([a-z]\))?|\\[a-z]+)\s*(?:=|\\in(?![a-z]))\s*")
RELATION = re.compile(r"[<>]|\\[lg][et](?![a-zA-Z])|\\ne(?![a-zA-Z])")
NAMED = re.compile(r"(?:^|(?<=,))([a-zA-Z])=(?=[^=]+$|[^=]*,)")
NUMERAL = r"[-+]?[\d.,/]*\d(?:\.(?=\s|$))?|[-+]?\\frac\{[^{}]*\}\{[^{}]*\}|.*(?:[\d})\]]|\\pi)"
UNIT = re.compile(
    rf"(?P<core>{NUMERAL})(?P<blank>\s*)(?P<unit>%|[a-zA-Z]{{2,}}\.?(?:[\s/]+[a-zA-Z]+\.?){{0,3}})"
    r"(?:\s*\^\s*\{?(?P<power>[23])\}?)?",
    re.DOTALL,
)
WORDS = re.compile(r"[^\W\d_]+(?:[ '-]+[^\W\d_]+)*[.!]?")


def normalise(answer: str) -> Normal:
    """One spelling of an answer. `NOTHING` for one that is empty, `nan` or no answer's length."""
    if len(answer) > LONGEST:
        return NOTHING
    text = answer.translate(SIGNS).strip().rstrip(".").strip()
    whole = WHOLE_TEXT.fullmatch(text)
    text = whole[1].strip() if whole else text
    if NAN.fullmatch(text):
        return NOTHING
    choice = re.fullmatch(r"\(([A-Za-z])\)", text)
    text = choice[1] if choice and whole else text
    if WORDS.fullmatch(text):
        text = " ".join(text.rstrip(".!").split())
        return Normal(text.casefold(), math=text)
    for pattern, by in REWRITES:
        text = pattern.sub(by, text)
    text = _arguments(TEXT.sub(_plain, text)).strip()
    named = NAME.match(text)
    name = ""
    if named and text.count("=") <= 1 and named.end() < len(text):
        name, text = named["name"], text[named.end() :]
    if not RELATION.search(text):  # there, "and" and "or" are no commas
        text = re.sub(r",?\s+(?:and|or)\s+", ", ", text)
    text, unit = _unit(text)
    text = SPACED_GROUPS.sub(lambda found: found[1] + found[2].replace(" ", ""), text)
    return Normal(_core(text), unit, name, _math(text))


def same_text(one: Normal, other: Normal) -> bool:
    """Whether two answers are the same as they are written; `nan` and nothing never are."""
    if not one.core or one.core != other.core:
        return False
    return not differ_in_unit(one, other)


def differ_in_unit(one: Normal, other: Normal) -> bool:
    """Whether both have a unit, a base or a name, and not the same."""
    units = one.unit != other.unit and bool(one.unit and other.unit)
    return units or (one.name != other.name and bool(one.name and other.name))


def _math(text: str) -> str:
    """The text with what is no LaTeX written as such: mixed numbers, powers of ten."""
    text = MIXED_SLASH.sub(r"\1\\frac{\2}{\3}", text)
    return POWER.sub(r"\1*10^{\2}", text)


def _core(text: str) -> str:
    text = MIXED.sub(
        lambda found: f"{found[1] or found[2]}&" + ("\\frac" if found[1] else ""), text
    )
    text = GROUPED.sub(lambda found: found[0].replace(",", ""), text)
    text = re.sub(r"(?<=\d)\s+(?=\d)", "~", text)
    # A blank that ends a command stays where a letter follows.
    text = re.sub(r"(\\[a-zA-Z]+)\s+(?=[a-zA-Z])", r"\1{}", text)
    text = "".join(text.split())
    text = re.sub(r"([\^_])\{(\w)\}", r"\1\2", text)
    text = re.sub(r"(\\frac\{[^{}]*\})(\w)", r"\1{\2}", text)
    names = set(NAMED.findall(text))
    if len(names) == 1:
        text = NAMED.sub("", text)
    return _unwrapped(text.removeprefix("+").rstrip(".,"))


def _unwrapped(text: str) -> str:
    """Without braces that hold all of it."""
    while text.startswith("{") and text.endswith("}") and _closes_last(text):
        text = text[1:-1]
    return text


def _closes_last(text: str) -> bool:
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return at == len(text) - 1
    return False


def _plain(found: re.Match[str]) -> str:
    """What `\\text` holds; a letter alone is a unit, written out lest it pass for a variable."""
    word = found[1].strip()
    return f" {UNITS.get(word.lower(), word) if len(word) == 1 else word} "


def _arguments(text: str) -> str:
    """With braces around the arguments of fractions and roots that have none: \\frac12, \\sqrt3."""
    parts, at = [], 0
    for found in BARE_ARGUMENT.finditer(text):
        if found.start() < at or text[found.end() : found.end() + 1].isalpha():
            continue
        parts.append(text[at : found.start()] + f"\\{found[1]}")
        at = found.end()
        for _ in range(2 if found[1] == "frac" else 1):
            char = text[at : at + 1]
            if not (char.isalnum() and char.isascii()):
                break
            parts.append(f"{{{char}}}")
            at += 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
    parts.append(text[at:])
    return "".join(parts)


def _unit(text: str) -> tuple[str, str]:
    """The text without its unit, and that unit."""
    dollars = re.match(r"(-?)\s*\$\s*(?=[-\d.\\])", text)
    if dollars:
        text = dollars[1] + text[dollars.end() :]
    text = text.removesuffix("$").strip()
    based = BASE.fullmatch(text)
    if based:
        return based["core"], f"_{based['base']}"
    found = UNIT.fullmatch(text)
    if found is None:
        return text, "$" if dollars else ""
    words = found["unit"].lower().replace(".", "").replace("/", " per ").split()
    names = [_unit_name(word, bare=not found["blank"]) for word in words]
    unit = " ".join(name for name in names if name and name not in POWERS)
    if "" in names or not unit or not _is_numeral(found["core"]):
        return text, "$" if dollars else ""
    exponent = found["power"] or next((POWERS[name] for name in names if name in POWERS), "")
    return found["core"], f"{unit}^{exponent}" if exponent else unit


def _unit_name(word: str, *, bare: bool) -> str:
    """One name for a unit; empty for what is none, such as variables side by side in 5ab."""
    name = UNITS.get(word) or UNITS.get(word.removesuffix("s"))
    if name or word in POWERS or word == "per":
        return name or word
    is_word = len(word) > 2 and (len(word) > 4 or bool(set("aeiouy") & set(word)))
    return word.removesuffix("s") if is_word and not bare and word not in NO_UNIT else ""


def _is_numeral(core: str) -> bool:
    """Whether a unit can follow: no word stands in it."""
    bare = re.sub(r"\\[a-zA-Z]+", "", core)
    return re.search(r"[a-zA-Z]{2,}", bare) is None
