"""Published tables of cost, held against their own arithmetic. Never corrects one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from vervet.core.errors import AnalysisError

__all__ = ["Inconsistency", "PublishedRow", "check_published", "published_row"]

FIELDS = {
    "cost": "cost per attempt",
    "attempts": "attempts",
    "solved": "solved %",
    "total": "total",
    "relative": "relative",
}


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """One row as it is printed: USD per attempt, attempts per problem, problems solved in per
    cent, total USD and the total relative to the table's first row. Decimals keep the digits
    that were printed, and with them how far each may be rounded."""

    label: str
    cost: Decimal
    attempts: Decimal
    solved: Decimal
    total: Decimal
    relative: Decimal


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """A row that cannot be right as it stands: which column, and why in a sentence."""

    label: str
    column: str
    reason: str


def published_row(
    label: str,
    cost: object,
    attempts: object,
    solved: object,
    total: object,
    relative: object,
) -> PublishedRow:
    """A row from what is printed; `$`, `%` and a trailing `x` are dropped.

    Raises `AnalysisError` for what is no number.
    """
    given = dict(zip(FIELDS, (cost, attempts, solved, total, relative), strict=True))
    return PublishedRow(
        label, **{name: _decimal(value, label, FIELDS[name]) for name, value in given.items()}
    )


def check_published(rows: Sequence[PublishedRow], problems: int) -> tuple[Inconsistency, ...]:
    """Every row whose numbers contradict each other, in the table's order.

    The total must be cost x attempts x problems and the relative cost the total by the first
    row's, both within what rounding to the printed digits allows; attempts are whole and the
    share solved is a percentage. Two columns that were swapped do not pass.
    Raises `AnalysisError` for no rows and for fewer than 1 problem.
    """
    if not rows or problems < 1:
        raise AnalysisError(
            f"a table of {len(rows)} rows over {problems} problems cannot be checked",
            hint="Give at least one row and the number of problems.",
        )
    found: list[Inconsistency] = []
    for row in rows:
        found += _row(row, rows[0], problems)
    return tuple(found)


def _row(row: PublishedRow, first: PublishedRow, problems: int) -> list[Inconsistency]:
    found: list[Inconsistency] = []

    def wrong(column: str, reason: str) -> None:
        found.append(Inconsistency(row.label, FIELDS[column], reason))

    if row.attempts < 1 or row.attempts != row.attempts.to_integral_value():
        wrong("attempts", f"{row.attempts} attempts cannot be made")
    if not 0 <= row.solved <= 100:
        wrong("solved", f"{row.solved} % of problems cannot be solved")
    if row.cost < 0 or row.total < 0:
        wrong("cost", f"{min(row.cost, row.total)} USD cannot be spent")
        return found
    half, total_half = _half(row.cost), _half(row.total)
    times = row.attempts * problems
    if not _meet((row.cost - half) * times, (row.cost + half) * times, row.total, total_half):
        wrong(
            "total",
            f"the total is {row.total}, and {row.cost} x {row.attempts} attempts x {problems} "
            f"problems is {(row.cost * times).normalize():f}",
        )
    smallest, largest = first.total - _half(first.total), first.total + _half(first.total)
    if smallest <= 0:
        return found
    low, high = (row.total - total_half) / largest, (row.total + total_half) / smallest
    if row is first:
        low = high = Decimal(1)
    if not _meet(low, high, row.relative, _half(row.relative)):
        wrong(
            "relative",
            f"the relative cost is {row.relative}, and {row.total} / {first.total} is "
            f"{row.total / first.total:.3g}",
        )
    return found


def _half(value: Decimal) -> Decimal:
    """Half a unit of the last digit that was printed."""
    exponent = value.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)


def _meet(low: Decimal, high: Decimal, printed: Decimal, half: Decimal) -> bool:
    return low <= printed + half and printed - half <= high


def _decimal(value: object, label: str, column: str) -> Decimal:
    text = str(value).strip().lstrip("$").rstrip("%xX×").strip().replace(",", "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise AnalysisError(f"{column} of {label!r} is {value!r}", hint="Give a number.")
    return number
