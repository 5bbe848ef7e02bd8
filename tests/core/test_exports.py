"""What a module of `core` exports is what it says it exports."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import vervet.core
import vervet.store

MODULES = [
    importlib.import_module(f"{package.__name__}.{found.name}")
    for package in (vervet.core, vervet.store)
    for found in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_all_names_what_is_there_sorted_and_once(module: ModuleType) -> None:
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_exported_classes_and_functions_say_what_they_are(module: ModuleType) -> None:
    exported = [getattr(module, name) for name in module.__all__]
    own = [each for each in exported if inspect.isclass(each) or inspect.isfunction(each)]
    assert [each.__name__ for each in own if not (each.__doc__ or "").strip()] == []
