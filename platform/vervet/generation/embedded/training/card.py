"""The model card of a family, from the training's record; owns no measurement of its own."""

from __future__ import annotations

from typing import Any

from vervet.generation.embedded.training.family import Family

__all__ = ["card"]


def card(family: Family, record: dict[str, Any]) -> str:
    """The text of `README.md`.

    Args:
        record: what `training.json` holds.
    """
    rows = record["loss"]["rows"]
    picked = [rows[round(place * (len(rows) - 1) / 9)] for place in range(10)] if rows else []
    curve = "\n".join(f"| {step} | {seconds:.0f} | {loss:.3f} |" for step, seconds, loss in picked)
    facts = "\n".join(f"- {name}: {_text(value)}" for name, value in record["data"].items())
    seconds = record["seconds"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return f"""# Vervet's embedded model, family `{family.name}`

{family.about}

A Llama with {record["parameters"]:,} parameters (4 layers, 128 wide, 4 heads, float32), trained
from nothing by the script in this repository on data that the repository generates. Apache-2.0,
as the repository.

## What it can do
{family.can.strip()}

## What it cannot do
{family.cannot.strip()}

## What held-out means
{family.held_out.strip()}

## Data
{facts}
- SHA-256 of what the sequences are drawn from: `{record["data_digest"]}`

## Training
{record["steps"]:,} steps of {record["batch"]} sequences ({record["sequences"]:,} in all), \
{seconds["training"]:.0f} s on {record["threads"]} thread after {seconds["data"]:.0f} s for the \
data; seed {record["seed"]}; {versions}; script at commit `{record["commit"]}`. Again:

    python -m vervet.generation.embedded.training.train --family {family.name} --out DIR

| step | seconds | loss (nats a token) |
|---|---|---|
{curve}

The whole curve is in `training.json`.
"""


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {count:,}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
