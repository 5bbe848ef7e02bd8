"""Real data that is not this project's: read from ../shared, never copied in.

A test that needs it is skipped only where the folder is absent.
"""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from vervet.analysis.counts import IntArray

__all__ = ["Counts", "pythia", "shared_data"]

ROOT = Path(__file__).resolve().parents[1]
Counts = tuple[IntArray, IntArray]
"""n and c per problem."""


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data."""
    folder = Path(os.environ.get("VERVET_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("the real data of ../shared is absent; VERVET_SHARED can name its place")
    return folder


@pytest.fixture(scope="session")
def pythia(shared_data: Path) -> dict[str, Counts]:
    """128 MATH problems for each of seven models, by name: the counts behind figure 5."""
    rows = defaultdict(list)
    with (shared_data / "monkeys_math_pythia" / "counts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["model"]].append((int(row["n"]), int(row["c"])))
    arrays = {model: np.array(pairs, dtype=np.int64) for model, pairs in rows.items()}
    return {model: (array[:, 0], array[:, 1]) for model, array in arrays.items()}
