"""Nothing of a candidate reaches the next one, though one guest may serve them both."""

from __future__ import annotations

import pytest

from tests.sandbox.hostile.between import PAIRS, Pair
from tests.sandbox.hostile.case import attempt_at
from vervet.core.status import Status
from vervet.sandbox.jail import JailSandbox


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_candidate_finds_nothing_of_the_one_before(jail: JailSandbox, pair: Pair) -> None:
    leaves, looks = pair.cases
    for _ in range(2):
        attempt_at(jail, leaves)

    attempt = attempt_at(jail, looks)

    assert attempt.status is Status.PASSED, attempt
