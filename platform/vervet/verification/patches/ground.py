"""Owns what a patch has done to a container's disk: what goes back, what somebody looks at.

Decides from the reports of steps alone and runs nothing. What the candidate can have reached is put
back by the host before the tests, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vervet.core.values import Problem
from vervet.sandbox.job import ArtifactSpec, CheckReport, File
from vervet.verification.patches.facts import Facts, unpack
from vervet.verification.patches.foreign import INERT_PLACES, SWEPT, Cleared
from vervet.verification.patches.lookout import Finding, look
from vervet.verification.patches.script import REPOSITORY
from vervet.verification.patches.text import Patch
from vervet.verification.patches.touched import (
    Changed,
    Restoring,
    Touch,
    TouchKind,
    is_configuration,
    plan_restoring,
    touched,
    trusted_of,
)

__all__ = ["LARGEST_SOURCE", "Ground", "laid", "origin_of"]

LARGEST_SOURCE = 2 << 20
SOURCES = (".py", ".pyx", ".pxi", ".pxd", ".pyw", ".c", ".h", ".cc", ".cpp", ".hpp")
"""What is looked at: Python as such, the others word by word."""
UNREADABLE = (".so", ".pth", ".pyd")
PASSING_BY = (".pyc", "/__pycache__")
"""What running Python leaves; it is taken away before the next step."""
CODE = (".py", ".pyw", ".pyc", ".pth", ".so", ".egg", ".whl", ".zip")
BUILT = frozenset({TouchKind.COMPILED, TouchKind.PLUGIN})
"""What installing makes in the repository itself, with gold as well."""
LAID_BY_HOST = ("/vervet/patch.diff", "/vervet/apply.sh", "/eval.sh", "/vervet")


@dataclass(slots=True)
class Ground:
    """The disk of one patch's container, as far as steps have told of it.

    `put_back` are paths that were restored, `sights` what the look at sources found, `unread` what
    nobody could look at.
    """

    problem: Problem
    patch: Patch | None
    facts: Facts
    reports: dict[str, CheckReport] = field(default_factory=dict, init=False)
    cleared: Cleared = field(default_factory=Cleared, init=False)
    put_back: list[str] = field(default_factory=list, init=False)
    sights: list[Finding] = field(default_factory=list, init=False)
    unread: list[str] = field(default_factory=list, init=False)

    def patched(self) -> tuple[str, ...]:
        """Paths that the patch names."""
        return tuple(file.path for file in self.patch.files) if self.patch else ()

    def sources(self) -> tuple[ArtifactSpec, ...]:
        """What the patch names, to be fetched."""
        paths = {path for file in self.patch.files for path in (file.path, file.old_path)} if (
            self.patch
        ) else set()  # fmt: skip
        return tuple(_fetched(path) for path in sorted(paths) if path)

    def look_at_own(self) -> None:
        """Look at what the patch names, as it is once everything is installed."""
        report = self.reports["install"]
        files, named = report.files, set(self.patched())
        self._look(files)
        self.unread += [
            each.path
            for each in self._changed_inside()
            if each.path in named
            and each.path.endswith(SOURCES)
            and not self._is_test(each.path)
            and each.path not in files
        ]

    def look_at_others(self, files: Mapping[str, bytes]) -> None:
        """Look at what nobody has named; a copy of a file has the earlier form of that file."""
        self._look(files)
        self.unread += [
            path
            for path in self.cleared.unseen
            if (path not in files or path.endswith(UNREADABLE))
            and not self._is_test(path.removeprefix(f"{REPOSITORY}/"))
        ]

    def _look(self, after: Mapping[str, bytes]) -> None:
        """Look at sources for what reaches into the tests."""
        before = self.reports["before"].files if "before" in self.reports else {}
        for path, data in after.items():
            if path.endswith(SOURCES) and not self._is_test(path.removeprefix(f"{REPOSITORY}/")):
                earlier = before.get(origin_of(path, before), b"").decode("utf-8", "replace")
                self.sights += look(path, earlier, data.decode("utf-8", "replace"))

    def _own(self) -> tuple[str, ...]:
        """Paths that the host lays or takes away itself."""
        return (*self.facts.tests, *self.facts.gone)

    def _is_test(self, path: str) -> bool:
        """Whether the instance's own takes its place, whatever it holds."""
        return path in self._own() or path in self._to_put_back()

    def restored(self) -> tuple[list[File], list[str]]:
        """What goes back to the instance's own state, and what is taken away before that."""
        files = {path: unpack(data) for path, data in self.facts.tests.items()}
        removed = [f"{REPOSITORY}/{path}" for path in self.facts.gone]
        removed += self.cleared.removed
        for path in self._to_put_back():
            if path in files or path in self.facts.gone:
                continue
            known = self._base(path)
            if known is None:
                removed.append(f"{REPOSITORY}/{path}")
            else:
                files[path] = known
            self.put_back.append(path)
        return [laid(path, data) for path, data in sorted(files.items())], removed

    def _to_put_back(self) -> list[str]:
        return [
            touch.path
            for touch in self.restoring.put_back
            if not (touch.kind in BUILT and touch.path in self.facts.built)
        ]

    def _base(self, path: str) -> bytes | None:
        """A file as it is at the base commit; None where it is not there, or was not read."""
        if path in self.facts.configuration:
            return unpack(self.facts.configuration[path])
        before = self.reports.get("before")
        return before.files.get(path) if before else None

    @property
    def restoring(self) -> Restoring:
        """What of the changed disk goes back, and what stays because gold touches it, too."""
        own = touched(self._changed_inside(), trusted_of(self.problem.spec))
        gold = [Touch(path, TouchKind(kind), "") for path, kind in self.facts.gold_touches.items()]
        return plan_restoring(own, gold)

    def lost(self) -> list[str]:
        """Changed files that should go back, of which nobody has read what they were."""
        added = {change.path for change in self._changed_inside() if change.added}
        return [
            path
            for path in self._to_put_back()
            if path not in added and path not in self.facts.tests and self._base(path) is None
        ]

    def _changed_inside(self) -> list[Changed]:
        """Files in the repository that are not as in the image, relative to it."""
        report = self.reports.get("install")
        inside = f"{REPOSITORY}/"
        return [
            Changed(change.path.removeprefix(inside), change.kind == "added")
            for change in (report.changes if report else ())
            if change.path.startswith(inside)
            and not change.path.startswith(f"{inside}.git/")
            and (change.mode & 0o170000) != 0o040000
        ]

    def left_by(self, report: CheckReport, doubles: Iterable[str]) -> list[str]:
        """What came to be while tests ran, does not with gold, and may decide about later ones.

        `doubles` are paths of what the host has laid beside the tests.
        """
        laid = {f"{REPOSITORY}/{path}" for path in (*self._own(), *self.put_back, *doubles)}
        return sorted(
            path
            for path in self._new_since_install(report)
            if path not in laid
            and path not in self.facts.written
            and not path.endswith(PASSING_BY)
            and not path.startswith((*SWEPT, *INERT_PLACES))
            and (
                not path.startswith(f"{REPOSITORY}/")
                or path.endswith(CODE)
                or is_configuration(path)
            )
        )

    def _new_since_install(self, report: CheckReport) -> set[str]:
        """Paths that are not as the install step left them."""
        earlier = set(self.reports["install"].changes)
        now = set(report.changes)
        paths = {change.path for change in earlier ^ now}
        return paths - {*LAID_BY_HOST, *self.cleared.removed}

    def bytecode(self, step: str) -> tuple[str, ...]:
        """Bytecode that a step has left: the next is to be of the sources alone."""
        return tuple(
            sorted(
                path
                for path in self._new_since_install(self.reports[step])
                if path.endswith(PASSING_BY[0])
            )
        )


def origin_of(path: str, known: Iterable[str]) -> str:
    """The file of the repository that a path is, or is an installed copy of; empty if none is."""
    if path in known:
        return path
    inner = path.partition("-packages/")[2] or path.removeprefix(f"{REPOSITORY}/")
    inner = inner.removeprefix("build/lib/")
    folders = ("", "src/", "lib/")
    return next((f"{each}{inner}" for each in folders if f"{each}{inner}" in known), "")


def laid(path: str, data: bytes) -> File:
    """A file of the repository for the host to lay in."""
    return File(f"{REPOSITORY}/{path}", data)


def _fetched(path: str) -> ArtifactSpec:
    return ArtifactSpec(path, f"{REPOSITORY}/{path}", LARGEST_SOURCE)
