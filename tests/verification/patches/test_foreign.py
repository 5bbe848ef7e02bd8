"""What the install step may have changed: what is rejected, flagged, taken away, looked at."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vervet.sandbox.job import Change
from vervet.verification.patches.facts import Facts
from vervet.verification.patches.foreign import SWEPT, Cleared, clear

SITE = "/opt/miniconda3/envs/testbed/lib/python3.11/site-packages"
INFO = f"{SITE}/ledger-0.4.dist-info"
FACTS = Facts(
    tests={"tests/test_money.py": ""},
    installed={
        f"{SITE}/__editable__.ledger-0.4.pth": ("added", "pth"),
        f"{INFO}": ("added", ""),
        f"{INFO}/RECORD": ("added", "record"),
        f"{INFO}/entry_points.txt": ("added", "points"),
        f"{SITE}/ledger/money.py": ("added", "money"),
        f"{SITE}/pip/__pycache__/x.cpython-311.pyc": ("changed", ""),
        "/root/.gitconfig": ("added", "git"),
    },
    built={"ledger.egg-info/entry_points.txt": "points", "ledger/_version.py": "version"},
    packages=("ledger",),
)
FILE, FOLDER, LINK = stat.S_IFREG | 0o644, stat.S_IFDIR | 0o755, stat.S_IFLNK | 0o777


def cleared(path: str, kind: str = "added", digest: str = "other", mode: int = FILE) -> Cleared:
    return clear([Change(path, kind, digest, mode)], FACTS, ("ledger/money.py",))


def test_what_installing_gold_changes_alike_is_nothing() -> None:
    changes = [Change(path, kind, digest, FILE) for path, (kind, digest) in FACTS.installed.items()]

    assert clear(changes[:5] + changes[6:], FACTS, ()) == Cleared()


@pytest.mark.parametrize(
    "path",
    [
        f"{SITE}/_pytest/runner.py",
        f"{SITE}/sitecustomize.py",
        f"{SITE}/zz.pth",
        f"{SITE}/zz-1.0.dist-info/entry_points.txt",
        f"{SITE}/__editable__.ledger-0.4.pth",
        f"{SITE}/other/ledger/money.py",
        "/opt/miniconda3/envs/testbed/bin/pytest",
        "/opt/miniconda3/bin/activate",
        "/usr/bin/git",
        "/root/.bashrc",
        "/root/.gitconfig",
        "/etc/ld.so.preload",
        "/etc/profile.d/x.sh",
        "/lib64",
        "/dev/stdout",
        "/tests",
        "/testbed2/x.py",
    ],
)
@pytest.mark.parametrize("mode", [FILE, LINK])
def test_what_gold_does_not_change_so_is_rejected(path: str, mode: int) -> None:
    assert cleared(path, mode=mode).rejected != []


def test_what_gold_makes_and_is_deleted_is_rejected() -> None:
    assert cleared("/root/.gitconfig", kind="deleted").rejected != []


def test_more_than_can_be_read_is_rejected() -> None:
    assert cleared("/", kind="changed").rejected != []


def test_a_digest_that_nobody_read_is_no_equal() -> None:
    facts = Facts(installed={"/usr/lib/x.so": ("added", "")})

    assert clear([Change("/usr/lib/x.so", "added", "unread", FILE)], facts, ()).rejected != []


@pytest.mark.parametrize("folder", SWEPT)
def test_what_lies_where_anything_may_is_taken_away(folder: str) -> None:
    assert cleared(f"{folder}left.py") == Cleared(removed=[f"{folder}left.py"])


def test_what_lies_in_memory_can_only_be_pointed_out() -> None:
    found = cleared("/dev/shm/left")

    assert (found.removed, found.rejected, len(found.flagged)) == ([], [], 1)


@pytest.mark.parametrize(
    "path",
    [
        "/testbed/ledger/__pycache__/money.cpython-311.pyc",
        "/testbed/ledger/money.pyc",
        f"{SITE}/_pytest/__pycache__/runner.cpython-311.pyc",
    ],
)
def test_new_bytecode_is_taken_away(path: str) -> None:
    assert cleared(path) == Cleared(removed=[path])


def test_changed_bytecode_is_taken_away_where_gold_changes_it_too_and_rejected_elsewhere() -> None:
    known = f"{SITE}/pip/__pycache__/x.cpython-311.pyc"
    other = f"{SITE}/_pytest/__pycache__/runner.cpython-311.pyc"

    assert cleared(known, kind="changed") == Cleared(removed=[known])
    assert cleared(other, kind="changed").rejected == [f"changed {other}"]


@pytest.mark.parametrize(
    "path",
    [
        "/testbed/ledger/extra.py",
        "/testbed/x.pth",
        f"{SITE}/ledger/money.py",
        f"{SITE}/ledger/n.py",
    ],
)
def test_code_that_no_patch_names_is_looked_at(path: str) -> None:
    assert cleared(path) == Cleared(unseen=[path])


def test_code_that_gold_makes_alike_is_not_looked_at_again() -> None:
    path = "/testbed/ledger/_version.py"

    assert cleared(path, digest="version") == Cleared()
    assert cleared(path, digest="other") == Cleared(unseen=[path])


@pytest.mark.parametrize(
    "path", [f"{INFO}/entry_points.txt", "/testbed/ledger.egg-info/entry_points.txt"]
)
def test_other_entry_points_than_golds_are_flagged(path: str) -> None:
    assert len(cleared(path).flagged) == 1
    assert cleared(path, digest="points") == Cleared()


def test_metadata_that_nobody_runs_may_differ() -> None:
    assert cleared(f"{INFO}/RECORD") == Cleared()


def test_files_of_the_patch_and_of_the_instance_are_known() -> None:
    for path in ("ledger/money.py", "tests/test_money.py", "ledger/data.txt"):
        assert cleared(f"/testbed/{path}", kind="changed") == Cleared()


@given(
    st.lists(
        st.builds(
            Change,
            path=st.text(st.characters(exclude_characters="\0"), min_size=1).map(
                lambda text: f"/{text}"
            ),
            kind=st.sampled_from(["added", "changed", "deleted"]),
            digest=st.text(max_size=3),
            mode=st.sampled_from([FILE, FOLDER, LINK, 0]),
        )
    )
)
def test_nothing_that_is_changed_outside_goes_unsaid(changes: list[Change]) -> None:
    found = clear(changes, Facts(), ())
    silent = [
        change
        for change in changes
        if not change.path.startswith(("/testbed/", "/dev/shm/", "/dev/mqueue/", *SWEPT))
        and f"{change.path.rstrip('/')}/" not in SWEPT
        and change.path not in ("/testbed", "/eval.sh", "/vervet")
        and change.path not in found.removed
    ]

    assert len(found.rejected) == len(silent)
