"""What else can be said at each k of the same counts: reliability, and how luck of the draw speaks.

Numbers only; never formats or draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vervet.analysis.intervals_samples import interval_over_samples
from vervet.analysis.reliability import g_pass_at_k, pass_hat_k
from vervet.report.count_sets import CountSet

__all__ = ["over_samples", "reliability"]


def reliability(one: CountSet, ks: Sequence[int], taus: Sequence[float]) -> list[dict[str, Any]]:
    """For each k the means over problems of pass^k and of G-Pass@k at every tau.

    Raises `AnalysisError` for k above the smallest n and for tau outside [0, 1].
    """
    columns = {"pass_hat_k": pass_hat_k(one.n, one.c, ks, names=one.names).mean(axis=1)}
    for tau in taus:
        values = g_pass_at_k(one.n, one.c, ks, tau, names=one.names)
        columns[f"g_pass_{tau:g}"] = values.mean(axis=1)
    return [{name: float(values[at]) for name, values in columns.items()} for at in range(len(ks))]


def over_samples(one: CountSet, ks: Sequence[int]) -> list[dict[str, Any]]:
    """For each k the interval that other candidates of the same problems would give.

    It needs 2k candidates of every problem: None for larger k.
    """
    half = int(one.n.min()) // 2
    within = [k for k in ks if k <= half]
    found: dict[int, tuple[float, float]] = {}
    if within:
        estimate = interval_over_samples(one.n, one.c, np.array(within), names=one.names)
        found = dict(
            zip(within, zip(map(float, estimate.low), map(float, estimate.high), strict=True),
                strict=True)
        )  # fmt: skip
    nothing = (None, None)
    return [
        dict(zip(("samples_low", "samples_high"), found.get(k, nothing), strict=True)) for k in ks
    ]
