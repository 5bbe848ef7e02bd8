"""Patches as text: real ones against git's own reading, odd ones, and anything at all."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vervet.verification.patches.text import (
    MAX_BYTES,
    FileKind,
    Note,
    Patch,
    Unusable,
    read_patch,
)

ENV = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
SIMPLE = "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"


def git(folder: Path, *args: str, stdin: str = "", check: bool = True) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *args],
        input=stdin.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
        env=ENV,
    )
    if check:
        assert done.returncode == 0, done.stderr
    return done.stdout.decode() if done.returncode == 0 else ""


def read(text: str) -> Patch:
    patch = read_patch(text)
    assert isinstance(patch, Patch), patch
    return patch


def code(text: str) -> tuple[str, int]:
    found = read_patch(text)
    assert isinstance(found, Unusable), found
    return found.code, found.line


def by_git(folder: Path, text: str) -> set[tuple[int, int, str]]:
    """Added lines, removed lines and path of each file, as `git apply` reads a patch."""
    fields = git(folder, "apply", "--numstat", "-z", stdin=text, check=False).split("\0")
    found = set()
    for field in fields:
        if field:
            added, removed, path = field.split("\t", 2)
            found.add((int(added.strip("-") or 0), int(removed.strip("-") or 0), path))
    return found


def test_the_real_patches_are_read_as_git_reads_them(shared_data: Path, tmp_path: Path) -> None:
    with gzip.open(shared_data / "swebench_lite" / "instances.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    both = [text for row in rows for text in (row["patch"], row["test_patch"])]
    together = "".join(both)
    files = [each for text in both for each in read(text).files]
    assert {(f.added, f.removed, f.path) for f in files} == by_git(tmp_path, together)
    assert sum(f.kind is FileKind.ADDED for f in files) == 17  # "new file mode" stands 17 times
    assert read(together).notes == frozenset()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with a commit of files with odd names, and changes of every kind."""
    folder = tmp_path / "tree"
    folder.mkdir()
    git(folder, "init", "-q")
    files = {
        "plain.py": "a\nb\nc\n",
        "with space.py": "a\n",
        "naïve.py": "a\n",
        'a "quote" and\\.py': "a\n",
        "gone.py": "a\n",
        "moved from.py": "".join(f"line {n}\n" for n in range(30)),
        "no_end.py": "a\nb",
        "script": "run\n",
        "windows.txt": "a\r\nb\r\n",
        "deep/er/x.py": "a\n",
        "image.bin": "\0\1\2",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode())
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    for name in files:
        if name not in ("gone.py", "moved from.py", "script"):
            with (folder / name).open("ab") as file:
                file.write(b"--- more\n+++ b/odd\n")
    (folder / "gone.py").unlink()
    (folder / "moved from.py").rename(folder / "moved to.py")
    (folder / "script").chmod(0o755)
    (folder / "empty new.py").touch()
    (folder / "new.py").write_text("x\n")
    git(folder, "add", "-A")
    return folder


