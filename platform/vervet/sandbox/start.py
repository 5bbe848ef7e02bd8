"""Owns how the jail's guests are started, inside bubblewrap or without it, and how they end.

Never speaks with a guest beyond letting it begin.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vervet.sandbox.bubblewrap import Bwrap, bwrap_argv
from vervet.sandbox.cgroups import Cgroup, make_cgroup
from vervet.sandbox.first import First
from vervet.sandbox.guest import Guest, GuestGoneError, boot_argv
from vervet.sandbox.interpreter import Interpreter, Tree, seeded
from vervet.sandbox.keeper import Plan
from vervet.sandbox.stage import Direct

__all__ = ["BareStarter", "BwrapStarter", "bare_root", "cgroup_problem", "remove_folder"]

START_S = 20.0
LAST_WORDS = 4096
GROUP_NUMBERS = itertools.count()


def _new_cgroup() -> Cgroup | str:
    return make_cgroup(f"vervet-{os.getpid()}-{next(GROUP_NUMBERS)}")


def cgroup_problem() -> str:
    """Why guests get no control group here; empty where they do. Tries it."""
    made = _new_cgroup()
    if isinstance(made, str):
        return made
    try:
        made.limit(memory=1 << 30, processes=1000)
    except OSError as error:
        return f"a control group takes no limits ({error.strerror})"
    finally:
        made.close()
    return ""


class BwrapStarter:
    """Starts each guest in bubblewrap's namespaces, in a control group where there is one."""

    def __init__(
        self,
        python: Interpreter,
        packages: Sequence[Tree],
        bwrap: Bwrap,
        stage: Direct,
        *,
        cgroups: bool,
        hash_seed: int = 0,
    ) -> None:
        self._python, self._packages, self._bwrap = python, packages, bwrap
        self._stage, self._cgroups, self._hash_seed = stage, cgroups, hash_seed

    def __call__(self, plan: Plan) -> Guest:
        """A guest whose processes exist and wait. Raises `GuestGoneError` or `OSError`."""
        cgroup = _new_cgroup() if self._cgroups else None
        if isinstance(cgroup, str):
            raise GuestGoneError(cgroup)
        try:
            return self._start(plan, cgroup)
        except BaseException:
            if cgroup:
                cgroup.close()
            raise

    def _start(self, plan: Plan, cgroup: Cgroup | None) -> Guest:
        environment = {}
        if self._bwrap.libraries:
            environment["LD_LIBRARY_PATH"] = self._stage.place(self._bwrap.libraries)
        ours, theirs = socket.socketpair()
        info, told = os.pipe()
        blocked, gate = os.pipe()
        try:
            argv = bwrap_argv(
                self._bwrap,
                self._python,
                self._stage.place,
                packages=self._packages,
                space=plan.space,
                info=told,
                block=blocked,
                hash_seed=self._hash_seed,
            )
            process = _popen(
                self._stage,
                [*argv, *boot_argv()],
                theirs,
                env=environment,
                pass_fds=(told, blocked),
            )
        except BaseException:
            ours.close()
            os.close(info)
            os.close(gate)
            raise
        finally:
            theirs.close()
            os.close(told)
            os.close(blocked)
        return Guest(ours, _Jailed(process, First(info), gate, cgroup, plan))


class BareStarter:
    """Starts each guest without namespaces, in a session and a folder below `root` of its own."""

    def __init__(
        self, python: Interpreter, stage: Direct, root: Path, *, hash_seed: int = 0
    ) -> None:
        self._stage, self._root = stage, root
        self._environment = dict([seeded(hash_seed)])
        self._executable = next(
            tree.source for tree in python.trees if tree.inside == python.executable
        )

    def __call__(self, _plan: Plan) -> Guest:
        """A guest whose process exists and waits. Raises `OSError`."""
        own = Path(tempfile.mkdtemp(dir=self._root))
        os.chown(own, self._stage.uid, -1)
        ours, theirs = socket.socketpair()
        argv = [str(self._executable), *boot_argv()]
        try:
            process = _popen(
                self._stage, argv, theirs, env=self._environment, start_new_session=True
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return Guest(ours, _Bare(process, own), root=str(own))


def bare_root(kind: str) -> Path:
    """A folder for the folders of guests without namespaces; removes those of the dead."""
    place, prefix = Path(tempfile.gettempdir()), f"vervet-{kind}-"
    for folder in place.glob(f"{prefix}*-*"):
        pid = folder.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            remove_folder(folder)
    root = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-"))
    root.chmod(0o711)
    return root


def remove_folder(folder: Path) -> None:
    """Remove what can be removed; a candidate may have nested more than can be walked."""
    with contextlib.suppress(RecursionError):
        shutil.rmtree(folder, ignore_errors=True)


def _popen(
    stage: Direct, argv: Sequence[str], link: socket.socket, **options: Any
) -> subprocess.Popen[bytes]:
    return stage.start(
        argv,
        stdin=link.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        **options,
    )


class _Bare:
    """A guest in a session of its own; its candidates die with it, and its folder goes."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path | None = None) -> None:
        self._process, self._folder = process, folder

    def admit(self) -> None:
        """See `Holder.admit`."""

    def last_words(self) -> str:
        """See `Holder.last_words`."""
        stream = self._process.stderr
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        if stream is None or stream.closed:
            return ""
        os.set_blocking(stream.fileno(), False)
        with contextlib.suppress(OSError):
            words = os.read(stream.fileno(), LAST_WORDS)
            return words.decode(errors="replace").strip().rpartition("\n")[2]
        return ""

    def memory_kills(self) -> int:
        """See `Holder.memory_kills`: there is no control group."""
        return 0

    def end(self) -> None:
        """See `Holder.end`."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._reap()

    def _reap(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        if self._folder:
            remove_folder(self._folder)


class _Jailed(_Bare):
    """A guest in namespaces; it begins once it is held and, where there is one, in its group."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        first: First,
        gate: int,
        cgroup: Cgroup | None,
        plan: Plan,
    ) -> None:
        super().__init__(process)
        self._first, self._gate, self._cgroup, self._plan = first, gate, cgroup, plan

    def admit(self) -> None:
        """See `Holder.admit`. Raises `GuestGoneError`."""
        if not self._first.hold(START_S):
            raise GuestGoneError(self.last_words())
        if self._cgroup:
            try:
                self._cgroup.limit(memory=self._plan.memory, processes=self._plan.processes)
                self._cgroup.add(self._first.pid)
            except OSError as error:
                raise GuestGoneError(f"its control group fails ({error.strerror})") from error
        with contextlib.suppress(BrokenPipeError):
            os.write(self._gate, b"\0")
        self._shut()

    def memory_kills(self) -> int:
        """See `Holder.memory_kills`."""
        return self._cgroup.events().oom_kills if self._cgroup else 0

    def end(self) -> None:
        """See `Holder.end`. Raises `SandboxError` if the kernel does not let them end."""
        try:
            self._first.end()
            self._reap()
            if self._cgroup:
                self._cgroup.close()
        finally:
            self._first.close()
            self._shut()

    def _shut(self) -> None:
        if self._gate >= 0:
            os.close(self._gate)
        self._gate = -1
