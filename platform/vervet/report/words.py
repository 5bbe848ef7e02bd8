"""Numbers and names as people read them, the same in figures and on the page."""

from __future__ import annotations

import math
from datetime import UTC, datetime

__all__ = ["duration", "moment", "percent", "plural", "span", "status_name"]


def percent(share: float) -> str:
    """Three digits of a share of 1, as in 57.0%, 0.267% or <0.001%; never rounded up to 100%."""
    if share <= 0.0:
        return "0%"
    if share >= 1.0:
        return "100%"
    value = share * 100
    if value < 0.001:
        return "<0.001%"
    if value > 99.9:
        return ">99.9%"
    # Rounding first: 9.999 has the digits of 10.0.
    decimals = max(0, 2 - math.floor(math.log10(float(f"{value:.3g}"))))
    text = f"{value:.{decimals}f}"
    return f"{text.rstrip('0').rstrip('.') if value < 1 else text}%"


def plural(count: int, noun: str) -> str:
    """A count with its noun, as in 1 problem or 1,319 problems."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def span(low: float, high: float) -> str:
    """An interval of shares, as in 48.4% to 65.6%."""
    return f"{percent(low)} to {percent(high)}"


def duration(seconds: float) -> str:
    """A time span, as in 0.42 s, 12.3 s, 2 min 5 s or 1 h 3 min."""
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def moment(when: datetime) -> str:
    """A time with zone in UTC, as in 2026-11-25 02:11 UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def status_name(status: str) -> str:
    """A status for a reader: spaces for underscores, infrastructure by its full name."""
    return "infrastructure" if status == "infra_error" else status.replace("_", " ")
