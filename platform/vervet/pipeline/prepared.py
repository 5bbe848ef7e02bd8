"""Owns what references showed of a suite's problems, kept in the state folder by digest.

What is lost or cannot be read is found again by running the references: nothing depends on it.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_json
from vervet.core.values import Suite
from vervet.pipeline.identity import verifier_content
from vervet.sandbox.protocol import Sandbox
from vervet.verification.preparing import Preparing, prepare_suite
from vervet.verification.protocol import Verifier

__all__ = ["keep", "prepared_suite"]


def prepared_suite(
    suite: Suite, verifiers: Mapping[str, Verifier], sandbox: Sandbox, folder: Path
) -> Suite:
    """The suite as `prepare_suite` makes it; its references run only if `folder` lacks them.

    Raises `SandboxError`.
    """
    if not any(isinstance(verifier, Preparing) for verifier in verifiers.values()):
        return suite
    path = folder / f"{_key(suite, verifiers, sandbox)}.json"
    specs = _read(path)
    if specs.keys() != {problem.id for problem in suite.problems}:
        prepared = prepare_suite(suite, verifiers, sandbox)
        keep(path, {problem.id: dict(problem.spec) for problem in prepared.problems})
        return prepared
    problems = tuple(replace(problem, spec=specs[problem.id]) for problem in suite.problems)
    return replace(suite, problems=problems)


def _key(suite: Suite, verifiers: Mapping[str, Verifier], sandbox: Sandbox) -> str:
    """What the facts depend on: problems, references, verifiers, environment."""
    return digest_json(
        {
            "problems": [[problem.digest, problem.references] for problem in suite.problems],
            "verifiers": verifier_content(verifiers),
            "environment": sandbox.environment(),
        }
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def keep(path: Path, found: Mapping[str, Any]) -> None:
    """Write JSON whole or not at all; a folder that cannot be written costs time the next time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(found, file)
        Path(name).replace(path)