def test_changes_of_every_kind_are_read_as_git_says(tree: Path) -> None:
    text = git(tree, "diff", "--cached", "--binary", "-M")
    patch = read(text)
    status = git(tree, "diff", "--cached", "-M", "--name-status", "-z").split("\0")
    letters = {"M": "modified", "A": "added", "D": "deleted", "R": "renamed"}
    expected = {}
    while status[0]:
        letter = status.pop(0)[0]
        path = status.pop(0)
        expected[status.pop(0) if letter == "R" else path] = letters[letter]
    assert {each.path: each.kind.value for each in patch.files} == expected
    by_path = {each.path: each for each in patch.files}
    text_files = {(f.added, f.removed, f.path) for f in patch.files if not f.binary}
    assert text_files <= {
        (int(a), int(r), p)
        for a, r, p in (
            line.split("\t")
            for line in git(tree, "diff", "--cached", "--no-renames", "--numstat", "-z").split("\0")
            if line and not line.startswith("-")
        )
    } | {(0, 0, "moved to.py")}
    assert by_path["image.bin"].binary
    assert patch.notes == {Note.BINARY, Note.CRLF}
    assert by_path["moved to.py"].old_path == "moved from.py"
    assert (by_path["script"].old_mode, by_path["script"].mode) == ("100644", "100755")
    assert by_path["script"].mode_changed
    assert by_path["no_end.py"].hunks[0].lines[2] == "\\ No newline at end of file"
    assert by_path["new.py"].mode == "100644"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ("empty_patch", 0)),
        (" \n\n", ("empty_patch", 0)),
        ("I could not do it.\n", ("not_a_patch", 0)),
        ("@@ -1 +1 @@\n-a\n+b\n", ("not_a_patch", 0)),
        ("diff --git a/x\n", ("not_a_patch", 2)),
        (SIMPLE + "\ud800", ("not_text", 0)),
        ("--- a/x\n+++ b/../x\n@@ -1 +1 @@\n-a\n+b\n", ("path_escapes", 1)),
        (SIMPLE + "--- a/ok/../../y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n", ("path_escapes", 7)),
        ("--- /etc/passwd\n+++ /etc/passwd\n@@ -1 +1 @@\n-a\n+b\n", ("path_escapes", 1)),
        ('--- "a/\\056\\056/x"\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ("path_escapes", 1)),
        ("diff --git a/x b/x\nrename from x\nrename to ../x\n", ("path_escapes", 3)),
        ("--- a/x\n+++ b/.git/hooks/pre-commit\n@@ -0,0 +1 @@\n+b\n", ("git_internals", 1)),
        ("--- a/x\n+++ b/.GIT/config\n@@ -0,0 +1 @@\n+b\n", ("git_internals", 1)),
        ('--- "a/\\001"\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ("bad_path", 1)),
        ('--- "a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', ("bad_path", 1)),
        (f"--- a/{'x' * 5000}\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n", ("bad_path", 1)),
        ("diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n", ("symlink", 2)),
        ("diff --git a/l b/l\nindex 12ab..34cd 120000\n--- a/l\n+++ b/l\n", ("symlink", 2)),
        ("diff --git a/s b/s\nnew file mode 160000\n", ("submodule", 2)),
        ("diff --git a/s b/s\nold mode 100644\nnew mode 104755\n", ("bad_mode", 3)),
        (f"{SIMPLE}*** a/y\n--- b/y\n***************\n*** 1 ****\n", ("other_format", 9)),
        (f"{SIMPLE}Index: conftest.py\n1a2\n> evil\n", ("other_format", 8)),
        (f"{SIMPLE}  --- a/conftest.py\n  +++ b/conftest.py\n", ("other_format", 7)),
    ],
)
def test_what_may_not_be_tried_has_a_code_and_a_line(text: str, expected: tuple[str, int]) -> None:
    assert code(text) == expected


def test_ten_megabytes_are_the_most() -> None:
    line = "+" + "x" * (1 << 16) + "\n"
    lines = MAX_BYTES // len(line) - 1
    fits = f"--- /dev/null\n+++ b/x\n@@ -0,0 +1,{lines} @@\n" + line * lines
    assert read(fits).files[0].added == lines
    assert code(fits + line * 2) == ("too_large", 0)
    assert code(SIMPLE + "\n" * 600_000) == ("too_large", 0)
    assert code("diff --git a/x b/x\n" * 20_000) == ("too_large", 10_002)


@pytest.mark.parametrize(
    "piece",
    ["--- a/x\n", "+++ b/x y\n", "Index: x\n", "@@ -1 +1 @@\n", "--- a/x\n+++ b/x\n", "diff --git ",
     "--- \"", "diff --git a b\n", "GIT binary patch\nliteral 1\n", "\\", "a/", "-", " ", "X"],
)  # fmt: skip
@pytest.mark.parametrize("start", ["", SIMPLE, "diff --git a/x b/x\n", '--- "'])
def test_hostile_text_takes_no_time(start: str, piece: str) -> None:
    begun = time.process_time()
    read_patch(start + piece * min(50_000, 500_000 // len(piece)))
    assert time.process_time() - begun < 8


def test_a_line_within_a_hunk_is_no_header() -> None:
    text = "--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n--- a/y\n+++ b/y\n+@@ -1 +1 @@\n"
    (file,) = read(text).files
    assert (file.path, file.added, file.removed) == ("x", 2, 1)


def test_every_name_that_a_header_spells_is_told() -> None:
    text = "diff --git a/x b/x\n--- a/harmless.py\n+++ b/conftest.py\n@@ -1 +1 @@\n-a\n+b\n"
    assert read(text).paths == {"x", "harmless.py", "conftest.py"}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (SIMPLE.replace("\n", "\r\n"), Note.CRLF),
        (SIMPLE.removesuffix("\n"), Note.NO_FINAL_NEWLINE),
        (SIMPLE + "diff --git a/i b/i\nBinary files a/i and b/i differ\n", Note.BINARY),
        (SIMPLE + "diff --git a/i b/i\nBinary files a/i and b/i differ\n",
         Note.BINARY_WITHOUT_CONTENT),
        (SIMPLE.replace("-1,2", "-1,9"), Note.MISCOUNTED),
        (SIMPLE.replace("+1,2", "+1,1"), Note.MISCOUNTED),
        (SIMPLE + "+one more\n", Note.MISCOUNTED),
        (SIMPLE.replace("+2", "+\0"), Note.NUL),
    ],
)  # fmt: skip
def test_what_is_odd_is_noted_and_the_text_kept(text: str, note: Note) -> None:
    patch = read(text)
    assert note in patch.notes
    assert patch.text == text
    assert patch.files[0].path == "x.py"


