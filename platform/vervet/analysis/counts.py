"""What counts must be before anything is computed from them.

Owns the refusals (which problem, what is wrong); never estimates anything.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vervet.core.errors import AnalysisError

__all__ = ["FloatArray", "IntArray", "check_counts", "check_ks", "check_unsettled", "check_within"]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

_LARGEST = 2**53
"""Beyond this a count is no longer exact as a float."""


def check_counts(
    n: npt.ArrayLike, c: npt.ArrayLike, names: Sequence[str] | None = None
) -> tuple[IntArray, IntArray]:
    """Candidates `n` and passes `c` per problem, as two arrays of shape (problems,).

    A single `n` stands for all problems. `names` are used in messages only.
    Raises `AnalysisError` for no problems, for what is not a whole number, for n < 1, c < 0
    and c > n.
    """
    passes = _whole(c, "c", names)
    sizes = _whole(n, "n", names)
    if sizes.size == 1:
        sizes = np.full(passes.shape, sizes[0])
    if sizes.size != passes.size:
        raise AnalysisError(f"n is given for {sizes.size} problems and c for {passes.size}")
    if passes.size == 0:
        raise AnalysisError(
            "there are no problems to compute coverage over",
            hint="Sample at least one candidate for at least one problem.",
        )
    _refuse(sizes < 1, "n is {0}", "Every problem needs a candidate.", names, sizes)
    _refuse(passes < 0, "c is {0}", "Passes are counted from 0 on.", names, passes)
    _refuse(passes > sizes, "c is {0} and n only {1}", "c is part of n.", names, passes, sizes)
    return sizes, passes


def check_ks(ks: npt.ArrayLike) -> IntArray:
    """The values of k, as an array of shape (ks,). Raises `AnalysisError` for none or k < 1."""
    checked = _whole(ks, "k", None)
    if checked.size == 0:
        raise AnalysisError("no k is given", hint="Name at least one k, as in 1, 10, 100.")
    if checked.min() < 1:
        raise AnalysisError(f"k is {checked.min()}", hint="Use whole numbers from 1 on.")
    return checked


def check_within(ks: IntArray, n: IntArray, names: Sequence[str] | None = None) -> None:
    """Raises `AnalysisError` where some problem has fewer candidates than the largest k."""
    index = int(n.argmin())
    if ks.max() > n[index]:
        raise AnalysisError(
            f"k = {ks.max()} is larger than n = {n[index]}, "
            f"the candidates of {_named(index, names)}",
            hint=f"pass@k cannot be estimated beyond n: use k up to {n[index]}.",
        )


def check_unsettled(
    unsettled: npt.ArrayLike, n: IntArray, c: IntArray, names: Sequence[str] | None = None
) -> IntArray:
    """Candidates without a verdict per problem; one number stands for all problems.

    Raises `AnalysisError` where it is negative or more than n - c.
    """
    missing = _whole(unsettled, "unsettled", names)
    if missing.size == 1:
        missing = np.full(n.shape, missing[0])
    if missing.size != n.size:
        raise AnalysisError(f"unsettled is given for {missing.size} problems and n for {n.size}")
    _refuse(missing < 0, "unsettled is {0}", "It is counted from 0 on.", names, missing)
    _refuse(
        missing > n - c,
        "unsettled is {0} and only {1} candidates did not pass",
        "Passed and unsettled candidates are both part of n.",
        names,
        missing,
        n - c,
    )
    return missing


def _whole(values: npt.ArrayLike, what: str, names: Sequence[str] | None) -> IntArray:
    try:
        array = np.atleast_1d(np.asarray(values))
        if array.dtype.kind not in "iu":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"{what} holds what is not a number") from error
    if array.ndim != 1:
        raise AnalysisError(f"{what} has {array.ndim} dimensions, not one value per problem")
    if names is not None and what == "c" and len(names) != array.size:
        raise AnalysisError(f"{len(names)} problems are named and c is given for {array.size}")
    with np.errstate(invalid="ignore"):
        broken = ~np.isfinite(array) | (np.abs(array) > _LARGEST) | (array != np.floor(array))
    one_for_all = names if array.size > 1 else None
    _refuse(broken, f"{what} is {{0}}", "Counts are whole numbers.", one_for_all, array)
    return array.astype(np.int64)


def _refuse(
    broken: npt.NDArray[np.bool_],
    message: str,
    hint: str,
    names: Sequence[str] | None,
    *values: npt.NDArray[np.generic],
) -> None:
    if broken.any():
        index = int(broken.argmax())
        said = message.format(*(array[index] for array in values))
        raise AnalysisError(f"{said} for {_named(index, names)}", hint=hint)


def _named(index: int, names: Sequence[str] | None) -> str:
    return f"problem {names[index]!r}" if names is not None else f"problem number {index}"
