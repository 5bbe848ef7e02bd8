"""Price tables in YAML: what a million tokens cost, and shapes of models that are not published.

prices:
  - {model: gpt-4o, provider: openai, input_usd: 2.5, output_usd: 10, valid_from: 2024-10-02}
shapes:
  - {model: my-model, parameters: 1240000000, layers: 24, width: 2048}
cpu_usd_hour: 0.04
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vervet.analysis.cost import ModelShape
from vervet.core.errors import ConfigError
from vervet.store.prices import ALWAYS, PriceRow

__all__ = ["PriceFile", "read_prices"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PriceEntry(_Strict):
    """A price by the million tokens, in USD."""

    model: str = Field(min_length=1)
    """The model as a run spells it, with or without its engine."""
    provider: str = Field(default="", max_length=200)
    """Who asks that price."""
    input_usd: float = Field(ge=0.0, allow_inf_nan=False)
    """Of a million tokens of prompts."""
    output_usd: float = Field(ge=0.0, allow_inf_nan=False)
    """Of a million tokens of completions."""
    valid_from: datetime | date | None = None
    """From when on; a day begins at midnight UTC. Always, if not given."""
    source: str = ""
    """Where the price stands."""

    def row(self) -> PriceRow:
        """The entry as the table keeps it."""
        values = self.model_dump(exclude={"valid_from"})
        return PriceRow(**values, valid_from=_moment(self.valid_from))


class ShapeEntry(_Strict):
    """What decides a model's FLOPs."""

    model: str = Field(min_length=1)
    parameters: int = Field(ge=1)
    layers: int = Field(ge=1)
    width: int = Field(ge=1)


class PriceFile(_Strict):
    """The whole file. `cpu_usd_hour` is what an hour of one processor of the verifier costs."""

    prices: tuple[PriceEntry, ...] = ()
    shapes: tuple[ShapeEntry, ...] = ()
    cpu_usd_hour: float = Field(default=0.0, ge=0.0, allow_inf_nan=False)

    @property
    def rows(self) -> tuple[PriceRow, ...]:
        """The prices as the table keeps them."""
        return tuple(entry.row() for entry in self.prices)

    def shape_of(self, model: str) -> ModelShape | None:
        """The shape of a model, by its name with or without its engine."""
        for entry in self.shapes:
            if entry.model in (model, model.partition(":")[2]):
                return ModelShape(entry.parameters, entry.layers, entry.width)
        return None

    def price_of(self, model: str) -> tuple[PriceRow, ...]:
        """The latest price of a model of each provider."""
        names = (model, model.partition(":")[2])
        latest = {
            row.provider: row
            for row in sorted(self.rows, key=lambda row: row.valid_from)
            if row.model in names
        }
        return tuple(latest.values())


def read_prices(path: Path) -> PriceFile:
    """The file at `path`. Raises `ConfigError` naming the entry that cannot be used."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror or error}", hint="Name a YAML file."
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{path} is no YAML: {said}", hint=_HINT) from error
    try:
        return PriceFile.model_validate(content or {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"{path}: {where}: {first['msg']}", hint=_HINT) from error


_HINT = (
    "It holds lists `prices` (model, provider, input_usd, output_usd, valid_from, source) and "
    "`shapes` (model, parameters, layers, width); see docs/cost.md."
)


def _moment(given: datetime | date | None) -> datetime:
    if given is None:
        return ALWAYS
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    return datetime(given.year, given.month, given.day, tzinfo=UTC)
