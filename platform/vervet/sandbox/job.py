"""The values that cross the fence: a Job going in, a Report coming out.

Their wire form is fixed by `sandboxes/job.schema.json` and `sandboxes/report.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from vervet.core.limits import Limits, Usage

__all__ = [
    "ArtifactSpec",
    "Change",
    "Check",
    "CheckReport",
    "File",
    "Job",
    "LimitHit",
    "OnCheck",
    "Program",
    "Report",
]


@dataclass(frozen=True, slots=True)
class File:
    """One regular file laid into the program's working folder; `path` is relative.

    `mode` holds where the program's profile is an image; elsewhere files can be read only.
    """

    path: str
    data: bytes
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Program:
    """What runs inside one isolation.

    `profile` names a jail profile or image ("python"). `argv` starts with a file of `files`
    for profiles that interpret one, and is then run by the profile's interpreter.
    """

    profile: str
    files: tuple[File, ...]
    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    processes_allowed: bool = False


@dataclass(frozen=True, slots=True)
class ArtifactSpec:
    """A regular file to copy out after the last check, at most `max_size` bytes.

    What is not there, not a regular file or larger is left out. Of a container (a program whose
    profile is an image) it may be a folder: each file in it comes as `name/path`, and `max_size`
    bounds their sum.
    """

    name: str
    path: str
    max_size: int


@dataclass(frozen=True, slots=True)
class Check:
    """One execution of the job's program on one input; what to expect stays with the host.

    Of a program whose profile is an image ("image:NAME") the checks are steps in one container,
    in their order: what one leaves on the disk the next one finds, but no process. There a check
    has an `argv`, `user`, `folder` and times and output of its own limits (the others are the
    job's). Before it starts the host takes `removed` away and lays `files` in, with absolute
    paths and never through a link: one in the way is replaced by a folder. With `watched` the
    report says what the container's disk has come to differ in from its image; `fetch` is read
    after the check. Without an `argv` no program is started.
    """

    name: str
    stdin: bytes = b""
    argv: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    removed: tuple[str, ...] = ()
    folder: str = "/"
    user: str = "root"
    limits: Limits | None = None
    watched: bool = False
    fetch: tuple[ArtifactSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A program, its limits, and the checks to run it on, in order.

    `peer` is a second program in an isolation of its own, started anew for every check; the two
    share only a pair of pipes, whose ends each finds as descriptors 3 (read) and 4 (write). The
    check's input goes to `program` alone, and the check is over when `program` has ended: a peer
    that has not ended shortly after is ended. `peer_limits` are the peer's where they differ.

    Of a program whose profile is an image, `more` says which step follows after the last of
    `checks`, from all reports so far, again and again; None: no other.
    """

    program: Program
    checks: tuple[Check, ...]
    limits: Limits = Limits()
    peer: Program | None = None
    peer_limits: Limits | None = None
    artifacts: tuple[ArtifactSpec, ...] = ()
    more: Callable[[Sequence[CheckReport]], Check | None] | None = None


class LimitHit(StrEnum):
    """The limit that ended a check."""

    CPU = "cpu"
    WALL = "wall"
    MEMORY = "memory"
    OUTPUT = "output"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class Change:
    """A path of a container's disk that is not as in its image.

    `kind` is "added", "changed" or "deleted"; a folder is named where it was added or deleted, not
    for what lies in it. `mode` is its `st_mode`, type included. `digest` is the SHA-256 of a
    file's bytes or of a link's target, in hexadecimal digits. Where there was too much to be read
    it is "unread", which is equal to nothing, not even to itself: the container's own bounds have
    then been passed, and the change with the path "/" says so of the whole.
    """

    path: str
    kind: str
    digest: str = ""
    mode: int = 0


@dataclass(frozen=True, slots=True)
class CheckReport:
    """How one check ended, as seen from outside the candidate.

    Exactly one of `exit_code` and `signal` is set; a container's process that ended by a signal
    of its own making has the exit code 128 + signal. `known_by` says how the limit is known
    ("rusage", "deadline", "exception", "memfd", "pipe", "cgroup", "engine"), or is "stop" for a
    peer that was ended because the program had. `stage` is "compile" when the program did not
    even load (a syntax error), else "run". `peer` is how the job's second program ended.
    """

    name: str
    exit_code: int | None
    signal: int | None
    stdout: bytes
    stderr: bytes
    usage: Usage
    limit: LimitHit | None = None
    known_by: str = ""
    truncated: bool = False
    stage: str = "run"
    peer: CheckReport | None = None
    changes: tuple[Change, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a job.

    `infra` is empty, or says what failed in the sandbox itself; the checks reported before
    are then no evidence about the candidate. `layers` is the isolation that was in force.
    `starved` goes with `infra`: the host gave a check no processor for most of its wall limit.
    """

    checks: tuple[CheckReport, ...]
    usage: Usage
    layers: tuple[str, ...]
    infra: str = ""
    artifacts: dict[str, bytes] = field(default_factory=dict)
    starved: bool = False


OnCheck = Callable[[CheckReport], bool]
"""Called with each check's report as it comes; False stops the job."""
