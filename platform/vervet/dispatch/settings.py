"""The one place that reads dispatch settings from the environment (`VERVET_*`).

The CLI passes values explicitly; worker processes find them in their environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from vervet.core.errors import ConfigError

__all__ = ["EMBEDDED_BROKER", "DispatchSettings", "read_settings"]

EMBEDDED_BROKER = "filesystem://"
"""The broker without a server: message files in a private folder of the producer."""


def _default_state_dir() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "vervet"


def _default_workers() -> int:
    return len(os.sched_getaffinity(0))


class DispatchSettings(BaseSettings):
    """How batches travel and who works on them; times in seconds."""

    model_config = SettingsConfigDict(env_prefix="VERVET_", frozen=True, extra="ignore")

    database_url: str
    """SQLAlchemy URL of the database that holds the batches."""

    broker_url: str = EMBEDDED_BROKER
    """`filesystem://` (embedded), `redis://...` or `amqp://...`."""

    broker_dir: Path | None = None
    """Folder of the embedded broker; set by the producer for its own workers."""

    state_dir: Path = Field(default_factory=_default_state_dir)
    """Where the folders of embedded brokers and the logs of workers are kept."""

    workers: int = Field(default_factory=_default_workers, ge=1)
    """Processes that verify at the same time."""

    kinds: tuple[str, ...] = ()
    """Kinds of problems to listen for; empty means every registered verifier."""

    lease_s: float = Field(default=30.0, gt=0)
    """How long a batch stays with a worker that gives no sign of life."""

    sweep_s: float = Field(default=1.0, gt=0)
    """Pause between two looks for batches that nobody works on."""

    republish_s: float = Field(default=30.0, gt=0)
    """How long a published batch may wait before it is published again; doubles each time."""

    grace_s: float = Field(default=10.0, ge=0)
    """How long workers may take to end on request, before they are killed."""

    sandbox: str = Field(default="jail", min_length=1)
    """Name of the sandbox that candidates run in."""

    unsafe_no_isolation: bool = False
    """Run candidates without isolation; only ever set by the user, by name."""

    run: str = ""
    """Name of the run that an embedded worker was started for; containers are labelled with it."""

    producer: str = ""
    """Identity of the process that an embedded worker belongs to and dies with."""

    @field_validator("broker_url")
    @classmethod
    def _known_broker(cls, url: str) -> str:
        schemes = ("filesystem", "redis", "rediss", "redis+socket", "sentinel", "amqp", "amqps")
        if "://" not in url or url.split("://", 1)[0] not in schemes:
            raise ValueError("use filesystem://, redis://host:port/db or amqp://host:port/vhost")
        return url

    @property
    def embedded(self) -> bool:
        """Whether the broker is a folder and the producer starts its own workers."""
        return self.broker_url.startswith(EMBEDDED_BROKER)

    def environment(self) -> dict[str, str]:
        """The same settings as `VERVET_*` variables, for a worker process."""
        values = self.model_dump(mode="json", exclude_none=True)
        values["kinds"] = "[" + ",".join(f'"{kind}"' for kind in self.kinds) + "]"
        return {f"VERVET_{name.upper()}": str(value) for name, value in values.items()}


def read_settings(**explicit: object) -> DispatchSettings:
    """Settings from the environment, with `explicit` values (not None) before it.

    Raises `ConfigError` naming the first setting that cannot be used.
    """
    given = {name: value for name, value in explicit.items() if value is not None}
    try:
        return DispatchSettings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        raise ConfigError(
            f"setting {name}: {first['msg'].removeprefix('Value error, ')}",
            hint=f"Set VERVET_{name.upper()} or the option of that name.",
        ) from error
