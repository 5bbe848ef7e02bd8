"""What an audit's findings do to coverage, as a section of its report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vervet.audit.effect import EffectRow, Row, RunEffect
from vervet.report.audit_document import Block, Column, Kind, Plot, Rows, Section, Words
from vervet.report.figures_audit import WAYS, effect_figure, effect_table
from vervet.report.words import percent, plural

__all__ = ["effects_section"]

SHOWN_RUNS = 5


def effects_section(
    effects: Sequence[RunEffect], affected: str, *, stem: str = "effect"
) -> Section:
    """Coverage of each run in each way; `affected` says which problems are meant.

    Figures are named after `stem`.
    """
    blocks: list[Block] = [Words(_opening(effects, affected))]
    for number, each in enumerate(effects[:SHOWN_RUNS], 1):
        blocks.extend(_of_run(f"{stem}-{number}", each))
    if len(effects) > SHOWN_RUNS:
        more = plural(len(effects) - SHOWN_RUNS, "more run")
        blocks.append(Words(f"Not shown: {more}; report.json has them.", quiet=True))
    title = "What it does to coverage"
    return Section(title if stem == "effect" else "What weak tests do to coverage", blocks)


def _opening(effects: Sequence[RunEffect], affected: str) -> str:
    if not effects:
        return "No run of these problems has candidates, so there is no coverage yet."
    if not any(each.effect.affected for each in effects):
        return "No problem of these runs is affected, so coverage stays as it is."
    return (
        f"Coverage (mean pass@k) with and without {affected}. The last two rows are bounds: "
        "whatever is true of those problems, coverage lies between them."
    )


def _of_run(name: str, of: RunEffect) -> Iterator[Block]:
    run, effect = of.run, of.effect
    if effect.affected and any(row.coverage for row in effect.rows):
        yield Plot(
            name,
            f"Coverage of run {run} against k in each way of counting "
            f"{plural(effect.affected, 'affected problem')}. The table below has the numbers.",
            lambda width, title: effect_figure(effect, title=title, width=width),
            effect_table(run, effect),
        )
    total = effect.row(Row.ALL)
    problems = plural(total.problems if total else 0, "problem")
    yield Rows(
        f"Run {run}: {effect.affected:,} of {problems} affected",
        [
            Column("Problems counted"),
            Column("Problems", Kind.NUMBER),
            *(Column(f"k = {k:,}", Kind.NUMBER) for k in effect.ks),
        ],
        [
            (WAYS[row.row], f"{row.problems:,}", *_cells(row, len(effect.ks)))
            for row in (effect.rows if effect.affected else effect.rows[:1])
        ],
    )


def _cells(row: EffectRow, count: int) -> list[str]:
    return ["–"] * count if row.coverage is None else [percent(share) for share in row.coverage]
