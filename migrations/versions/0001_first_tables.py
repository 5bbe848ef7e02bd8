"""All tables of the first version, and the triggers that keep attempts as they were written.

Revision: 0001
Before: nothing
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True).with_variant(sa.String(32), "sqlite")

APPEND_ONLY = ("attempts", "checks")


def upgrade() -> None:
    _texts()
    _suites()
    _runs()
    _batches()
    _attempts()
    _audits()
    _forbid_changes()


def downgrade() -> None:
    raise NotImplementedError("restore a copy of the database: verdicts are never dropped")


def _texts() -> None:
    op.create_table(
        "blobs",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes before compression"),
        sa.Column("data", sa.LargeBinary(), nullable=False, comment="zlib"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blobs")),
    )
    op.create_table(
        "environments",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_environments")),
    )
    op.create_table(
        "verifiers",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_verifiers")),
    )


def _suites() -> None:
    op.create_table(
        "suites",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suites")),
        sa.UniqueConstraint("digest", "name", name=op.f("uq_suites_digest_name")),
    )
    op.create_table(
        "problems",
        sa.Column("id", ID, nullable=False),
        sa.Column("suite_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="the problem's own id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("spec", sa.JSON(), nullable=False),
        sa.Column("stop", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["suite_id"], ["suites.id"], name=op.f("fk_problems_suite_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problems")),
        sa.UniqueConstraint("suite_id", "name", name=op.f("uq_problems_suite_id_name")),
    )
    op.create_table(
        "reference_solutions",
        sa.Column("id", ID, nullable=False),
        sa.Column("problem_id", ID, nullable=False),
        sa.Column("completion_digest", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["completion_digest"],
            ["blobs.digest"],
            name=op.f("fk_reference_solutions_completion_digest"),
        ),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problems.id"], name=op.f("fk_reference_solutions_problem_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_solutions")),
        sa.UniqueConstraint(
            "problem_id",
            "completion_digest",
            name=op.f("uq_reference_solutions_problem_id_completion_digest"),
        ),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("suite_id", ID, nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("model_revision", sa.Text(), nullable=True),
        sa.Column("model_digest", sa.Text(), nullable=True),
        sa.Column("sampling", sa.JSON(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("verifier_digest", sa.String(length=64), nullable=False),
        sa.Column("environment_digest", sa.String(length=64), nullable=False),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="candidates per problem"),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("stages", sa.JSON(), nullable=False, comment="seconds by stage"),
        sa.ForeignKeyConstraint(["suite_id"], ["suites.id"], name=op.f("fk_runs_suite_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("name", name=op.f("uq_runs_name")),
    )
    op.create_index(op.f("ix_runs_suite_id"), "runs", ["suite_id"], unique=False)
    op.create_table(
        "run_counters",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_counters_run_id")),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_run_counters")),
    )
    op.create_table(
        "solutions",
        sa.Column("id", ID, nullable=False),
        sa.Column("problem_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "malformed", sa.Text(), nullable=False, comment="why nothing was extracted, or empty"
        ),
        sa.Column("text_digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problems.id"], name=op.f("fk_solutions_problem_id")
        ),
        sa.ForeignKeyConstraint(
            ["text_digest"], ["blobs.digest"], name=op.f("fk_solutions_text_digest")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solutions")),
        sa.UniqueConstraint("problem_id", "digest", name=op.f("uq_solutions_problem_id_digest")),
    )
    op.create_table(
        "candidates",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("problem_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("solution_id", ID, nullable=False),
        sa.Column("completion_digest", sa.String(length=64), nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("mean_logprob", sa.Float(), nullable=True, comment="per token, in nats"),
        sa.Column(
            "claimed", sa.Text(), nullable=True, comment="the status that came with the data"
        ),
        sa.ForeignKeyConstraint(
            ["completion_digest"], ["blobs.digest"], name=op.f("fk_candidates_completion_digest")
        ),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problems.id"], name=op.f("fk_candidates_problem_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_candidates_run_id")),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_candidates_solution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidates")),
        sa.UniqueConstraint(
            "run_id", "problem_id", "ordinal", name=op.f("uq_candidates_run_id_problem_id_ordinal")
        ),
    )
    op.create_index(
        op.f("ix_candidates_solution_id_run_id"),
        "candidates",
        ["solution_id", "run_id"],
        unique=False,
    )


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("verifier_digest", sa.String(length=64), nullable=False),
        sa.Column("environment_digest", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False, comment="times it was claimed"),
        sa.Column(
            "deaths", sa.Integer(), nullable=False, comment="claims that ended without a word"
        ),
        sa.Column("publishes", sa.Integer(), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["batches.id"], name=op.f("fk_batches_parent_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batches_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_run_id_state"), "batches", ["run_id", "state"], unique=False)
    op.create_index(
        op.f("ix_batches_state_published_at"), "batches", ["state", "published_at"], unique=False
    )
    op.create_table(
        "batch_items",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("solution_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="of the attempt to make"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id")),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_batch_items_solution_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_batch_items")),
    )
    op.create_index(
        op.f("ix_batch_items_solution_id"), "batch_items", ["solution_id"], unique=False
    )


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("solution_id", ID, nullable=False),
        sa.Column("verifier_digest", sa.String(length=64), nullable=False),
        sa.Column("environment_digest", sa.String(length=64), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column(
            "infra_try", sa.Integer(), nullable=False, comment="0, or the count of infra_errors"
        ),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False, comment="sorted, commas between"),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("n_checks", sa.Integer(), nullable=False),
        sa.Column(
            "outcomes", sa.LargeBinary(), nullable=False, comment="two bits a check, first lowest"
        ),
        sa.Column("wall_s", sa.Float(), nullable=False),
        sa.Column("cpu_user_s", sa.Float(), nullable=False),
        sa.Column("cpu_system_s", sa.Float(), nullable=False),
        sa.Column("peak_memory", sa.BigInteger(), nullable=False),
        sa.Column("output", sa.BigInteger(), nullable=False),
        sa.Column("run_delay_s", sa.Float(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("layers", sa.Text(), nullable=False, comment="of isolation, commas between"),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=True),
        sa.CheckConstraint(
            "(status = 'infra_error') = (infra_try > 0)", name=op.f("ck_attempts_infra_try")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_attempts_batch_id")),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_attempts_solution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint(
            "solution_id",
            "verifier_digest",
            "environment_digest",
            "condition",
            "ordinal",
            "infra_try",
            name="uq_attempts_key",
        ),
    )
    op.create_index(
        "ix_attempts_infra",
        "attempts",
        ["solution_id"],
        unique=False,
        sqlite_where=sa.text("infra_try > 0"),
        postgresql_where=sa.text("infra_try > 0"),
    )
    op.create_table(
        "checks",
        sa.Column("attempt_id", ID, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("expected_digest", sa.String(length=64), nullable=True),
        sa.Column("actual_digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["actual_digest"], ["blobs.digest"], name=op.f("fk_checks_actual_digest")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_checks_attempt_id")),
        sa.ForeignKeyConstraint(
            ["expected_digest"], ["blobs.digest"], name=op.f("fk_checks_expected_digest")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "ordinal", name=op.f("pk_checks")),
    )
    op.create_table(
        "verdicts",
        sa.Column("solution_id", ID, nullable=False),
        sa.Column("verifier_digest", sa.String(length=64), nullable=False),
        sa.Column("environment_digest", sa.String(length=64), nullable=False),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False, comment="sorted, commas between"),
        sa.Column("counts_as_passed", sa.Boolean(), nullable=False),
        sa.Column("unsettled", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=False),
        sa.CheckConstraint("status <> 'infra_error'", name=op.f("ck_verdicts_no_infra_error")),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_verdicts_solution_id")
        ),
        sa.PrimaryKeyConstraint(
            "solution_id",
            "verifier_digest",
            "environment_digest",
            "settlement",
            name=op.f("pk_verdicts"),
        ),
    )


def _audits() -> None:
    op.create_table(
        "scores",
        sa.Column("candidate_id", ID, nullable=False),
        sa.Column("scorer_digest", sa.String(length=64), nullable=False),
        sa.Column("scorer", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidates.id"], name=op.f("fk_scores_candidate_id")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "scorer_digest", name=op.f("pk_scores")),
    )
    op.create_table(
        "audits",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run_id", ID, nullable=True),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_audits_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
        sa.UniqueConstraint("name", name=op.f("uq_audits_name")),
    )
    op.create_index(op.f("ix_audits_run_id"), "audits", ["run_id"], unique=False)
    op.create_table(
        "audit_items",
        sa.Column("audit_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("problem_id", ID, nullable=False),
        sa.Column("solution_id", ID, nullable=True),
        sa.Column("attempt_id", ID, nullable=True),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_audit_items_attempt_id")
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name=op.f("fk_audit_items_audit_id")),
        sa.ForeignKeyConstraint(
            ["problem_id"], ["problems.id"], name=op.f("fk_audit_items_problem_id")
        ),
        sa.ForeignKeyConstraint(
            ["solution_id"], ["solutions.id"], name=op.f("fk_audit_items_solution_id")
        ),
        sa.PrimaryKeyConstraint("audit_id", "position", name=op.f("pk_audit_items")),
    )
    op.create_table(
        "prices",
        sa.Column("id", ID, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("input_usd", sa.Float(), nullable=False, comment="per million tokens"),
        sa.Column("output_usd", sa.Float(), nullable=False, comment="per million tokens"),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
        sa.UniqueConstraint(
            "model", "provider", "valid_from", name=op.f("uq_prices_model_provider_valid_from")
        ),
    )


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} are append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION vervet_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION vervet_append_only()"
        )
