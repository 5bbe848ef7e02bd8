"""What `vervet cost` knows of each run or model: tokens, shape, price, the verifier's time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vervet.cli.sources import count_sets, is_file, open_runs, warn_of_stopping
from vervet.core.errors import AnalysisError, UsageError
from vervet.generation import embedded

if TYPE_CHECKING:
    from vervet.analysis.cost import ModelShape, Price
    from vervet.analysis.cost_curves import CostCurve, Spender
    from vervet.pipeline.config import RunConfig
    from vervet.pipeline.price_file import PriceFile
    from vervet.report.count_sets import CountSet

__all__ = ["CostGiven", "cost_curves", "gathered", "read_shape"]


@dataclass(frozen=True, slots=True)
class CostGiven:
    """What the command line says of costs, None where it says nothing."""

    prices: PriceFile
    prompt_tokens: float | None
    decoded_tokens: float | None
    shape: ModelShape | None
    provider: str | None
    per_request: int | None
    cpu_usd_hour: float


def read_shape(text: str | None) -> ModelShape | None:
    from vervet.analysis.cost import ModelShape

    if text is None:
        return None
    if Path(text).is_dir() or text.endswith(".json"):
        return _shape_at(Path(text))
    parts = text.replace("_", "").split(",")
    try:
        parameters, layers, width = (int(float(part)) for part in parts)
    except (ValueError, OverflowError):
        raise UsageError(
            f"--shape is {text!r}",
            hint=_SHAPE_HINT,
        ) from None
    return ModelShape(parameters, layers, width)


def _shape_at(path: Path) -> ModelShape:
    """The shape by the `config.json` of a folder of weights."""
    from vervet.analysis.cost_shapes import shape_of_config

    file = path / "config.json" if path.is_dir() else path
    try:
        shape = shape_of_config(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read: {error}", hint=_SHAPE_HINT) from error
    if shape is None:
        raise UsageError(f"{file} is not the config of a model of Llama's kind", hint=_SHAPE_HINT)
    return shape


_SHAPE_HINT = "Give parameters, layers and width with commas between: 8.03e9,32,4096."


def cost_curves(
    config: RunConfig,
    sources: Sequence[str] | None,
    label: str | None,
    given: CostGiven,
    ks: list[int] | None,
) -> tuple[list[CostCurve], list[tuple[str, str]]]:
    """The curve of every set; by the set's name what could not be known of its cost."""
    from vervet.analysis.cost_curves import cost_curve

    curves: list[CostCurve] = []
    notes: list[tuple[str, str]] = []
    wanted: Sequence[str | None] = sources or [None]
    for source in wanted:
        in_file = source is not None and is_file(source)
        named = [source] if source is not None else None
        for one in map(warn_of_stopping, count_sets(config, named, label)):
            if in_file:
                spender, said = _of_file(one, given)
            else:
                spender, said = _of_run(config, one, given)
            notes += [(one.label, each) for each in (*said, *one.remarks)]
            curves.append(cost_curve(one.label, one.n, one.c, spender, ks=ks, names=one.names))
    return curves, notes


def gathered(said: Sequence[tuple[str, str]]) -> list[str]:
    """One sentence each, with the names of all that it holds for."""
    names: dict[str, list[str]] = {}
    for label, each in said:
        names.setdefault(each, []).append(label)
    most = 3
    return [
        f"{', '.join(labels[:most])}"
        + (f" and {len(labels) - most} more" if len(labels) > most else "")
        + f": {each}"
        for each, labels in names.items()
    ]


def _of_file(one: CountSet, given: CostGiven) -> tuple[Spender, list[str]]:
    from vervet.analysis.cost import Usage
    from vervet.analysis.cost_curves import Spender

    if given.prompt_tokens is None or given.decoded_tokens is None:
        raise AnalysisError(
            f"counts alone do not say what a candidate of {one.label!r} took",
            hint="Give --prompt-tokens and --decoded-tokens, both on average.",
        )
    usage = Usage(given.prompt_tokens, given.decoded_tokens)
    shape, said = _known_shape(one.model, given)
    prices = given.prices.price_of(one.model)
    price, more = _price({row.provider: (row.input_usd, row.output_usd) for row in prices}, given)
    spender = Spender(usage, shape, price, given.per_request or 1, given.cpu_usd_hour)
    return spender, [*said, *more, "the verifier's time is unknown and not counted"]


def _of_run(config: RunConfig, one: CountSet, given: CostGiven) -> tuple[Spender, list[str]]:
    from vervet.analysis.cost import Usage
    from vervet.analysis.cost_curves import Spender
    from vervet.store.prices import run_costs, save_prices

    with open_runs(config, [one.label]) as (database, [run]):
        if given.prices.rows:
            with database.write() as conn:
                save_prices(conn, given.prices.rows)
        with database.read() as conn:
            rows = [row for row in run_costs(conn, run.id) if row.problem in set(one.names)]
    first = list({row.problem: row for row in rows}.values())
    candidates = sum(row.candidates for row in first)
    said: list[str] = []
    prompt, decoded = given.prompt_tokens, given.decoded_tokens
    if prompt is None:
        told = [row.prompt_tokens for row in first if row.prompt_tokens is not None]
        prompt = sum(told) / len(told) if told else 0.0
        if len(told) < len(first):
            missing = len(first) - len(told)
            said.append(
                f"the prompts of {missing} of {len(first)} problems have no token count: "
                + ("they are left out (--prompt-tokens)" if not told else "the mean is taken")
            )
    if decoded is None:
        decoded = sum(row.decoded_tokens for row in first) / candidates
        if decoded == 0.0:
            said.append("no candidate says how many tokens it has: give --decoded-tokens")
    seconds = sum(row.verifier_cpu_s for row in first) / candidates
    shape, more = _known_shape(one.model, given)
    offers = {
        row.provider: (row.input_usd, row.output_usd)
        for row in rows
        if row.provider is not None and row.input_usd is not None and row.output_usd is not None
    }
    price, most = _price(offers, given)
    shared = given.per_request or int(run.config.get("samples_per_request") or 1)
    usage = Usage(prompt, decoded, seconds)
    return Spender(usage, shape, price, shared, given.cpu_usd_hour), [*said, *more, *most]


def _known_shape(model: str, given: CostGiven) -> tuple[ModelShape | None, list[str]]:
    from vervet.analysis.cost_shapes import known_shape

    shape = given.shape or given.prices.shape_of(model) or known_shape(model) or _shipped(model)
    unknown = [f"the shape of {model} is unknown, so its FLOPs are (--shape P,L,D)"]
    return shape, [] if shape else unknown


def _shipped(model: str) -> ModelShape | None:
    """The shape of a model that comes with Vervet."""
    engine, _, name = model.partition(":")
    folder = Path(embedded.__file__).parent / "weights" / name
    return _shape_at(folder) if engine == "embedded" and name and folder.is_dir() else None


def _price(
    offers: dict[str, tuple[float, float]], given: CostGiven
) -> tuple[Price | None, list[str]]:
    """The price of the provider that was named, or of the only one there is."""
    from vervet.analysis.cost import Price

    if given.provider is not None:
        offers = {name: price for name, price in offers.items() if name == given.provider}
    if len(offers) > 1:
        names = ", ".join(repr(name) for name in sorted(offers))
        return None, [f"several providers have a price ({names}): name one with --provider"]
    if not offers:
        return None, ["it has no price, so its USD are unknown (--prices FILE)"]
    [(asked, paid)] = offers.values()
    return Price(asked, paid), []
