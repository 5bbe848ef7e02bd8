"""What a run is identified by: the digests of code, verifiers and environment, and its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from vervet.core.digests import digest_file, digest_json
from vervet.core.limits import Limits
from vervet.core.resources import sandboxes_dir
from vervet.core.sampling import GeneratorInfo
from vervet.core.values import Suite
from vervet.verification.protocol import Verifier

__all__ = ["code_digest", "run_name", "verifier_content", "verifier_limits"]

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def code_digest() -> str:
    """Digest of Vervet's own Python sources and of the runners in `sandboxes/`."""
    sources = {
        f"{root.name}/{path.relative_to(root)}": digest_file(path)
        for root in (PACKAGE, sandboxes_dir())
        for path in sorted(root.rglob("*.py"))
    }
    return digest_json(sources)


def verifier_content(verifiers: Mapping[str, Verifier]) -> dict[str, str]:
    """The digest of each kind's verifier: what the verifier digest of a run stands for."""
    return {kind: verifiers[kind].digest() for kind in sorted(verifiers)}


def verifier_limits(verifiers: Mapping[str, Verifier]) -> dict[str, dict[str, float]]:
    """The limits of a check of each kind, where a problem sets none: for people to read."""
    found = {kind: getattr(verifiers[kind], "limits", None) for kind in sorted(verifiers)}
    return {kind: asdict(limits) for kind, limits in found.items() if isinstance(limits, Limits)}


def run_name(suite: Suite, model: GeneratorInfo, decisive: Mapping[str, Any]) -> str:
    """A readable name that equal commands give again, as in `code-embedded-code-3f9a1c`.

    `decisive` holds all that makes it another run: suite, model, sampling, seed, n, digests.
    """
    words = f"{suite.name}-{model.engine}-{Path(model.model).name}".lower()
    readable = re.sub(r"[^a-z0-9.]+", "-", words).strip("-.")[:48].rstrip("-.")
    return f"{readable}-{digest_json(decisive)[:6]}"
