"""The real counts behind the paper's figure 5."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from vervet.analysis.counts import IntArray

ROOT = Path(__file__).resolve().parents[2]
Counts = tuple[IntArray, IntArray]


@pytest.fixture(scope="session")
def pythia() -> dict[str, Counts]:
    """n and c of 128 MATH problems for each of seven models, by name."""
    shared = Path(os.environ.get("VERVET_SHARED", ROOT.parent / "shared"))
    if not shared.is_dir():
        pytest.skip("the shared data is not here; VERVET_SHARED can name its folder")
    rows = defaultdict(list)
    with (shared / "data/monkeys_math_pythia/counts.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            rows[row["model"]].append((int(row["n"]), int(row["c"])))
    arrays = {model: np.array(pairs, dtype=np.int64) for model, pairs in rows.items()}
    return {model: (array[:, 0], array[:, 1]) for model, array in arrays.items()}
