"""How far coverage may lie from what these problems show: intervals over problems.

The problems are taken as drawn from a population of problems. Never speaks about other
candidates of the same problems, and never returns NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from vervet.analysis.counts import FloatArray, IntArray, check_counts, check_ks
from vervet.analysis.coverage import pass_at_k
from vervet.analysis.stopping import Stopping, find_stopping, stopped_pass_at_k
from vervet.core.errors import AnalysisError

__all__ = [
    "Caveat",
    "CoverageEstimate",
    "estimate_coverage",
    "never_solved_bound",
    "share_interval",
]

FEW = 10
"""Below this many problems, or problems with a success, an interval is rough."""
_SAME = 1e-9
_TIE_DIGITS = 12
_BATCH_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Caveat:
    """Something a reader must know beside the numbers: a stable code and one sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class CoverageEstimate:
    """Coverage at each k with an interval over problems; all arrays of shape (ks,).

    `standard_error` is the sample standard deviation over problems by the root of their number;
    it is None for a single problem.
    """

    ks: IntArray
    coverage: FloatArray
    low: FloatArray
    high: FloatArray
    standard_error: FloatArray | None
    problems: int
    level: float
    caveats: tuple[Caveat, ...]


def estimate_coverage(
    n: npt.ArrayLike,
    c: npt.ArrayLike,
    ks: npt.ArrayLike,
    *,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
    names: Sequence[str] | None = None,
    last_passed: npt.ArrayLike | None = None,
) -> CoverageEstimate:
    """Coverage with a bias-corrected and accelerated bootstrap interval over problems.

    Source: Efron 1987, "Better Bootstrap Confidence Intervals", section 4, by
    `scipy.stats.bootstrap`; the same resamples serve every k. Where all problems agree (one
    problem, none or all solved) there is nothing to resample and the interval is exact in the
    sense of `_agreeing_interval`. Always within [0, 1].
    `last_passed`, shape (problems,), tells whether the last candidate of each problem passed;
    where it shows that sampling stopped at a success, `stopped_pass_at_k` takes the place of
    `pass_at_k`, and a caveat says so. Without it, counts that look so only have a caveat.
    Raises `AnalysisError` as `pass_at_k` does, and for a level outside (0, 1).
    """
    sizes, passes = check_counts(n, c, names)
    wanted = check_ks(ks)
    stopping = find_stopping(sizes, passes, last_passed, names=names)
    if stopping is None or stopping.chance is None:
        values = pass_at_k(sizes, passes, wanted, names=names)
    else:
        values = stopped_pass_at_k(sizes, passes, wanted, stopping.stopped, names=names)
    low, high = share_interval(values, level=level, resamples=resamples, seed=seed)
    return CoverageEstimate(
        ks=wanted,
        coverage=values.mean(axis=1),
        low=low,
        high=high,
        standard_error=_standard_error(values),
        problems=sizes.size,
        level=level,
        caveats=(*_stopping_caveats(stopping), *_caveats(passes, level)),
    )


