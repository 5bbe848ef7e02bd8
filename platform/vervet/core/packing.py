"""Outcomes of checks as bytes: two bits a check, four checks a byte, the first one lowest."""

from __future__ import annotations

from collections.abc import Sequence

from vervet.core.status import Outcome

__all__ = ["pack_outcomes", "unpack_outcomes"]


def pack_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    """`len(outcomes)` two-bit codes in `ceil(len / 4)` bytes; unused bits are zero."""
    packed = bytearray((len(outcomes) + 3) // 4)
    for index, outcome in enumerate(outcomes):
        packed[index // 4] |= int(outcome) << (index % 4 * 2)
    return bytes(packed)


def unpack_outcomes(packed: bytes, count: int) -> tuple[Outcome, ...]:
    """The first `count` outcomes. Raises `ValueError` if `packed` has another length."""
    if len(packed) != (count + 3) // 4:
        raise ValueError(f"{count} outcomes need {(count + 3) // 4} bytes, not {len(packed)}")
    return tuple(Outcome(packed[index // 4] >> (index % 4 * 2) & 3) for index in range(count))
