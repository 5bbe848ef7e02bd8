"""The price table, and what the candidates of a run took, from the view `v_costs`.

A price is dated and never changed: a new one begins where it is valid from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Integer, column, select, table, update

from vervet.store.rows import insert_new
from vervet.store.schema import prices

__all__ = ["ALWAYS", "CostRow", "PriceRow", "load_prices", "run_costs", "save_prices"]

ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
"""From when a price holds that has no date."""


@dataclass(frozen=True, slots=True)
class PriceRow:
    """USD per million tokens of prompt and completion; `model` as a run spells it, with or
    without its engine."""

    model: str
    provider: str
    input_usd: float
    output_usd: float
    valid_from: datetime = ALWAYS
    source: str = ""


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one problem of a run took; one row per provider with a price. See `v_costs`."""

    problem: str
    candidates: int
    prompt_tokens: int | None
    decoded_tokens: int
    attempts: int
    verifier_cpu_s: float
    verifier_wall_s: float
    provider: str | None
    input_usd: float | None
    output_usd: float | None


_VIEW = table(
    "v_costs",
    column("run_id", Integer),
    column("position", Integer),
    *(column(name) for name in CostRow.__slots__),
)


def save_prices(conn: Connection, rows: Sequence[PriceRow]) -> int:
    """Write prices; one of the same model, provider and date is corrected. How many were new."""
    before = set(load_prices(conn))
    known = {_key(row) for row in before}
    fresh = {_key(row): row for row in rows}
    insert_new(conn, prices, [asdict(fresh[key]) for key in sorted(fresh) if key not in known])
    for key in fresh.keys() & known:
        if fresh[key] not in before:
            conn.execute(
                update(prices)
                .where(
                    prices.c.model == key[0],
                    prices.c.provider == key[1],
                    prices.c.valid_from == key[2],
                )
                .values(**asdict(fresh[key]))
            )
    return len(fresh.keys() - known)


def load_prices(conn: Connection) -> list[PriceRow]:
    """The whole table, by model, provider and date."""
    query = select(*(prices.c[name] for name in PriceRow.__slots__)).order_by(
        prices.c.model, prices.c.provider, prices.c.valid_from
    )
    return [PriceRow(**row) for row in conn.execute(query).mappings()]


def run_costs(conn: Connection, run_id: int) -> list[CostRow]:
    """All rows of a run from the view, in the order of its problems."""
    query = (
        select(*(_VIEW.c[name] for name in CostRow.__slots__))
        .where(_VIEW.c.run_id == run_id)
        .order_by(_VIEW.c.position, _VIEW.c.provider)
    )
    return [CostRow(**row) for row in conn.execute(query).mappings()]


def _key(row: PriceRow) -> tuple[str, str, datetime]:
    return row.model, row.provider, row.valid_from
