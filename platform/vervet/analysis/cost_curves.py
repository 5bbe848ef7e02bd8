"""Coverage against what it costs, for several models, and the cheapest way to a target.

Counts the verifier's time beside the model's tokens. Never reads a price table.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from vervet.analysis.cost import ModelShape, Price, Usage, inference_flops, usd
from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.coverage import coverage
from vervet.analysis.grid import curve_ks
from vervet.analysis.intervals import estimate_coverage
from vervet.core.errors import AnalysisError

__all__ = [
    "Axis",
    "CostCurve",
    "Option",
    "OutOfReach",
    "Spender",
    "cheapest",
    "cost_curve",
]

HOUR_S = 3600.0


class Axis(StrEnum):
    """What is counted as cost."""

    FLOPS = "flops"
    """Of inference alone: a verifier runs no model."""
    USD = "usd"
    """Of tokens by the price, and of the verifier's processor time by its own."""


@dataclass(frozen=True, slots=True)
class Spender:
    """What one model costs: its shape for FLOPs, its price for USD; None where unknown.

    `usage` is the mean over problems. `prompts_share` is how many candidates one request asks
    for, so how many share a paid prompt. `cpu_usd_hour` is the price of an hour of one processor
    of the verifier's.
    """

    usage: Usage
    shape: ModelShape | None = None
    price: Price | None = None
    prompts_share: int = 1
    cpu_usd_hour: float = 0.0

    def __post_init__(self) -> None:
        if self.prompts_share < 1:
            raise AnalysisError(
                f"{self.prompts_share} candidates share a prompt", hint="At least one does."
            )
        if not 0.0 <= self.cpu_usd_hour < float("inf"):
            raise AnalysisError(
                f"an hour of a processor costs {self.cpu_usd_hour!r} USD", hint="From 0 on."
            )


@dataclass(frozen=True, slots=True, eq=False)
class CostCurve:
    """Coverage of one model against the cost of k candidates for each problem.

    Arrays of shape (ks,). `flops` and `usd` are for all problems together, None where the model's
    shape or price is unknown; `verifier_s` is in seconds of processor time, and its USD are
    part of `usd`. `counts` are n and c by problem.
    """

    label: str
    ks: IntArray
    coverage: FloatArray
    low: FloatArray
    high: FloatArray
    problems: int
    flops: FloatArray | None
    usd: FloatArray | None
    verifier_s: FloatArray
    spender: Spender
    counts: tuple[IntArray, IntArray]

    def cost(self, axis: Axis) -> FloatArray | None:
        """The total on one axis, shape (ks,)."""
        return self.flops if axis is Axis.FLOPS else self.usd

    def per_solved(self, axis: Axis) -> tuple[float | None, ...]:
        """Cost per problem solved at each k; None where none is, or the cost is unknown."""
        total = self.cost(axis)
        if total is None:
            return (None,) * self.ks.size
        solved = self.coverage * self.problems
        return tuple(
            float(cost / count) if count > 0.0 else None
            for cost, count in zip(total, solved, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Option:
    """One (model, k) that reaches a target: what it covers and what it costs in all."""

    label: str
    k: int
    coverage: float
    cost: float


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """A model that does not reach the target with the candidates it has, or has no known cost."""

    label: str
    reason: str


def cost_curve(
    label: str,
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    spender: Spender,
    *,
    ks: npt.ArrayLike | None = None,
    level: float = 0.95,
    names: Sequence[str] | None = None,
) -> CostCurve:
    """Coverage and cost at `ks`, or on a log-spaced grid up to the smallest n.

    `n` and `c` have shape (problems,). Every problem is given k candidates, whether or not an
    earlier one passed: that is what pass@k measures. Raises `AnalysisError` for counts that
    cannot be and for k above the smallest n.
    """
    sizes, passes = check_counts(n, c, names)
    wanted = curve_ks(int(sizes.min())) if ks is None else np.unique(check_ks(ks))
    found = estimate_coverage(sizes, passes, wanted, level=level, names=names)
    flops = [_cost(spender, sizes.size, int(k), Axis.FLOPS) for k in wanted]
    money = [_cost(spender, sizes.size, int(k), Axis.USD) for k in wanted]
    return CostCurve(
        label=label,
        ks=wanted,
        coverage=found.coverage,
        low=found.low,
        high=found.high,
        problems=sizes.size,
        flops=None if spender.shape is None else np.array(flops, dtype=np.float64),
        usd=None if spender.price is None else np.array(money, dtype=np.float64),
        verifier_s=np.asarray(wanted * (sizes.size * spender.usage.verifier_s), dtype=np.float64),
        spender=spender,
        counts=(sizes, passes),
    )


def cheapest(
    curves: Sequence[CostCurve], target: float, axis: Axis, *, surely: bool = False
) -> tuple[tuple[Option, ...], tuple[OutOfReach, ...]]:
    """The smallest k of each model that reaches the `target` coverage, the cheapest first.

    With `surely` the lower end of the interval must reach it, and k is one of the curve's own.
    Models without enough candidates, or without a cost on this axis, come apart with the reason.
    Raises `AnalysisError` for a target that is not within (0, 1].
    """
    if not 0.0 < target <= 1.0:
        raise AnalysisError(
            f"the target coverage is {target}", hint="Use a share above 0 and at most 1."
        )
    options: list[Option] = []
    rest: list[OutOfReach] = []
    for curve in curves:
        cost = curve.cost(axis)
        reached = np.flatnonzero((curve.low if surely else curve.coverage) >= target)
        if cost is None:
            lacking = "shape" if axis is Axis.FLOPS else "price"
            rest.append(OutOfReach(curve.label, f"its {lacking} is unknown"))
        elif reached.size == 0:
            best = float((curve.low if surely else curve.coverage).max())
            reason = f"{best:.4g} is the most it reaches, with k = {curve.ks[-1]}"
            rest.append(OutOfReach(curve.label, reason))
        else:
            options.append(_option(curve, int(reached[0]), target, axis, surely=surely))
    return tuple(sorted(options, key=lambda option: option.cost)), tuple(rest)


def _option(curve: CostCurve, at: int, target: float, axis: Axis, *, surely: bool) -> Option:
    """The first k that reaches the target, between the curve's k before place `at` and that one."""
    k = int(curve.ks[at])
    if not surely:
        above = range(int(curve.ks[at - 1]) + 1 if at else 1, k + 1)
        k = above[bisect_left(above, target, key=lambda each: _coverage(curve, each))]
    cost = _cost(curve.spender, curve.problems, k, axis)
    assert cost is not None
    return Option(curve.label, k, _coverage(curve, k), cost)


def _coverage(curve: CostCurve, k: int) -> float:
    return float(coverage(*curve.counts, [k])[0])


def _cost(spender: Spender, problems: int, k: int, axis: Axis) -> float | None:
    """What k candidates for every problem cost; None where that is unknown."""
    use = spender.usage
    if axis is Axis.FLOPS:
        if spender.shape is None:
            return None
        return problems * inference_flops(spender.shape, use.prompt_tokens, use.decoded_tokens, k)
    if spender.price is None:
        return None
    tokens = usd(
        spender.price,
        use.prompt_tokens,
        use.decoded_tokens,
        k,
        prompts_billed=-(-k // spender.prompts_share),
    )
    return problems * (tokens + k * use.verifier_s / HOUR_S * spender.cpu_usd_hour)