def test_a_signature_of_git_is_nothing_odd() -> None:
    assert read(f"From: x\nSubject: y\n---\n x.py | 2 +-\n\n{SIMPLE}-- \n2.39.2\n").notes == set()


WORDS = [
    "--- a/x", "+++ b/x", "--- a/y z", "+++ b/y z", "--- /dev/null", "+++ /dev/null",
    "+++ b/conftest.py", "diff --git a/x b/x", "diff --git a/y z b/y z",
    'diff --git "a/\\303\\251" "b/\\303\\251"', '+++ "b/\\303\\251"', "@@ -1 +1 @@",
    "@@ -0,0 +1 @@", "@@ -1,2 +1,2 @@ def f():", "@@ -1 +0,0 @@", "+a", "-a", " a", "",
    "\\ No newline at end of file", "new file mode 100644", "old mode 100644", "new mode 100755",
    "deleted file mode 100644", "rename from x", "rename to conftest.py", "copy from x",
    "copy to z", "similarity index 100%", "index 12ab..34cd 100644", "Index: conftest.py",
    "GIT binary patch", "literal 0", "HcmV?d00001", "Binary files a/x and b/x differ", "-- ",
    "*** a/x", "***************", "1a2", "> evil", "  --- a/x", "- --- a/x", "+++ b/../x",
    "++++ b/x", "---- a/x",
]  # fmt: skip
LINES = st.lists(st.sampled_from(WORDS), max_size=14).map(lambda lines: "\n".join([*lines, ""]))
HEADED = st.tuples(
    st.sampled_from(["--- a/x\n+++ b/x\n", "diff --git a/x b/x\n", "--- a/x\n+++ b/conftest.py\n"]),
    LINES,
).map("".join)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(text=LINES | HEADED)
@example("diff --git a/x b/x\nrename from x\nrename to conftest.py\n")
def test_no_file_that_git_would_touch_is_missed(tmp_path: Path, text: str) -> None:
    found = read_patch(text)
    if isinstance(found, Patch):
        named = {path for _, _, path in by_git(tmp_path, text)}
        assert named - {"dev/null"} <= found.paths


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files that any of the words above names."""
    for name in ("x", "y z", "conftest.py", "é"):
        (tmp_path / name).write_text("a\n", encoding="utf-8")
    return tmp_path


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None
)
@given(text=LINES | HEADED)
@example(f"{SIMPLE}\nIndex: conftest.py\n1a2\n> evil\n")
@example("  --- a/conftest.py\n  +++ b/conftest.py\n  @@ -1 +1,2 @@\n   a\n  +b\n")
def test_no_file_that_patch_would_touch_is_missed(folder: Path, text: str) -> None:
    command = ["patch", "--dry-run", "--batch", "--forward", "--fuzz=5", "-p1"]
    done = subprocess.run(
        command, cwd=folder, input=text.encode(), capture_output=True, check=False, env=ENV
    )
    touched = set()
    for line in done.stdout.decode().splitlines():
        words = line.split(" ", 2)
        if words[:2] == ["checking", "file"]:
            touched.add(words[2].partition(" (")[0].strip("'"))
    found = read_patch(text)
    if isinstance(found, Patch):
        assert touched <= found.paths


@settings(max_examples=200, deadline=None)
@given(
    text=st.one_of(st.text(max_size=200), LINES, LINES.map(lambda text: text.replace("a/", "/")))
)
def test_any_text_is_a_patch_or_has_a_reason(text: str) -> None:
    found = read_patch(text)
    if isinstance(found, Patch):
        assert found.text == text
        assert found.files
        for path in found.paths:
            assert not path.startswith("/")
            assert ".." not in path.split("/")
    else:
        assert found.code
        assert 0 <= found.line <= text.count("\n") + 2
