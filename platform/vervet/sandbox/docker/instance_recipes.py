"""Which interpreter and packages an image needs: by the instance's word, or a file of recipes.

The data set does not say; task repositories of Vervet's do, under `environment`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from vervet.core.errors import ConfigError
from vervet.sandbox.docker.instance_values import Recipe, as_recipe, scripts_dir

__all__ = ["RecipeRule", "read_recipes", "recipe_for", "shipped_recipes"]


@dataclass(frozen=True, slots=True)
class RecipeRule:
    """A recipe for the instances of a repository, of some versions (all, if empty)."""

    repo: str
    versions: tuple[str, ...]
    recipe: Recipe


def shipped_recipes() -> tuple[RecipeRule, ...]:
    """The recipes that come with Vervet."""
    return read_recipes(scripts_dir() / "recipes.yaml")


def read_recipes(path: Path) -> tuple[RecipeRule, ...]:
    """The recipes of a YAML file: a list of mappings. Raises `ConfigError` with the place."""
    try:
        listed = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from None
    if not isinstance(listed, list):
        raise ConfigError(f"{path} is not a list of recipes")
    return tuple(_rule(value, f"{path}, recipe {at}") for at, value in enumerate(listed, 1))


def recipe_for(
    row: Mapping[str, Any], rules: Sequence[RecipeRule], python: str = ""
) -> Recipe | None:
    """The recipe of a row of the data set; None if nothing says what it needs.

    What the row itself says under `environment` comes first, then the first rule that fits.
    `python` overrides the interpreter, and is enough for a recipe of its own with pytest.
    """
    before = _moment(row.get("created_at"))
    found = _said(row, rules, before)
    if python:
        found = as_recipe({"python": python}, "--python") if found is None else found
        found = replace(found, python=python)
        if not found.packages:
            found = replace(found, packages=("pytest",), before=before)
    return found


def _said(row: Mapping[str, Any], rules: Sequence[RecipeRule], before: str) -> Recipe | None:
    if row.get("environment"):
        return as_recipe(row["environment"], f"{row.get('instance_id')}: environment", before)
    for rule in rules:
        if rule.repo == row.get("repo") and (
            not rule.versions or str(row.get("version")) in rule.versions
        ):
            return replace(rule.recipe, before=before)
    return None


def _rule(value: Any, where: str) -> RecipeRule:
    recipe = as_recipe(value, where)
    repo, versions = value.get("repo"), value.get("versions") or []
    if not isinstance(repo, str) or not repo:
        raise ConfigError(f"{where}: 'repo' is missing")
    if not isinstance(versions, list):
        raise ConfigError(f"{where}: 'versions' is not a list")
    return RecipeRule(repo, tuple(map(str, versions)), recipe)


def _moment(value: Any) -> str:
    """The time at which an instance was written, as pip takes it; empty where it is not said."""
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    return str(value)
