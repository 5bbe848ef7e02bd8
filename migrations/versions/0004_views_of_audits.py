"""The views of what audits look for: `v_flaky_checks` and `v_false_negatives`; no table changes.

Revision: 0004
Before: 0003
"""

from __future__ import annotations

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing: `env.py` makes all views anew after the last revision."""


def downgrade() -> None:
    raise NotImplementedError("restore a copy of the database: verdicts are never dropped")
