"""Sampling: asks the generator for what a run lacks and has it recorded, request by request."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from vervet.core.errors import GenerationError
from vervet.core.sampling import Completion
from vervet.core.values import Candidate
from vervet.generation.protocol import Generator
from vervet.pipeline.config import SamplingConfig
from vervet.pipeline.plan import SampleRequest
from vervet.pipeline.record import Recorder
from vervet.verification.protocol import Verifier

__all__ = ["Sampler"]


class Sampler:
    """Works through requests in a thread of its own, until they end or `stop` is called.

    `now` names the problem at hand, `seconds` the time spent in the generator, `error` what
    ended it before its time.
    """

    def __init__(
        self,
        requests: Iterable[SampleRequest],
        *,
        generator: Generator,
        sampling: SamplingConfig,
        verifiers: Mapping[str, Verifier],
        recorder: Recorder,
    ) -> None:
        self._requests = requests
        self._generator = generator
        self._sampling = sampling
        self._verifiers = verifiers
        self._recorder = recorder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sampler", daemon=True)
        self.now = ""
        self.seconds = 0.0
        self.error: BaseException | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask for no more; what was asked for is still recorded."""
        self._stop.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the request at hand is recorded."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

    def _work(self) -> None:
        try:
            for request in self._requests:
                if self._stop.is_set():
                    return
                self._one(request)
        except BaseException as error:  # noqa: BLE001 (handed to the thread that watches)
            self.error = error
        finally:
            self.now = ""

    def _one(self, request: SampleRequest) -> None:
        problem = request.problem
        self.now = problem.id
        began = time.perf_counter()
        completions = self._generator.generate(
            problem.prompt,
            n=request.count,
            sampling=self._sampling.with_stop(problem.stop),
            seed=request.seed,
        )
        self.seconds += time.perf_counter() - began
        if len(completions) != request.count:
            raise GenerationError(
                f"the generator returned {len(completions)} completions of {problem.id}, "
                f"{request.count} were asked for",
                hint="Nothing of this request was recorded; run the same command again.",
            )
        self._recorder.record(self._candidates(request, completions))

    def _candidates(
        self, request: SampleRequest, completions: Sequence[Completion]
    ) -> list[Candidate]:
        verifier = self._verifiers[request.problem.kind]
        return [
            Candidate(
                problem_id=request.problem.id,
                ordinal=request.first + offset,
                completion=completion.text,
                solution=verifier.extract(
                    request.problem, completion.text, cut=completion.finish_reason == "length"
                ),
                finish_reason=completion.finish_reason,
                tokens=completion.tokens,
                mean_logprob=completion.mean_logprob,
                prompt_tokens=completion.prompt_tokens,
            )
            for offset, completion in enumerate(completions)
        ]
