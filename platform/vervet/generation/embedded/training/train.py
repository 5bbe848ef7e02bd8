"""Trains one family and writes its folder: weights, tokenizer, log and card.

    python -m vervet.generation.embedded.training.train --family code [--out DIR] [--minutes 3]

One thread, seeded; with `--steps` (the default) a run can be repeated, `--minutes` is for checks.
"""

from __future__ import annotations

import argparse
import json
import logging
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from vervet.generation.embedded.training.batches import Batch, batches, ids
from vervet.generation.embedded.training.card import card
from vervet.generation.embedded.training.export import tensors, write_model
from vervet.generation.embedded.training.family import (
    FAMILIES,
    SEED,
    WEIGHTS,
    Corpus,
    Family,
    family,
)
from vervet.generation.embedded.training.network import Llama, Shape, fourier

log = logging.getLogger("vervet.train")

RATE = 1.5e-3
BATCH = 48
WARM_UP = 50
# The rate is flat up to here and then falls linearly to LAST_RATE of itself.
FLAT_UNTIL = 0.5
LAST_RATE = 0.02
DECAY = 0.02
LOG_EVERY = 50


@dataclass(slots=True)
class Clock:
    """How far the training is, from 0 to 1: by steps, or by time where minutes are given."""

    steps: int
    minutes: float | None
    done: int = 0
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def progress(self) -> float:
        """The share that is done."""
        if self.minutes is not None:
            return min(self.seconds / (60.0 * self.minutes), 1.0)
        return min(self.done / self.steps, 1.0)

    def rate(self) -> float:
        """The factor on the learning rate."""
        share = self.progress()
        fall = max(share - FLAT_UNTIL, 0.0) / (1.0 - FLAT_UNTIL)
        return min(1.0, (self.done + 1) / WARM_UP) * (1.0 - (1.0 - LAST_RATE) * fall)


def build(chosen: Family, seed: int) -> Llama:
    """A fresh network with Fourier features as embeddings of numbers and letters."""
    torch.manual_seed(seed)
    vocabulary = ids(chosen)
    padded = -(-len(vocabulary) // 8) * 8
    twin_of = list(range(padded))
    for text, other in chosen.twins.items():
        twin_of[vocabulary[text]] = vocabulary[other]
    network = Llama(Shape(vocab_size=padded), twin_of)
    with torch.no_grad():
        for text, number in chosen.numbers.items():
            features = fourier(number, network.shape.hidden_size)
            network.embedding[vocabulary[text]] = features
            network.lm_head.weight[vocabulary[text]] = 0.05 * features
        # Letters are in order too; what is common to them tells them from the numbers.
        apart = torch.randn(network.shape.hidden_size)
        for text, place in chosen.letters.items():
            features = fourier(place, network.shape.hidden_size)
            network.embedding[vocabulary[text]] = features + apart
            network.lm_head.weight[vocabulary[text]] = 0.05 * features
    return network


def loss_of(network: Llama, batch: Batch) -> torch.Tensor:
    """Mean cross-entropy in nats over the counted tokens."""
    tokens = torch.from_numpy(batch.tokens)
    counted = torch.from_numpy(batch.counted)[:, 1:]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        hidden = network(tokens[:, :-1])
        logits = network.lm_head(hidden[counted])
    return functional.cross_entropy(logits.float(), tokens[:, 1:][counted])


def fit(chosen: Family, corpus: Corpus, network: Llama, clock: Clock, seed: int) -> list[list[Any]]:
    """Train in place; the curve of the loss as rows of step, seconds, nats a token."""
    matrices = [p for p in network.parameters() if p.dim() == 2]
    others = [p for p in network.parameters() if p.dim() != 2]
    groups = [
        {"params": matrices, "weight_decay": DECAY},
        {"params": others, "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98), fused=True)
    curve: list[list[Any]] = []
    recent: list[float] = []
    for batch in batches(chosen, corpus, BATCH, seed, clock.progress):
        for group in optimiser.param_groups:
            group["lr"] = RATE * clock.rate()
        loss = loss_of(network, batch)
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        recent.append(loss.item())
        clock.done += 1
        if clock.done % LOG_EVERY == 0:
            curve.append([clock.done, round(clock.seconds, 1), round(sum(recent) / len(recent), 4)])
            log.info("step %d  %.0f s  loss %.4f", *curve[-1])
            recent.clear()
        if clock.progress() >= 1.0:
            return curve
    raise AssertionError("batches are endless")


def main(arguments: list[str] | None = None) -> int:
    """Train one family as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", required=True, choices=sorted(FAMILIES))
    parser.add_argument("--out", type=Path, help="folder to write; the bundled one by default")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--steps", type=int, help="the family's own number by default")
    parser.add_argument("--minutes", type=float, help="stop by time instead, for checks")
    chosen_arguments = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    torch.set_num_threads(1)
    chosen = family(chosen_arguments.family)
    seed = chosen_arguments.seed
    out: Path = chosen_arguments.out or WEIGHTS / chosen.name
    # The files may change while they run, so what they are is asked first.
    commit, began = _commit(), datetime.now(UTC)
    started = time.perf_counter()
    corpus = chosen.corpus(seed)
    prepared = time.perf_counter() - started
    log.info("data ready after %.0f s: %s", prepared, corpus.facts())
    network = build(chosen, seed)
    clock = Clock(chosen_arguments.steps or chosen.steps, chosen_arguments.minutes)
    curve = fit(chosen, corpus, network, clock, seed)
    record = {
        "family": chosen.name,
        "commit": commit,
        "seed": seed,
        "data_digest": corpus.digest(),
        "data": corpus.facts(),
        "parameters": sum(weight.numel() for weight in tensors(network).values()),
        "steps": clock.done,
        "sequences": clock.done * BATCH,
        "batch": BATCH,
        "rate": RATE,
        "seconds": {"data": round(prepared, 1), "training": round(clock.seconds, 1)},
        "began": began.isoformat(timespec="seconds"),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version(), "torch": torch.__version__},
        "loss": {"columns": ["step", "seconds", "nats a token"], "rows": curve},
    }
    write_model(network, chosen.tokens, out)
    text = json.dumps(record, indent=1) + "\n"
    (out / "training.json").write_text(text, encoding="utf-8")
    (out / "README.md").write_text(card(chosen, record), encoding="utf-8")
    return 0


def _commit() -> str:
    """The commit of this script, with `+changed` where it differs from it."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=here, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("log", "-1", "--format=%H", "--", ".") or "unknown"
    return f"{commit}+changed" if git("status", "--porcelain", "--", ".") else commit


if __name__ == "__main__":
    raise SystemExit(main())
