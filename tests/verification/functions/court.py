"""The modules that run inside, loaded here: they read hostile bytes, and run no code of anybody."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

from vervet.core.resources import sandboxes_dir

__all__ = ["court"]


def court(name: str) -> ModuleType:
    """The module `name` of the package `court`."""
    folder = sandboxes_dir() / "functions" / "court"
    if "court" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "court", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec is not None
        assert spec.loader is not None
        sys.modules["court"] = package = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(package)
    return importlib.import_module(f"court.{name}")
