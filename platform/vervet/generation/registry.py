"""Makes the generator that a model's spelling names; engines are loaded when asked for.

`ENGINE:MODEL`, and `openai:MODEL@URL` for a server elsewhere. Engines are entry points of the
group `vervet.generators`: a class whose first argument is the model, the rest named options.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vervet.core.errors import UnknownNameError, UsageError
from vervet.generation.protocol import Generator

__all__ = ["ModelName", "engine_names", "make_generator", "parse_model"]

GROUP = "vervet.generators"
_AT_URL = re.compile(r"@(?=https?://)")


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model's spelling, taken apart; `url` is empty unless one was given."""

    engine: str
    model: str
    url: str = ""


def engine_names() -> tuple[str, ...]:
    """Names of the installed engines, sorted."""
    return tuple(sorted(_engines()))


def parse_model(spelling: str) -> ModelName:
    """`ENGINE:MODEL` or `ENGINE:MODEL@URL`, taken apart.

    Raises `UnknownNameError` for an unknown engine, `UsageError` for a missing model.
    """
    engine, colon, rest = spelling.partition(":")
    if engine not in _engines():
        raise _unknown(spelling, engine, colon)
    name, *url = _AT_URL.split(rest, maxsplit=1)
    if not name:
        raise UsageError(
            f"the model {spelling!r} names an engine and no model",
            hint=f"Write {engine}:MODEL.",
        )
    return ModelName(engine, name, url[0] if url else "")


def make_generator(
    spelling: str, options: Mapping[str, Mapping[str, Any]] | None = None
) -> Generator:
    """The generator of a model spelled as `parse_model` reads it.

    `options` holds, by engine, its named options; only those of the spelled engine are used,
    and a URL in the spelling goes before the option `base_url`.
    Raises `UnknownNameError` for an unknown engine, model or option, and what the engine does.
    """
    name = parse_model(spelling)
    make: Callable[..., Generator] = _engines()[name.engine].load()
    given = dict((options or {}).get(name.engine, {}))
    if name.url:
        given["base_url"] = name.url
    known = list(inspect.signature(make).parameters)[1:]
    for option in given:
        if option not in known:
            raise UnknownNameError(f"option of engine {name.engine}", option, known)
    return make(name.model, **given)


def _engines() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def _unknown(spelling: str, engine: str, colon: str) -> UnknownNameError:
    if colon:
        return UnknownNameError("engine", engine, _engines())
    error = UnknownNameError("model", spelling, ())
    known = [f"{name}:MODEL" for name in sorted(_engines())]
    error.hint = f"Write the engine before it: {' or '.join(known)}."
    return error
