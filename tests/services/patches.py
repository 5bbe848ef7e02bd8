"""Validated instances for tests of patches, each with its image on a real engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.problems.swebench_shipped import candidates
from tests.services.test_swebench_images import wanted
from vervet.core.values import Attempt, Problem
from vervet.problems.bundled import load
from vervet.sandbox.docker.engine import Engine
from vervet.sandbox.docker.instance_images import InstanceImages
from vervet.sandbox.protocol import Sandbox
from vervet.verification.patches.verifier import PatchVerifier
from vervet.verification.registry import drive, verify

__all__ = ["GRAPHLET", "LEDGER", "SPANS", "Instances", "judged", "patch_instances", "with_spec"]

LEDGER, SPANS, GRAPHLET = "vervet__ledger-1", "vervet__spans-1", "vervet__graphlet-1"


class Instances:
    """Each shipped instance is built and validated when it is first asked for."""

    def __init__(self, engine: Engine, sandbox: Sandbox) -> None:
        self._images = InstanceImages(engine, may_pull=False)
        self._sandbox = sandbox
        self._bare = {problem.id: problem for problem in load("swebench").suite.problems}
        self._known: dict[str, Problem] = {}

    def bare(self, instance: str) -> Problem:
        """As it is loaded, not validated yet; its image is there."""
        self._images.ensure(wanted(instance))
        return self._bare[instance]

    def known(self, instance: str) -> Problem:
        """With the facts that running gold once and no patch shows."""
        if instance not in self._known:
            preparing = PatchVerifier(gold_runs=1).prepare(self.bare(instance))
            self._known[instance] = drive(preparing, self._sandbox)
        return self._known[instance]


@pytest.fixture(scope="module")
def patch_instances(docker_engine: Engine, docker_sandbox: Sandbox) -> Iterator[Instances]:
    """The shipped instances."""
    return Instances(docker_engine, docker_sandbox)


def with_spec(problem: Problem, **changes: Any) -> Problem:
    """The problem with some of its spec changed."""
    return replace(problem, spec={**problem.spec, **changes})


def judged(sandbox: Sandbox, problem: Problem, candidate: str) -> Attempt:
    """What comes of one of the shipped candidates."""
    text, _ = candidates(problem.id)[candidate]
    verifier = PatchVerifier()
    return verify(verifier, sandbox, problem, verifier.extract(problem, text, cut=False))
