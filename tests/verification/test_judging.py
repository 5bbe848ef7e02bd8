"""How words of a candidate are repeated to people."""

from __future__ import annotations

import pytest

from vervet.verification.judging import last_line


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (b"a\nValueError: b\n", "ValueError: b"),
        (b"\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
        (b"nul\0 and \r return", r"nul\x00 and \r return"),
        ("right to left \u202e and ä€𝄞".encode(), "right to left \\u202e and ä€𝄞"),
        (b"\xff", "\ufffd"),
    ],
)
def test_the_last_line_is_plain_text(written: bytes, told: str) -> None:
    assert last_line(written) == told
