"""Where a config's values are found: environment, YAML file, overrides, flags.

Each source gives dotted keys with values; whether a value is allowed is not its business.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from vervet.core.errors import ConfigError
from vervet.problems.strict_yaml import StrictLoader

__all__ = [
    "Found",
    "from_environment",
    "from_file",
    "from_flags",
    "from_overrides",
    "leaves",
    "nest",
]

PREFIX = "VERVET_"
# Read elsewhere, or by tests and images; a config knows nothing of them.
_NOT_CONFIG = {"OPENAI_API_KEY", "SHARED"}
_OTHER_NAMES = {"DATABASE_URL": "database", "BROKER_URL": "broker"}


@dataclass(frozen=True, slots=True)
class Found:
    """A value and where it was found, in words for the user."""

    value: Any
    source: str


def leaves(model: type[BaseModel], before: str = "") -> dict[str, Any]:
    """Dotted names of all settable fields, with their types."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= leaves(kind, f"{before}{name}.")
        else:
            found[before + name] = kind
    return found


def from_environment(environment: Mapping[str, str], model: type[BaseModel]) -> dict[str, Found]:
    """Values of variables such as VERVET_DATABASE_URL, VERVET_WORKERS, VERVET_OPENAI_CHAT.

    Raises `ConfigError` for a name that is one letter or two beside one of them.
    """
    known = leaves(model)
    names = {key.upper().replace(".", "_"): key for key in known} | _OTHER_NAMES
    found = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or not value.strip():
            continue
        name = variable.removeprefix(PREFIX)
        if name in names:
            key = names[name]
            found[key] = Found(_scalar(value, known[key], variable), variable)
        elif name not in _NOT_CONFIG:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.85)
            if near:
                raise ConfigError(
                    f"unknown environment variable {variable}",
                    hint=f"Did you mean {PREFIX}{near[0]}?",
                )
    return found


def from_file(path: Path, model: type[BaseModel]) -> dict[str, Found]:
    """Values of a YAML file. Raises `ConfigError` if it cannot be read or holds unknown keys."""
    try:
        value = yaml.load(path.read_bytes(), StrictLoader)
    except OSError as error:
        raise ConfigError(
            f"cannot read the config file {path}: {error.strerror or error}",
            hint="Check the path given with --config.",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ConfigError(
            f"the config file {path} is no YAML: {_reason(error)}", hint="Correct that line."
        ) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(
            f"the config file {path} holds no mapping", hint="Write `key: value` lines."
        )
    found = dict(_flat(value, model, str(path)))
    for key in found:
        _known(key, model, str(path))
    return found


def from_overrides(overrides: Sequence[str], model: type[BaseModel]) -> dict[str, Found]:
    """Values of `KEY=VALUE` texts. Raises `ConfigError` for other texts and unknown keys."""
    found = {}
    for text in overrides:
        key, equals, value = text.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(
                f"the override {text!r} is not KEY=VALUE",
                hint="Write it as -c sampling.temperature=0.8.",
            )
        kind = _known(key, model, f"-c {text}")
        found[key] = Found(_scalar(value, kind, f"-c {text}"), f"-c {text}")
    return found


def from_flags(flags: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Found]:
    """Values of command-line flags by dotted key; None is a flag that was not given."""
    found = {}
    for key, value in flags.items():
        if value is not None:
            _known(key, model, "the command line")
            found[key] = Found(value, f"--{key.rpartition('.')[2].replace('_', '-')}")
    return found


def nest(found: Mapping[str, Found]) -> dict[str, Any]:
    """Dotted keys as mappings in mappings."""
    nested: dict[str, Any] = {}
    for key, item in found.items():
        *groups, last = key.split(".")
        place = nested
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = item.value
    return nested


def _known(key: str, model: type[BaseModel], source: str) -> Any:
    """The type of the field of that key. Raises `ConfigError` if there is none."""
    known = leaves(model)
    if key in known:
        return known[key]
    members = [name for name in known if name.startswith(f"{key}.")]
    if members:
        raise ConfigError(
            f"{key} is a group of settings and takes no value itself (from {source})",
            hint=f"Set {', '.join(members)}.",
        )
    if key == "openai.api_key":
        hint = "Keys never stand in a config; set VERVET_OPENAI_API_KEY."
    else:
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        short = [name for name in known if name.rpartition(".")[2] == key]
        offer = short or near
        hint = f"Did you mean {offer[0]}?" if offer else f"Known are {', '.join(known)}."
    raise ConfigError(f"unknown setting {key!r} (from {source})", hint=hint)


def _flat(
    value: Mapping[Any, Any], model: type[BaseModel], source: str, before: str = ""
) -> Iterator[tuple[str, Found]]:
    """Leaves of nested mappings. An empty group sets nothing."""
    fields = model.model_fields
    for name, item in value.items():
        key = f"{before}{name}"
        kind = fields[name].annotation if isinstance(name, str) and name in fields else None
        if isinstance(kind, type) and issubclass(kind, BaseModel) and item is None:
            continue
        if isinstance(kind, type) and issubclass(kind, BaseModel) and isinstance(item, dict):
            yield from _flat(item, kind, source, f"{key}.")
        else:
            yield key, Found(item, source)


def _scalar(text: str, kind: Any, source: str) -> Any:
    """The YAML scalar in `text`; for a field that holds only text, `text` as it stands."""
    try:
        value = yaml.load(text, StrictLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        value = text.strip()
        if str not in _members(kind):
            raise ConfigError(
                f"the value of {source} cannot be read: {_reason(error)}",
                hint="Write a number, a word, true, false or null.",
            ) from error
    if str in _members(kind) and value is not None and not isinstance(value, str):
        return text.strip()
    if isinstance(value, dict | list):
        raise ConfigError(
            f"the value of {source} is no single value",
            hint="Set one key at a time, as in -c sampling.top_p=0.9.",
        )
    return value


def _members(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) else (kind,)


def _reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)
