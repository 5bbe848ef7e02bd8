"""Owns the wire form of jobs and reports, as `sandboxes/*.schema.json` fix it.

Never trusts what comes from inside: lengths are capped, every field is checked.
"""

from __future__ import annotations

import json
import resource
import struct
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from vervet.core.errors import JobError
from vervet.core.limits import Limits, Usage
from vervet.sandbox.hello import Hello, Rule
from vervet.sandbox.job import CheckReport, Job, LimitHit
from vervet.sandbox.rlimits import rlimits
from vervet.sandbox.seccomp import candidate_filter

__all__ = [
    "HEAD_CAP",
    "JOB_CAP",
    "LENGTHS",
    "ProtocolError",
    "artifacts_of",
    "ask_artifacts",
    "ask_check",
    "ask_hello",
    "ask_late",
    "ask_stop",
    "check_report",
    "frame",
    "job_body",
    "job_head",
    "parse_head",
]

PROTOCOL = 2
HEAD_CAP = 1 << 20
JOB_CAP = 64 << 20
LENGTHS = struct.Struct(">II")
ANSWERS = {"ready", "check", "late", "spent", "artifacts"}
OUTPUT_SPARE = 64 << 10
"""What a stream in memory holds beyond the cap, which a limit on files must not cut."""
OWN_PROCESSES = 2
"""The first process of the namespace and the runner."""


class ProtocolError(Exception):
    """Raised when what comes from inside is not an answer that the protocol knows."""


def frame(head: dict[str, Any], body: bytes = b"") -> bytes:
    """One message: the lengths of head and body, the head as JSON, the body as it is."""
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def ask_hello(hello: Hello, *, root: str = "", processes: bool = False) -> bytes:
    """The first message to a guest: where it works, and which layers it is to put in force.

    `root` is the guest's own private folder, if it has one; with `processes` its candidates may
    start others.

    Raises `NoIsolationError` for a machine without a table of system calls.
    """
    program, slots = b"", list[int]()
    if hello.seccomp:
        found = candidate_filter(
            hello.machine, processes=processes, strict_files=hello.strict_files
        )
        program, slots = found.program, list(found.pid_slots)
    head = {
        "ask": "hello",
        "protocol": PROTOCOL,
        "root": root or hello.root,
        "contained": hello.contained,
        "landlock": hello.landlock,
        "execute": processes,
        "rules": [
            {"path": rule.path, "access": rule.access}
            for rule in (*hello.rules, Rule(root or hello.root, hello.own))
        ],
        "path": list(hello.path),
        "preload": list(hello.preload),
        "pid_slots": slots,
    }
    return frame(head, program)


def job_head(job: Job, *, count_processes: bool) -> dict[str, Any]:
    """The message of a job without its files' bytes. Raises `JobError`."""
    _check(job)
    limits = job.limits
    return {
        "ask": "job",
        "checks": len(job.checks),
        "stdin_file": any(b"/dev" in file.data for file in job.program.files),
        "files": [{"path": file.path, "size": len(file.data)} for file in job.program.files],
        "argv": list(job.program.argv),
        "env": [{"name": name, "value": value} for name, value in job.program.env],
        "artifacts": [
            {"name": spec.name, "path": spec.path, "max_size": spec.max_size}
            for spec in job.artifacts
        ],
        "cpu_s": float(limits.cpu_s),
        "wall_s": float(limits.wall_s),
        "compile_s": float(limits.compile_s),
        "output": int(limits.output),
        "rlimits": _rlimits(limits, count_processes=count_processes),
    }


def _rlimits(limits: Limits, *, count_processes: bool) -> list[list[int]]:
    """The net of the kernel's own limits below what the runner watches more finely."""
    bounds = replace(limits, file_size=max(limits.file_size, limits.output + OUTPUT_SPARE))
    cpu_s = limits.compile_s + limits.cpu_s + 2
    wanted = rlimits(bounds, cpu_s=cpu_s, processes=limits.processes + OWN_PROCESSES)
    return [
        list(rlimit) for rlimit in wanted if count_processes or rlimit[0] != resource.RLIMIT_NPROC
    ]


