"""What a run is configured by: its fields, and in which order their values are found.

Defaults, then the environment, then the file, then overrides and flags; the last one holds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from vervet.core.sampling import Sampling
from vervet.pipeline.config_sources import (
    Found,
    from_environment,
    from_file,
    from_flags,
    from_overrides,
    nest,
)
from vervet.pipeline.config_words import explain

__all__ = ["OpenAIConfig", "RunConfig", "SamplingConfig", "load_config"]


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class SamplingConfig(_Strict):
    """How completions are drawn."""

    temperature: float = Field(default=1.0, ge=0.0, le=10.0)
    """Temperature of sampling; 0 is greedy."""
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    """Share of the probability mass that is sampled from."""
    max_tokens: int = Field(default=64, ge=1)
    """Longest completion, in tokens of the model."""

    def with_stop(self, stop: Sequence[str]) -> Sampling:
        """The parameters as generators take them, with a problem's stop strings."""
        return Sampling(self.temperature, self.top_p, self.max_tokens, tuple(stop))


class OpenAIConfig(_Strict):
    """The server of models spelled `openai:MODEL`; the key comes from the environment alone."""

    base_url: str = "http://localhost:8000/v1"
    """URL of the OpenAI-compatible server, up to and with /v1."""
    chat: bool = False
    """Send prompts as chat messages instead of text to be completed."""
    logprobs: bool = False
    """Ask for log-probabilities, which some servers refuse."""
    timeout_s: float = Field(default=600.0, gt=0.0, allow_inf_nan=False)
    """Longest wait for one answer, in seconds."""
    tries: int = Field(default=6, ge=1, le=100)
    """How often one request is sent before the run stops."""


class RunConfig(_Strict):
    """Everything that a run is told. `load_config` makes it."""

    suite: str = Field(default="code", min_length=1)
    """Name of a bundled suite, or the path of a file of problems."""
    format: str | None = None
    """Format of the problem file; guessed from its content if not given."""
    limit: int | None = Field(default=None, ge=1)
    """Take the first so many problems of the suite; all if not given."""
    model: str = Field(default="embedded:code", min_length=1)
    """The model, as ENGINE:MODEL."""
    n: int = Field(default=100, ge=1, le=10_000_000)
    """Candidates per problem."""
    sampling: SamplingConfig = SamplingConfig()
    """How completions are drawn."""
    seed: int = Field(default=0, ge=0, lt=1 << 63)
    """Seed of the whole run."""
    samples_per_request: int = Field(default=100, ge=1, le=10_000)
    """Candidates asked of the generator at once."""
    batch_size: int = Field(default=64, ge=1, le=10_000)
    """Solutions that a worker claims at once."""
    workers: int | None = Field(default=None, ge=1, le=1024)
    """Worker processes on this host; one a processor if not given. A broker's are elsewhere."""
    state_dir: str = Field(default=".vervet", min_length=1)
    """Folder for the database, the embedded broker and logs."""
    database: str | None = Field(default=None, min_length=1)
    """SQLAlchemy URL of the database; SQLite in the state folder if not given."""
    broker: str | None = Field(default=None, min_length=1)
    """Celery URL of the broker; folders in the state folder if not given."""
    sandbox: str = Field(default="jail", min_length=1)
    """What candidates run in: jail (on this host alone) or docker (containers)."""
    reference_share: float = Field(default=0.01, ge=0.0, le=1.0)
    """Share of the verdicts that are judged again in reference mode; 0 for none."""
    unsafe_no_isolation: bool = False
    """Run candidates without a sandbox; their passes are flagged and not counted."""
    openai: OpenAIConfig = OpenAIConfig()
    """The server of models spelled openai:MODEL."""

    @property
    def database_url(self) -> str:
        """The database that was asked for, or the one of the state folder."""
        return self.database or f"sqlite:///{Path(self.state_dir).resolve() / 'vervet.db'}"

    @property
    def prepared_dir(self) -> Path:
        """Where what references showed of suites is kept."""
        return Path(self.state_dir) / "prepared"

    @property
    def worker_count(self) -> int:
        """The workers that were asked for, or one for each processor that may be used."""
        return len(os.sched_getaffinity(0)) if self.workers is None else self.workers

    def engine_options(self) -> dict[str, dict[str, Any]]:
        """Named options by engine, as `generation.registry.make_generator` takes them."""
        return {"openai": self.openai.model_dump()}

    def recorded(self) -> dict[str, Any]:
        """JSON of all fields for the run's record; passwords in URLs are starred out."""
        value = self.model_dump(mode="json")
        for holder, key in ((value, "database"), (value, "broker"), (value["openai"], "base_url")):
            holder[key] = _without_password(holder[key])
        return value


def load_config(
    path: Path | None = None,
    *,
    overrides: Sequence[str] = (),
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> RunConfig:
    """The config of a run.

    `overrides` are `KEY=VALUE` with dotted keys and YAML scalars; `flags` holds dotted keys
    with values, None for what was not given; `environment` is that of the process by default.
    Raises `ConfigError` naming the field, its value, where it came from and what is allowed.
    """
    env = os.environ if environment is None else environment
    found: dict[str, Found] = from_environment(env, RunConfig)
    if path is not None:
        found |= from_file(path, RunConfig)
    found |= from_overrides(overrides, RunConfig)
    found |= from_flags(flags or {}, RunConfig)
    try:
        return RunConfig.model_validate(nest(found))
    except ValidationError as error:
        raise explain(error, found, RunConfig) from error


def _without_password(url: str | None) -> str | None:
    try:
        return make_url(url).render_as_string(hide_password=True) if url else url
    except (ArgumentError, ValueError):
        return "(a URL that cannot be read)"
