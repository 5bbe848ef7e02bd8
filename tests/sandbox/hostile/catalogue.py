"""Every case, and what the project promised to withstand, word for word."""

from __future__ import annotations

from tests.sandbox.hostile import files, harness, kernel, network, processes, resources
from tests.sandbox.hostile.honest import HONEST

__all__ = ["CASES", "HONEST", "PROMISED"]

CASES = (
    *resources.CASES,
    *processes.CASES,
    *files.CASES,
    *network.CASES,
    *kernel.CASES,
    *harness.CASES,
)

PROMISED = (
    "fork bombs", "thread bombs", "memory bombs", "infinite loops", "infinite output",
    "infinite binary output", "stderr flood", "ignoring every signal",
    "setsid double-fork daemon", "kill(-1)", "kill(0)", "kill of parent", "ptrace",
    "/proc of others", "environ", "inherited descriptors", "open descriptors exhausted",
    "writes to every visible path", "filling the tmp", "symlink tricks", "hardlink tricks",
    "mount tricks", "sockets of each family", "DNS", "the docker socket", "reading the job",
    "the expected output", "the harness's memory", "the harness's source", "forging the report",
    "forging the harness's closing word", "patching builtins", "patching sys.modules",
    "patching sys.stdout", "patching os", "patching atexit", "patching gc callbacks",
    "patching threading", "patching signal handlers", "patching faulthandler", "prctl",
    "io_uring", "memfd_create", "userfaultfd", "bpf", "keyctl", "personality", "clone3",
    "unshare", "setns", "process_vm_readv", "SysV shared memory", "SysV semaphores",
    "SysV queues", "POSIX queues", "POSIX shared memory", "POSIX semaphores", "deep recursion",
    "huge integers", "huge strings", "regular-expression bombs", "segfault", "abort",
    "illegal instruction", "SIGSTOP itself", "sleeping past the deadline", "clock changes",
    "giant source", "NULs", "surrogate escapes", "compile bombs", "import of site packages",
)  # fmt: skip