def job_body(job: Job) -> bytes:
    """The bytes of the program's files, one after the other."""
    return b"".join(file.data for file in job.program.files)


def ask_check(stdin: bytes) -> bytes:
    """The message that asks for one check on `stdin`."""
    return frame({"ask": "check"}, stdin)


def ask_late() -> bytes:
    """The word that a late process has been looked at and may be ended."""
    return frame({"ask": "late"})


def ask_stop() -> bytes:
    """The message that ends a check which has a peer, if it has not ended."""
    return frame({"ask": "stop"})


def ask_artifacts() -> bytes:
    """The message that asks for the artifacts of the last check."""
    return frame({"ask": "artifacts"})


def _check(job: Job) -> None:
    program = job.program
    paths = [file.path for file in program.files]
    if not program.argv or program.argv[0] not in paths:
        raise JobError(
            f"a job starts {program.argv[:1]}, which is none of its files",
            hint="argv[0] of the program names one of the program's files.",
        )
    for path in (*paths, *(spec.path for spec in job.artifacts)):
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path or "//" in path:
            raise JobError(
                f"a job names the file {path!r}",
                hint="Paths are relative to the working folder, without '..'.",
            )
    if len(set(paths)) < len(paths):
        raise JobError("a job names the same file twice")
    size = sum(len(file.data) for file in program.files)
    largest = max((len(check.stdin) for check in job.checks), default=0)
    if size + largest > JOB_CAP:
        raise JobError(
            f"a job of {size + largest} bytes is larger than the cap of {JOB_CAP}",
            hint="Files and the largest input of a job must fit together.",
        )
    for limits in (job.limits, job.peer_limits or job.limits):
        limits.check_usable()


def parse_head(text: bytes) -> dict[str, Any]:
    """The head of an answer. Raises `ProtocolError`."""
    try:
        head = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("an answer is not JSON") from error
    if not isinstance(head, dict) or str(head.get("answer")) not in ANSWERS:
        raise ProtocolError("an answer is of no known kind")
    return head


def check_report(
    name: str, head: dict[str, Any], body: bytes, *, run_delay_s: float = 0.0
) -> CheckReport:
    """The report in an answer of kind "check". Raises `ProtocolError`."""
    try:
        exit_code, signal, limit = head["exit_code"], head["signal"], head["limit"]
        out, err = int(head["stdout"]), int(head["stderr"])
        usage = Usage(
            wall_s=float(head["wall_s"]),
            cpu_user_s=float(head["cpu_user_s"]),
            cpu_system_s=float(head["cpu_system_s"]),
            peak_memory=int(head["peak_memory"]),
            output=out + err,
            run_delay_s=run_delay_s,
        )
        if (exit_code is None) == (signal is None) or out < 0 or out + err != len(body):
            raise ProtocolError("the numbers of an answer do not fit each other")
        return CheckReport(
            name=name,
            exit_code=None if exit_code is None else int(exit_code),
            signal=None if signal is None else int(signal),
            stdout=body[:out],
            stderr=body[out:],
            usage=usage,
            limit=None if limit is None else LimitHit(limit),
            known_by=str(head["known_by"]),
            truncated=bool(head["truncated"]),
            stage=str(head["stage"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"an answer lacks or garbles {error}") from error


def artifacts_of(job: Job, head: dict[str, Any], body: bytes) -> dict[str, bytes]:
    """The files in an answer of kind "artifacts". Raises `ProtocolError`."""
    allowed = {spec.name: spec.max_size for spec in job.artifacts}
    found: dict[str, bytes] = {}
    start = 0
    try:
        for item in head["artifacts"]:
            name, size = item["name"], int(item["size"])
            if not 0 <= size <= allowed[name]:
                raise ProtocolError(f"artifact {name} has {size} bytes")
            found[name] = body[start : start + size]
            start += size
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError("the list of artifacts is garbled") from error
    if start != len(body):
        raise ProtocolError("the artifacts have another size than announced")
    return found
