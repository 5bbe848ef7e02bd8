"""The list is whole: every promise has a case, and no two cases a name."""

from __future__ import annotations

from collections import Counter

from tests.sandbox.hostile.catalogue import CASES, HONEST, PROMISED


def test_every_promise_has_a_case() -> None:
    assert {case.item for case in CASES} == set(PROMISED)


def test_there_are_many_and_each_has_a_name_of_its_own() -> None:
    names = Counter(case.name for case in (*HONEST, *CASES))

    assert len(CASES) >= 150
    assert [name for name, count in names.items() if count > 1] == []
