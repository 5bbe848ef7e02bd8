"""What a bundled suite is usually run with: its own model and enough tokens for an answer."""

from __future__ import annotations

from vervet.pipeline.config import RunConfig

__all__ = ["with_task_defaults"]

MODELS = {"code": "embedded:code", "code-easy": "embedded:code", "arith": "embedded:arith"}


def with_task_defaults(config: RunConfig) -> RunConfig:
    """The config with the suite's own model, unless a model was named."""
    if "model" in config.model_fields_set or config.suite not in MODELS:
        return config
    return config.model_copy(update={"model": MODELS[config.suite]})
