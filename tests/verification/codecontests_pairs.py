"""Pairs of outputs from a seed, and how the paper's `outputs_match` answered to them.

The answers in `data/codecontests_pairs.jsonl` were recorded once, with the published function:

    python tests/verification/codecontests_pairs.py PATH/TO/compare_results.py

Nothing of that function is in this project; `data/README.md` names its commit and license.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from pathlib import Path

__all__ = ["COUNT", "RECORDED", "pairs"]

SEED = 20240731
COUNT = 4000
RECORDED = Path(__file__).with_name("data") / "codecontests_pairs.jsonl"

WORDS = ("yes", "YES", "No", "no", "IMPOSSIBLE", "a", "B", "ab", "Case", "#1:", "straße", "İ", "ΑΣ")
ODD = (
    "nan", "NaN", "-nan", "inf", "Infinity", "-inf", "1e400", "-1e400", "1e-400", "0x10", "1_000",
    "1__0", "_1", "1_", "+5", "--5", "5.", ".5", ".", "-", "+", "1e5", "1E5", "100000.0", "1e",
    "٣", "1٣", "²", "½", "00", "-0", "-0.0", "007", "1.000005", "1.00001", "1.000009", "0.99999",
    "1.00002", "true", "none", "1j", "1,000", "1/2", "0b1", "9007199254740993", "9007199254740992",
    "9007199254740993.0", "1e16", "10000000000000001", "3\f", "\f3", "a\f", "\x1c7", "\x857",
    "\xa08", "1_0.5", "1_0e1_0", "1" * 25, "1" * 25 + ".0", "9" * 310, "9" * 310 + ".5",
)  # fmt: skip
BLANKS = (" ", "\n", "\t", "\r\n", "\v", "  ", " \n", "\f", "\xa0")


def pairs(count: int = COUNT, seed: int = SEED) -> list[tuple[str, str]]:
    """`count` pairs of outputs, many of them nearly the same."""
    rng = random.Random(seed)
    return [_pair(rng) for _ in range(count)]


def _pair(rng: random.Random) -> tuple[str, str]:
    words = [_word(rng) for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6)))]
    others = [_near(rng, word) if rng.random() < 0.5 else word for word in words]
    if others and rng.random() < 0.1:
        others.pop(rng.randrange(len(others)))
    if rng.random() < 0.05:
        others.append(_word(rng))
    if len(others) > 1 and rng.random() < 0.05:
        rng.shuffle(others)
    one, other = _spaced(rng, words), _spaced(rng, others)
    return (one, other) if rng.random() < 0.5 else (other, one)


def _spaced(rng: random.Random, words: list[str]) -> str:
    text = rng.choice(("", "", "", "\n", " "))
    for word in words:
        text += word + (rng.choice(BLANKS) if rng.random() < 0.4 else rng.choice(" \n"))
    return text


def _word(rng: random.Random) -> str:
    match rng.randrange(6):
        case 0:
            return rng.choice(WORDS)
        case 1:
            return rng.choice(ODD)
        case 2:
            return str(rng.randrange(-20, 20))
        case 3:
            return str(rng.randrange(-(10**18), 10**18))
        case 4:
            return f"{rng.uniform(-100, 100):.{rng.randrange(9)}f}"
        case _:
            return f"{rng.uniform(-10, 10):.{rng.randrange(7)}e}"


def _near(rng: random.Random, word: str) -> str:
    """Something that might be the same."""
    match rng.randrange(7):
        case 0:
            return word.swapcase()
        case 1:
            return f"0{word}"
        case 2:
            return f"{word}{rng.choice(('.0', '0', 'e0', '.', '.000009', '.00001'))}"
        case 3:
            return rng.choice(("+", "-")) + word
        case 4:
            return _word(rng)
        case _:
            return _shifted(rng, word)


def _shifted(rng: random.Random, word: str) -> str:
    step = rng.choice((1e-4, 1.1e-5, 1.0001e-5, 1e-5, 9.9e-6, 9e-6, 1e-6, 1e-12, 0.0))
    try:
        return repr(float(word) + rng.choice((1, -1)) * step)
    except ValueError:
        return word


def _record(published: Path) -> None:
    spec = importlib.util.spec_from_file_location("published", published)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{published} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with RECORDED.open("w", encoding="ascii") as file:
        for one, other in pairs():
            try:
                answer: bool | str = module.outputs_match(one, other)
            except (OverflowError, AssertionError) as error:
                answer = type(error).__name__
            file.write(json.dumps([one, other, answer]) + "\n")


if __name__ == "__main__":
    _record(Path(sys.argv[1]))
