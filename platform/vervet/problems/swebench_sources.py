"""Which instances are meant: a data set by its short name, a file or folder, ids, a split.

Short names are those that users of `swebench` know; everything else is a path, `OWNER/NAME` of
the hub, or `hf://...`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vervet.core.errors import ProblemError, UnknownNameError
from vervet.core.values import Problem
from vervet.problems.bundled import bundled_names, load
from vervet.problems.formats import LoadedSuite
from vervet.problems.hub import is_hub_name
from vervet.problems.reading import ProblemCheck, first_reasons

__all__ = ["DATA_SETS", "Instances", "load_instances", "spelled_out"]

DATA_SETS = {
    "full": "SWE-bench/SWE-bench",
    "lite": "SWE-bench/SWE-bench_Lite",
    "verified": "SWE-bench/SWE-bench_Verified",
    "multilingual": "SWE-bench/SWE-bench_Multilingual",
    "multimodal": "SWE-bench/SWE-bench_Multimodal",
}
"""Data sets of the hub by the short names of `swebench`."""

_OF_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True, slots=True)
class Instances:
    """What was loaded and chosen; `unknown` are ids that were asked for and are not there."""

    loaded: LoadedSuite
    unknown: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The chosen instances, in the order of their source."""
        return self.loaded.suite.problems


def spelled_out(name: str, split: str = "test") -> str:
    """The name as `vervet.problems.bundled.load` takes it; the split goes to the hub's."""
    short = name.strip().lower()
    if is_hub_name(name) or name in bundled_names() or Path(name).expanduser().exists():
        return name
    if short in DATA_SETS:
        return f"hf://{DATA_SETS[short]}:{split}"
    if _OF_HUB.fullmatch(name) and not Path(name).suffix:
        return f"hf://{name}:{split}"
    return name


def load_instances(
    name: str,
    *,
    split: str = "test",
    ids: Sequence[str] = (),
    limit: int | None = None,
    check: ProblemCheck | None = None,
) -> Instances:
    """The instances of that name: those of `ids` if any are given, then the first `limit`.

    Of a folder of tasks without `ids`, only those of the split. Raises what
    `vervet.problems.bundled.load` raises, `UnknownNameError` if none of `ids` is there, and
    `ProblemError` if the split is empty.
    """
    where = spelled_out(name, split)
    in_folder = not is_hub_name(where) and Path(where).expanduser().is_dir()
    chosen_later = bool(ids) or in_folder
    loaded = load(where, limit=None if chosen_later else limit, check=check)
    if not chosen_later:
        return Instances(loaded)
    problems = loaded.suite.problems
    unknown: tuple[str, ...] = ()
    if ids:
        kept = tuple(each for each in problems if each.id in set(ids))
        unknown = _unknown(loaded, ids)
    else:
        kept = _of_split(problems, split, where)
    suite = replace(loaded.suite, problems=kept if limit is None else kept[:limit])
    return Instances(replace(loaded, suite=suite), unknown)


def _unknown(loaded: LoadedSuite, ids: Sequence[str]) -> tuple[str, ...]:
    known = {problem.id for problem in loaded.suite.problems}
    unknown = tuple(dict.fromkeys(each for each in ids if each not in known))
    if len(unknown) == len(set(ids)):
        error = UnknownNameError(f"instance of {loaded.suite.origin}", unknown[0], known)
        error.hint += f" {first_reasons(loaded.set_aside)}".rstrip()
        raise error
    return unknown


def _of_split(problems: Sequence[Problem], split: str, where: str) -> tuple[Problem, ...]:
    """Tasks of the split; tasks that name none are of any."""
    kept = tuple(each for each in problems if each.labels.get("split", split) == split)
    if not kept:
        splits = sorted({str(each.labels.get("split")) for each in problems})
        raise ProblemError(
            f"{where} has no task of split {split!r}", hint=f"It has: {', '.join(splits)}."
        )
    return kept
