"""An audit item may set one attempt against another; the view of what reference mode found.

Revision: 0002
Before: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("audit_items") as items:
        items.add_column(sa.Column("against_attempt_id", ID, nullable=True))
        items.create_foreign_key(
            op.f("fk_audit_items_against_attempt_id"), "attempts", ["against_attempt_id"], ["id"]
        )


def downgrade() -> None:
    raise NotImplementedError("restore a copy of the database: verdicts are never dropped")
