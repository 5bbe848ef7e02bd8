"""Every error that Vervet raises on purpose, in one tree.

VervetError
├── UsageError                a name, number or combination that the user gave cannot be used
│   └── UnknownNameError      no such suite, model, task, run or format (the nearest are offered)
├── ConfigError               a config file or environment variable holds what cannot be read
├── ProblemError              a problem, or the line that holds it, is broken
├── CandidateError            a recorded candidate, or the line that holds it, is broken
├── GenerationError           the generator could not produce completions
│   ├── ModelError            a folder of weights is missing, corrupt or not for this engine
│   ├── PromptError           a prompt is too long or holds text that the model cannot read
│   └── ServerError           a model server is down, refused the request or answered nonsense
├── SandboxError              the sandbox could not do its work (never a verdict)
│   ├── NoIsolationError      this host offers no isolation that is sound enough
│   └── JobError              a job that cannot be run as written (limits, size, language)
├── StoreError                the database cannot be used
│   ├── SchemaVersionError    the database is of another version of Vervet
│   ├── ReadOnlyError         the database or its folder cannot be written
│   ├── DiskFullError         no space is left where the database lives
│   └── LeaseLostError        a batch is no longer this worker's
├── DispatchError             the broker or a worker could not be reached or started
└── AnalysisError             counts from which the asked number cannot be computed

A candidate's failure is a value (`Status`), never an exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "AnalysisError",
    "CandidateError",
    "ConfigError",
    "DiskFullError",
    "DispatchError",
    "GenerationError",
    "JobError",
    "LeaseLostError",
    "ModelError",
    "NoIsolationError",
    "ProblemError",
    "PromptError",
    "ReadOnlyError",
    "SandboxError",
    "SchemaVersionError",
    "ServerError",
    "StoreError",
    "UnknownNameError",
    "UsageError",
    "VervetError",
]


class VervetError(Exception):
    """The root. Its message says what was wrong and where; `hint` says what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message


class UsageError(VervetError):
    """Raised when a name, number or combination that the user gave cannot be used."""


class UnknownNameError(UsageError):
    """Raised when nothing has the name that was asked for; offers the nearest that exist."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(set(known))
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
        if near:
            hint = f"Did you mean {' or '.join(near)}?"
        elif names:
            hint = f"There is: {', '.join(names[:12])}."
        else:
            hint = f"There is no {what} yet."
        super().__init__(f"unknown {what} {name!r}", hint=hint)


class ConfigError(VervetError):
    """Raised when a config file, an override or an environment variable cannot be read."""


class ProblemError(VervetError):
    """Raised when a problem is broken: no tests, unknown keys, a bad line."""


class CandidateError(VervetError):
    """Raised when a recorded candidate is broken or belongs to no problem."""


class GenerationError(VervetError):
    """Raised when a generator cannot produce the completions it was asked for."""


class ModelError(GenerationError):
    """Raised when a folder of weights is missing, corrupt or not for this engine."""


class PromptError(GenerationError):
    """Raised when a prompt exceeds the context or holds text that the model cannot read."""


class ServerError(GenerationError):
    """Raised when a model server is down, refuses a request or answers nonsense."""


class SandboxError(VervetError):
    """Raised when the sandbox itself failed; never a statement about a candidate."""


class NoIsolationError(SandboxError):
    """Raised when this host offers no isolation that is sound enough."""


class JobError(SandboxError):
    """Raised when a job cannot be run as it is written, before anything is started."""


class StoreError(VervetError):
    """Raised when the database cannot be used."""


class SchemaVersionError(StoreError):
    """Raised when the database was made by another version of Vervet."""


class ReadOnlyError(StoreError):
    """Raised when the database or its folder cannot be written."""


class DiskFullError(StoreError):
    """Raised when no space is left where the database lives."""


class LeaseLostError(StoreError):
    """Raised when a worker writes to a batch whose lease has gone to another."""


class DispatchError(VervetError):
    """Raised when the broker or a worker cannot be reached or started."""


class AnalysisError(VervetError):
    """Raised when the asked number cannot be computed from the given counts."""
