"""Limits are positive; usage adds up."""

from __future__ import annotations

from dataclasses import fields

import pytest

from vervet.core.errors import JobError, UsageError
from vervet.core.limits import Limits, Usage
from vervet.core.sampling import Sampling


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(name: str, value: float) -> None:
    with pytest.raises(JobError, match=f"limit {name} is"):
        Limits(**{name: value})  # type: ignore[arg-type]


def test_usage_adds_times_and_keeps_the_higher_peak() -> None:
    total = Usage(1.0, 0.5, 0.25, 100, 10, 0.1) + Usage(2.0, 0.5, 0.25, 70, 5, 0.2)
    assert (total.wall_s, total.cpu_s, total.peak_memory, total.output) == (3.0, 1.5, 100, 15)
    assert total.run_delay_s == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 10.5),
        ("temperature", float("nan")),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("max_tokens", 0),
    ],
)
def test_sampling_that_no_generator_can_do_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"sampling.{name} is"):
        Sampling(**{name: value})  # type: ignore[arg-type]
