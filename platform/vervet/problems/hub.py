"""Suites of the Hugging Face hub, streamed through `datasets` (extra `hf`), never stored here.

hf://OWNER/NAME[/CONFIG][@REVISION][:SPLIT]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice
from typing import Any

from vervet.core.errors import ProblemError, UsageError
from vervet.core.lines import Record, SetAside
from vervet.problems.formats import LoadedSuite, ProblemFormat, get_format
from vervet.problems.reading import (
    ProblemCheck,
    all_formats,
    collect,
    recognised,
    sound_problems,
)

__all__ = [
    "HubName",
    "is_hub_name",
    "open_hub",
    "parse_hub_name",
    "read_hub_suite",
    "rows_as_items",
]

_PREFIX = "hf://"
_NAME = re.compile(
    r"hf://(?P<repo>[\w.-]+/[\w.-]+)(?:/(?P<config>[\w.-]+))?(?:@(?P<revision>[\w./-]+))?"
    r"(?::(?P<split>[\w.-]+))?"
)
_LOOK_AT = 100
_SPLIT = "test"

Rows = Iterable[Mapping[str, Any]]
Loader = Callable[["HubName"], Rows]


@dataclass(frozen=True, slots=True)
class HubName:
    """A data set of the hub: `OWNER/NAME`, its configuration, revision and split."""

    repo: str
    config: str | None = None
    revision: str | None = None
    split: str = _SPLIT


def is_hub_name(name: str) -> bool:
    """Whether a suite's name points to the hub."""
    return name.startswith(_PREFIX)


def parse_hub_name(name: str) -> HubName:
    """The parts of a name. Raises `UsageError` if it is not of the form above."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise UsageError(
            f"{name!r} names no data set of the hub",
            hint="Write hf://OWNER/NAME, with /CONFIG, @REVISION and :SPLIT where needed.",
        )
    return HubName(found["repo"], found["config"], found["revision"], found["split"] or _SPLIT)


def read_hub_suite(
    name: str,
    *,
    format: str | None = None,  # noqa: A002
    limit: int | None = None,
    check: ProblemCheck | None = None,
    load: Loader | None = None,
) -> LoadedSuite:
    """The problems of a data set of the hub; with `limit`, no more rows are fetched than needed.

    Raises `ProblemError` if it cannot be read or no format fits, `UsageError` for a name that is
    none.
    """
    used, items = open_hub(name, format=format, look_at=limit, load=load)
    return collect(
        sound_problems(used, items, name, check),
        name=parse_hub_name(name).repo.rpartition("/")[2],
        origin=name,
        limit=limit,
    )


def open_hub(
    name: str,
    *,
    format: str | None = None,  # noqa: A002
    look_at: int | None = None,
    load: Loader | None = None,
) -> tuple[ProblemFormat, Iterator[Record | SetAside]]:
    """The format of a data set, by name or by its first rows, and its rows as records.

    `load` gives the rows; by default `datasets` streams them over the network. At most
    `look_at` rows are read to know the format. Raises as `read_hub_suite` does.
    """
    items = rows_as_items((load or _stream)(parse_hub_name(name)), name)
    if format:
        return get_format(format), items
    first = list(islice(items, _LOOK_AT if look_at is None else min(look_at, _LOOK_AT)))
    used = recognised([(each, iter(first)) for each in all_formats()], name)
    return used, chain(first, items)


def rows_as_items(rows: Rows, origin: str) -> Iterator[Record | SetAside]:
    """Rows as the records of a file, numbered from 1; what ends them early is set aside."""
    number = 0
    try:
        for row in rows:
            number += 1
            yield Record(number, {key: _plain(value) for key, value in row.items()})
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        if number == 0:
            raise ProblemError(f"cannot read {origin}: {reason:.300}") from error
        yield SetAside(origin, number + 1, f"could not be read from here on ({reason:.300})")


def _plain(value: Any) -> Any:
    """Dates as text, since problems are JSON."""
    return value.isoformat() if isinstance(value, date | datetime) else value


def _stream(hub: HubName) -> Rows:
    try:
        import datasets
    except ImportError:
        raise ProblemError(
            "suites of the hub are read with `datasets`, which is not installed",
            hint="Install the extra: pip install 'vervet[hf]'.",
        ) from None
    try:
        rows: Rows = datasets.load_dataset(
            hub.repo, hub.config, split=hub.split, revision=hub.revision, streaming=True
        )
    except Exception as error:
        raise ProblemError(
            f"cannot read {hub.repo} from the hub: {type(error).__name__}: {error!s:.300}",
            hint="Is there a network, and is there a data set and split of that name?",
        ) from error
    return rows