def share_interval(
    values: FloatArray,
    *,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
    lowest: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """The interval of `estimate_coverage` for any numbers per problem within [`lowest`, 1].

    `values` of shape (rows, problems); returns the lower and the upper limit of each row's mean
    over problems, shape (rows,). Raises `AnalysisError` for a level outside (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise AnalysisError(f"the level is {level}", hint="Use a number between 0 and 1.")
    mean = values.mean(axis=1)
    width = 1.0 - lowest
    low, high = _agreeing_interval((mean - lowest) / width, values.shape[1], level)
    low, high = lowest + width * low, lowest + width * high
    differ = np.ptp(values, axis=1) > _SAME
    if differ.any():
        low[differ], high[differ] = _bootstrap_interval(values[differ], level, resamples, seed)
    # The mean belongs to its own interval; a skewed bootstrap may leave it out by a hair.
    return (
        np.clip(np.minimum(low, mean), lowest, 1.0),
        np.clip(np.maximum(high, mean), lowest, 1.0),
    )


def never_solved_bound(n: int, level: float = 0.95) -> float:
    """The success rate that a problem with no pass in `n` candidates stays below.

    The one-sided exact bound 1 - (1 - level)^(1/n), about 3/n at 95 %: the rule of three
    (Hanley and Lippman-Hand 1983, JAMA 249:1743). Raises `AnalysisError` for n < 1.
    """
    if n < 1:
        raise AnalysisError(f"n is {n}", hint="Every problem needs at least one candidate.")
    return float(-np.expm1(np.log1p(-level) / n))


def _agreeing_interval(
    value: FloatArray, problems: int, level: float
) -> tuple[FloatArray, FloatArray]:
    """Where P problems all show the value v: from v q to 1 - (1 - v) q, q = (1 - level)^(1/P).

    If the mean lay below v q, fewer than a share q of all problems could show v or more (Markov),
    and P of them in a row had a chance below 1 - level; above likewise. With v = 0 this is
    the rule of three over problems.
    """
    q = (1.0 - level) ** (1.0 / problems)
    return value * q, 1.0 - (1.0 - value) * q


def _bootstrap_interval(
    values: FloatArray, level: float, resamples: int, seed: int
) -> tuple[FloatArray, FloatArray]:
    """The interval of the mean of each row of `values`, shape (ks, problems)."""
    rows, problems = values.shape
    scale = np.abs(values).max(axis=1)
    scaled = values / scale[:, np.newaxis]

    def means(drawn: IntArray, axis: int = -1) -> FloatArray:  # noqa: ARG001 (scipy passes it)
        """Mean of every row over each resample of problems: (rows,) or (rows, resamples)."""
        flat = drawn.reshape(-1, drawn.shape[-1])
        shifted = flat + problems * np.arange(len(flat))[:, np.newaxis]
        times = np.bincount(shifted.ravel(), minlength=len(flat) * problems)
        sums = scaled @ times.reshape(len(flat), problems).T.astype(np.float64)
        # The bias correction counts ties, so sums in another order must come out equal.
        result: FloatArray = np.round(sums / drawn.shape[-1], _TIE_DIGITS)
        return result.reshape((rows, *drawn.shape[:-1]))

    found = stats.bootstrap(
        (np.arange(problems),),
        means,
        n_resamples=resamples,
        batch=max(1, _BATCH_CELLS // problems),
        vectorized=True,
        confidence_level=level,
        method="BCa",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return np.asarray(found.low) * scale, np.asarray(found.high) * scale


def _standard_error(values: FloatArray) -> FloatArray | None:
    problems = values.shape[1]
    if problems < 2:
        return None
    error: FloatArray = values.std(axis=1, ddof=1) / np.sqrt(problems)
    return error


def _stopping_caveats(stopping: Stopping | None) -> tuple[Caveat, ...]:
    if stopping is None:
        return ()
    times = "success" if stopping.passes == 1 else f"success number {stopping.passes}"
    if stopping.chance is None:
        text = (
            f"The counts look like sampling that stopped at {times} of a problem. Then this "
            "coverage is too high: give the order of the candidates as well."
        )
        return (Caveat("perhaps_stopped", text),)
    text = f"Sampling stopped at {times} of a problem: the estimate allows for it."
    return (Caveat("stopped_at_success", text),)


def _caveats(passes: IntArray, level: float) -> tuple[Caveat, ...]:
    problems, solved = passes.size, int((passes > 0).sum())
    found: list[Caveat] = []
    if problems == 1:
        text = "There is one problem: the interval says how little it tells about others."
        found.append(Caveat("one_problem", text))
    elif problems < FEW:
        text = f"There are only {problems} problems: the interval over problems is rough."
        found.append(Caveat("few_problems", text))
    if solved == 0:
        text = (
            "No candidate passed: coverage is 0, and its upper limit "
            f"follows from the number of problems alone ({level:.0%} one-sided)."
        )
        found.append(Caveat("none_solved", text))
    elif solved < FEW and solved < problems:
        text = f"Only {solved} of {problems} problems were ever solved: the interval is rough."
        found.append(Caveat("few_solved", text))
    if solved == problems:
        text = "Every problem was solved: harder problems would tell more."
        found.append(Caveat("all_solved", text))
    return tuple(found)
