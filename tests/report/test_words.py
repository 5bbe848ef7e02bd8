from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from vervet.report.words import duration, moment, percent, plural, span, status_name


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0%"),
        (1e-9, "<0.001%"),
        (0.0026734, "0.267%"),
        (0.0003, "0.03%"),
        (0.0999, "9.99%"),
        (0.09999, "10.0%"),
        (0.5703, "57.0%"),
        (0.9994, ">99.9%"),
        (1.0, "100%"),
    ],
)
def test_shares(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.004, "0.00 s"),
        (0.42, "0.42 s"),
        (12.34, "12.3 s"),
        (59.97, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3_780, "1 h 3 min"),
    ],
)
def test_times(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_names() -> None:
    assert span(0.1, 0.25) == "10.0% to 25.0%"
    assert (plural(1, "problem"), plural(1_319, "problem")) == ("1 problem", "1,319 problems")
    assert (status_name("infra_error"), status_name("timed_out")) == ("infrastructure", "timed out")


def test_moments_are_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert moment(datetime(2026, 11, 25, 4, 30, tzinfo=east)) == "2026-11-25 02:30 UTC"
