"""Turns pydantic's findings into an error that names field, value, source and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vervet.core.errors import ConfigError
from vervet.pipeline.config_sources import Found

__all__ = ["explain"]


def explain(
    error: ValidationError, found: Mapping[str, Found], model: type[BaseModel]
) -> ConfigError:
    """The first finding in words; how many more there are is said behind it."""
    details = error.errors(include_url=False)
    first = details[0]
    key = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
    source = found[key].source if key in found else "the config"
    more = f" ({len(details) - 1} more settings are wrong)" if len(details) > 1 else ""
    about = _about(key, model)
    return ConfigError(
        f"{key} is {_shown(first['input'])} (from {source}){more}",
        hint=f"Use {_allowed(first)}." + (f" {key}: {about}" if about else ""),
    )


def _shown(value: Any) -> str:
    """A value as the user wrote it, at most 80 characters of it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


_ALLOWED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "int_type": lambda _: "a whole number",
    "int_parsing_size": lambda _: "a smaller number",
    "float_type": lambda _: "a number",
    "finite_number": lambda _: "a finite number",
    "bool_type": lambda _: "true or false",
    "string_type": lambda _: "text (in quotes, if it looks like a number)",
    "string_too_short": lambda _: "text that is not empty",
    "greater_than_equal": lambda ctx: f"a number of at least {ctx['ge']:,}",
    "greater_than": lambda ctx: f"a number above {ctx['gt']:,}",
    "less_than_equal": lambda ctx: f"a number of at most {ctx['le']:,}",
    "less_than": lambda ctx: f"a number below {ctx['lt']:,}",
    "enum": lambda ctx: str(ctx["expected"]),
}


def _allowed(detail: ErrorDetails) -> str:
    words = _ALLOWED.get(detail["type"])
    return words(detail.get("ctx", {})) if words else detail["msg"].lower()


def _about(key: str, model: type[BaseModel]) -> str:
    """The field's docstring."""
    *groups, last = key.split(".")
    for group in groups:
        kind = model.model_fields[group].annotation if group in model.model_fields else None
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return ""
        model = kind
    field = model.model_fields.get(last)
    return (field.description or "") if field else ""
