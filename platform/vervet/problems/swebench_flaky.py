"""Instances of SWE-bench Lite that the paper lists as flaky: their ids, shipped with their source.

Brown et al., "Large Language Monkeys", 2024, arXiv 2407.21787, appendix B.2, table 3. There and
here their verdicts are settled by a majority of 11 attempts.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

__all__ = ["FLAKY_ATTEMPTS", "flaky_instances", "known_flaky"]

FLAKY_ATTEMPTS = 11
"""Attempts whose majority settles an instance that is known as flaky (the paper's number)."""

_FILE = Path(__file__).parent / "bundled" / "swebench" / "flaky_34.json"


@cache
def flaky_instances(*, on_some_machines: bool = False) -> frozenset[str]:
    """The ids of table 3; with `on_some_machines` also those that only some hosts see flake."""
    listed = json.loads(_FILE.read_text(encoding="utf-8"))
    extra = listed["on_some_machines"] if on_some_machines else []
    return frozenset([*listed["instance_ids"], *extra])


def known_flaky(instance_id: str) -> bool:
    """Whether the paper's table 3 lists the instance."""
    return instance_id in flaky_instances()
