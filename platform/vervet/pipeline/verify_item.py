"""One attempt at one solution, and whom to believe when its sandbox fails.

A failure of the sandbox is the host's unless a known-good control runs well on the same
worker; it is the candidate's only if that was so on two workers. A starved attempt is never
anybody's: it is left for a quieter moment.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vervet.core.errors import JobError, SandboxError
from vervet.core.status import NORMAL, Outcome, Status
from vervet.core.values import Attempt, CheckEvidence
from vervet.pipeline.control import control_failure
from vervet.pipeline.reference_mode import NoReferenceError
from vervet.sandbox.job import CheckReport, Job, OnCheck, Report
from vervet.sandbox.protocol import Sandbox
from vervet.sandbox.wrapped import WrappedSandbox
from vervet.store.leases import ClaimItem
from vervet.store.takeover import WORKER_DIED, InfraTry
from vervet.verification.judging import STARVED
from vervet.verification.protocol import Verifier
from vervet.verification.registry import verify

__all__ = [
    "BREAKS_SANDBOX",
    "CONTROL_FAILED",
    "NO_REFERENCE",
    "REFUSED",
    "SUSPECTED",
    "UNBLAMED",
    "VERIFIER_ERROR",
    "Bench",
]

log = logging.getLogger(__name__)

BREAKS_SANDBOX = "breaks_sandbox"
"""Code of the crash of a candidate that broke its sandbox, or its worker, on two workers."""
CONTROL_FAILED = "control_failed"
"""Code of an infra_error where a known-good control failed as well: this host is to blame."""
SUSPECTED = "suspected"
"""Code of an infra_error where the control passed: another worker is to try."""
VERIFIER_ERROR = "verifier_error"
"""Code of an infra_error raised by our own verifier; never held against the candidate."""
REFUSED = "refused"
"""Code of an infra_error where the sandbox does not run such jobs at all."""
NO_REFERENCE = "no_reference"
"""Code of an infra_error where this host has no reference mode."""
UNBLAMED = frozenset({STARVED, REFUSED, NO_REFERENCE})
"""Codes of infra_errors after which neither candidate nor worker is under suspicion."""

_BLAMES = frozenset({SUSPECTED, WORKER_DIED})
LONGEST_MESSAGE = 2000


class _InterruptedError(Exception):
    """The worker is to end, so what this candidate did says nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where one worker process tries solutions.

    `ended` says that whatever is under way is to be dropped; `fresh_sandbox` makes another
    sandbox for controls.
    """

    sandbox: Sandbox
    fresh_sandbox: Callable[[], Sandbox]
    worker: str
    ended: Callable[[], bool]
    condition: str = NORMAL

    def attempt(
        self, verifier: Verifier, item: ClaimItem, earlier: Sequence[InfraTry]
    ) -> Attempt | None:
        """Verify one item; None if that was interrupted. Never raises for a candidate."""
        try:
            attempt = verify(
                verifier, _Interruptible(self.sandbox, self.ended), item.problem, item.solution
            )
        except _InterruptedError:
            return None
        except JobError as error:
            return self._infra(REFUSED, error.message)
        except NoReferenceError as error:
            return self._infra(NO_REFERENCE, error.message)
        except SandboxError as error:
            attempt = self._infra("", str(error))
        except Exception as error:
            log.exception("verifier %s failed on solution %d", verifier.kind, item.solution_id)
            return self._infra(VERIFIER_ERROR, f"{type(error).__name__}: {error}")
        if attempt.status is not Status.INFRA_ERROR:
            return attempt
        if attempt.code == STARVED:  # the host's doing by the kernel's account: nobody to blame
            return None if self.ended() else replace(attempt, condition=self.condition)
        # A worker that is being ended may well have its sandbox ended first.
        return None if self.ended() else self._judge(attempt.message, earlier)

    def attempt_guarded(
        self, verifier: Verifier, item: ClaimItem, earlier: Sequence[InfraTry], deaths: int
    ) -> Attempt | None:
        """Verify the only item of a batch, but not before a control has passed.

        Where `deaths` workers died while they held it alone, it is not run again.
        """
        failure = control_failure(self.fresh_sandbox)
        if failure:
            return self._infra(CONTROL_FAILED, failure)
        dead = {each.worker for each in earlier if each.code == WORKER_DIED}
        if len(dead) >= deaths:
            return self._broken("", [each for each in earlier if each.code in _BLAMES])
        return self.attempt(verifier, item, earlier)

    def _judge(self, message: str, earlier: Sequence[InfraTry]) -> Attempt:
        failure = control_failure(self.fresh_sandbox)
        if failure:
            return self._infra(CONTROL_FAILED, f"{message}; {failure}")
        others = [each for each in earlier if each.code in _BLAMES and each.worker != self.worker]
        if others:
            return self._broken(message, others)
        return self._infra(SUSPECTED, f"{message}; the control passed on this worker")

    def _infra(self, code: str, message: str) -> Attempt:
        return Attempt(
            Status.INFRA_ERROR,
            code=code,
            message=message[:LONGEST_MESSAGE],
            layers=self.sandbox.layers(),
            condition=self.condition,
        )

    def _broken(self, message: str, others: Sequence[InfraTry]) -> Attempt:
        found = [(each.worker, each.message) for each in others]
        found.append((self.worker, f"{message}; the control passed" if message else _PASSED))
        return Attempt(
            Status.CRASHED,
            code=BREAKS_SANDBOX,
            message=f"broke its sandbox on {len({who for who, _ in found})} workers, on each of "
            "which a known-good control passed",
            evidence=tuple(
                CheckEvidence(ordinal, who, Outcome.ERROR, what[:LONGEST_MESSAGE])
                for ordinal, (who, what) in enumerate(found)
            ),
            layers=self.sandbox.layers(),
            condition=self.condition,
        )


_PASSED = "the control passed; the solution was not run again"


class _Interruptible(WrappedSandbox):
    """A sandbox that ends its job between two checks when the worker is to end."""

    def __init__(self, sandbox: Sandbox, ended: Callable[[], bool]) -> None:
        super().__init__(sandbox)
        self._ended = ended

    def run(self, job: Job, on_check: OnCheck) -> Report:
        """As the sandbox does. Raises `_InterruptedError` if it had to leave checks out."""
        cut = False

        def watched(check: CheckReport) -> bool:
            nonlocal cut
            go_on = on_check(check)
            cut = go_on and self._ended()
            return go_on and not cut

        report = super().run(job, watched)
        if cut:
            raise _InterruptedError
        return report
