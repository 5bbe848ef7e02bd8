"""Where the files beside the code are: in the checkout, or inside an installed wheel."""

from __future__ import annotations

from pathlib import Path

__all__ = ["docker_dir", "migrations_dir", "sandboxes_dir"]

_PACKAGE = Path(__file__).resolve().parent.parent


def _beside(name: str) -> Path:
    installed = _PACKAGE / f"_{name}"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / name


def sandboxes_dir() -> Path:
    """The data plane: runners that are started inside the isolation."""
    return _beside("sandboxes")


def migrations_dir() -> Path:
    """Alembic revisions and the SQL views."""
    return _beside("migrations")


def docker_dir() -> Path:
    """Scripts that make images on a Docker engine."""
    return _beside("docker")
