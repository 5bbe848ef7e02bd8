"""What a bundled suite is usually run with: its own model, or the candidates that it ships with."""

from __future__ import annotations

from vervet.pipeline.config import RunConfig
from vervet.problems.bundled import recorded_names

__all__ = ["RECORDED", "recorded_file", "with_task_defaults"]

MODELS = {"code": "embedded:code", "code-easy": "embedded:code", "arith": "embedded:arith"}
RECORDED = "recorded:"
"""What spells a file of recorded candidates, or a suite that ships with some, as a model."""


def with_task_defaults(config: RunConfig) -> RunConfig:
    """The config with the suite's own model, unless a model was named."""
    if "model" in config.model_fields_set:
        return config
    if config.suite in recorded_names():
        return config.model_copy(update={"model": f"{RECORDED}{config.suite}"})
    return config.model_copy(update={"model": MODELS.get(config.suite, config.model)})


def recorded_file(config: RunConfig) -> str | None:
    """The file, or bundled suite, whose candidates the model means; None if it means none."""
    return config.model.removeprefix(RECORDED) if config.model.startswith(RECORDED) else None
