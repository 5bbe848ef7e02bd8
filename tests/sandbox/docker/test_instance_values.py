"""Recipes, names and digests of instance images: nothing here needs an engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from vervet.core.errors import ConfigError, UsageError
from vervet.sandbox.docker.instance_base import base_reference
from vervet.sandbox.docker.instance_recipes import read_recipes, recipe_for, shipped_recipes
from vervet.sandbox.docker.instance_values import (
    Recipe,
    Wanted,
    as_recipe,
    image_of,
    inputs_digest,
    script,
)

WRITTEN = "2023-04-14T16:36:54Z"
RECIPE = Recipe("3.11", ("pytest",))
WANTED = Wanted("a__b-1", image_of("a__b-1"), "a/b", "0" * 40, RECIPE)


@pytest.mark.parametrize(
    ("instance", "image"),
    [
        ("pallets__flask-5063", "swebench/sweb.eval.x86_64.pallets_1776_flask-5063:latest"),
        ("PyCQA__x-1", "swebench/sweb.eval.x86_64.pycqa_1776_x-1:latest"),
    ],
)
def test_images_have_the_official_names(instance: str, image: str) -> None:
    assert image_of(instance) == image


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (["3.11"], "is a mapping"),
        ({"python": 3.11}, "'python' is 3.11, not text"),
        ({"python": "2.7"}, "'python' is '2.7'"),
        ({"python": "3.9", "pakages": []}, "unknown key 'pakages'"),
        ({"python": "3.9", "packages": "pytest"}, "'packages' is not a list"),
        ({"python": "3.9", "packages": ["--index-url=x"]}, "'packages' is not a list of names"),
        ({"python": "3.9", "requirements": ["/etc/passwd"]}, "'requirements' is not a list"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong_in_it(value: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        as_recipe(value, "here")


def test_packages_are_as_old_as_the_instance_unless_all_have_versions() -> None:
    row = {"repo": "a/b", "version": "1.0", "created_at": WRITTEN}
    free = row | {"environment": {"python": "3.9", "packages": ["pytest", "mock==5.1.0"]}}
    pinned = row | {"environment": {"python": "3.9", "packages": ["mock==5.1.0"]}}

    assert recipe_for(free, ()) == Recipe("3.9", ("pytest", "mock==5.1.0"), before=WRITTEN)
    assert recipe_for(pinned, ()) == Recipe("3.9", ("mock==5.1.0",))


def test_the_first_recipe_that_fits_counts(tmp_path: Path) -> None:
    rules = [
        {"repo": "a/b", "versions": ["1.0"], "python": "3.9"},
        {"repo": "a/b", "python": "3.11"},
    ]
    path = tmp_path / "recipes.yaml"
    path.write_text(yaml.safe_dump(rules))
    found = [
        recipe_for({"repo": repo, "version": version}, read_recipes(path))
        for repo, version in (("a/b", "1.0"), ("a/b", "2.0"), ("a/c", "1.0"))
    ]

    assert [each and each.python for each in found] == ["3.9", "3.11", None]


def test_an_interpreter_given_by_hand_is_enough_and_comes_first() -> None:
    row = {"repo": "a/b", "created_at": WRITTEN, "environment": {"python": "3.9"}}

    assert recipe_for({"repo": "a/c"}, (), "3.13") == Recipe("3.13", ("pytest",))
    assert recipe_for(row, (), "3.11") == Recipe("3.11", ("pytest",), before=WRITTEN)


def test_the_shipped_recipes_name_interpreters_that_debian_brings() -> None:
    for rule in shipped_recipes():
        assert base_reference(rule.recipe.python, "").startswith("vervet/base:")


def test_an_interpreter_that_debian_does_not_bring_needs_a_base() -> None:
    with pytest.raises(UsageError, match=r"Python 3\.7 cannot be had"):
        base_reference("3.7", "")
    assert base_reference("3.7", "python:3.7") == "python:3.7"


@pytest.mark.parametrize(
    "changed",
    [
        replace(WANTED, base_commit="1" * 40),
        replace(WANTED, recipe=replace(RECIPE, python="3.9")),
        replace(WANTED, recipe=replace(RECIPE, packages=("pytest", "mock"))),
        replace(WANTED, recipe=replace(RECIPE, system=("gcc",))),
        replace(WANTED, recipe=replace(RECIPE, requirements=("dev.txt",))),
        replace(WANTED, recipe=replace(RECIPE, before=WRITTEN)),
    ],
)
def test_whatever_goes_into_an_image_changes_its_digest(changed: Wanted) -> None:
    assert changed.recipe is not None
    before = inputs_digest(WANTED, RECIPE, "base")

    assert inputs_digest(changed, changed.recipe, "base") != before
    assert inputs_digest(WANTED, RECIPE, "other") != before


def test_instances_of_one_commit_and_recipe_are_of_the_same_inputs() -> None:
    other = replace(WANTED, instance="a__b-2")

    assert inputs_digest(other, RECIPE, "base") == inputs_digest(WANTED, RECIPE, "base")


def test_the_scripts_that_run_inside_are_at_hand() -> None:
    assert "conda()" in script("activate")
    assert script("install.sh").startswith("#!/bin/bash")
