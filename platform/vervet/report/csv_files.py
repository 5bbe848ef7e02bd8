"""Owns how the lines of somebody's CSV file are read, and what is said of one that cannot be."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vervet.core.errors import UsageError

__all__ = ["reading_csv"]


@contextmanager
def reading_csv(path: Path, hint: str) -> Iterator[csv.DictReader[str]]:
    """The lines of a file under its header. Raises `UsageError` where it cannot be read.

    `hint` says what such a file needs.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield csv.DictReader(file, skipinitialspace=True)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}", hint="Name a CSV file."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is no CSV file in UTF-8: {error}", hint=hint) from error
