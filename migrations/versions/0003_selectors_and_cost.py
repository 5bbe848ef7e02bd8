"""Classes of equal answers, tokens of prompts; the views of selectors and of cost.

Revision: 0003
Before: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")


def upgrade() -> None:
    op.add_column(
        "candidates",
        sa.Column("prompt_tokens", sa.Integer(), nullable=True, comment="as the model read it"),
    )
    op.create_table(
        "answer_classes",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("solution_id", ID, nullable=False),
        sa.Column("class_id", ID, nullable=False, comment="the lowest id of equal solutions"),
        sa.Column(
            "conflicts", sa.Integer(), nullable=False, comment="of its own class, told apart"
        ),
        sa.Column("undecided", sa.Integer(), nullable=False, comment="comparisons without result"),
        sa.Column("compared_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_answer_classes_run_id")),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_answer_classes_solution_id")
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["solutions.id"], name=op.f("fk_answer_classes_class_id")
        ),
        sa.PrimaryKeyConstraint("run_id", "solution_id", name=op.f("pk_answer_classes")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore a copy of the database: verdicts are never dropped")
