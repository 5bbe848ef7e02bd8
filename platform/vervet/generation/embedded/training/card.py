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
{_measured(record.get("measured"))}
## What held-out means
{family.held_out.strip()}

## Data
{facts}
- SHA-256 of what the sequences are drawn from: `{record["data_digest"]}`

## Training
{record["steps"]:,} steps of {record["batch"]} sequences ({record["sequences"]:,} in all), \
{seconds["training"]:.0f} s on {record["threads"]} thread after {seconds["data"]:.0f} s for the \
data; seed {record["seed"]}; {versions}; script at commit `{record["commit"]}`. Again:

    python -m vervet.generation.embedded.training.train --family {family.name}

| step | seconds | loss (nats a token) |
|---|---|---|
{curve}

The whole curve is in `training.json`.
"""


def _measured(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    columns = " | ".join(f"k = {k}" for k in found["coverage"])
    values = " | ".join(f"{value:.3f}" for value in found["coverage"].values())
    rates = found["share with a rate from 0.001 to 0.5"]
    return f"""
## What it reached
On the {found["problems"]} held-out problems of the bundled suite, {found["n"]:,} completions each \
at temperature {found["temperature"]}, the share solved by at least one of k:

| {columns} |
|{"---|" * len(found["coverage"])}
| {values} |

{found["never solved"]} of them were never solved; {rates:.0%} had a rate of success from 0.001 \
to 0.5. Judged without a sandbox by `training.measure` (seed {found["seed"]}), which runs nothing.
"""


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {count:,}" for name, count in value.items())
    return f"{value:,}" if isinstance(value, int) else str(value)
