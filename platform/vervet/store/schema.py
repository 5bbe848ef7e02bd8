"""Every table, as SQLAlchemy Core sees it. The migrations make them; a test keeps both equal.

Rows refer to problems and solutions by number, to bytes (completions, solutions' texts,
outputs) by content digest: each text is kept once, compressed, in `blobs`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from vervet.store.types import Id, UtcDateTime

__all__ = [
    "answer_classes",
    "attempts",
    "audit_items",
    "audits",
    "batch_items",
    "batches",
    "blobs",
    "candidates",
    "checks",
    "environments",
    "metadata",
    "prices",
    "problems",
    "reference_solutions",
    "run_counters",
    "runs",
    "scores",
    "solutions",
    "suites",
    "verdicts",
    "verifiers",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Digest = String(64)
Word = Text()

blobs = Table(
    "blobs",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("size", BigInteger, nullable=False, comment="bytes before compression"),
    Column("data", LargeBinary, nullable=False, comment="zlib"),
)

environments = Table(
    "environments",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("content", JSON, nullable=False),
)

verifiers = Table(
    "verifiers",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("content", JSON, nullable=False),
)

suites = Table(
    "suites",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("digest", "name"),
)

problems = Table(
    "problems",
    metadata,
    Column("id", Id, primary_key=True),
    Column("suite_id", Id, ForeignKey("suites.id"), nullable=False),
    Column("name", Text, nullable=False, comment="the problem's own id"),
    Column("position", Integer, nullable=False),
    Column("digest", Digest, nullable=False),
    Column("kind", Word, nullable=False),
    Column("prompt", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("stop", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    UniqueConstraint("suite_id", "name"),
)

reference_solutions = Table(
    "reference_solutions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("problem_id", Id, ForeignKey("problems.id"), nullable=False),
    Column("completion_digest", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("origin", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("problem_id", "completion_digest"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("suite_id", Id, ForeignKey("suites.id"), nullable=False, index=True),
    Column("engine", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("model_revision", Text),
    Column("model_digest", Text),
    Column("sampling", JSON, nullable=False),
    Column("config", JSON, nullable=False),
    Column("code_digest", Digest, nullable=False),
    Column("verifier_digest", Digest, nullable=False),
    Column("environment_digest", Digest, nullable=False),
    Column("settlement", Word, nullable=False),
    Column("n", Integer, nullable=False, comment="candidates per problem"),
    Column("seed", BigInteger, nullable=False),
    Column("state", Word, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("stages", JSON, nullable=False, comment="seconds by stage"),
)

run_counters = Table(
    "run_counters",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True),
    Column("name", Word, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

solutions = Table(
    "solutions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("problem_id", Id, ForeignKey("problems.id"), nullable=False),
    Column("digest", Digest, nullable=False),
    Column("kind", Word, nullable=False),
    Column("malformed", Word, nullable=False, comment="why nothing was extracted, or empty"),
    Column("text_digest", Digest, ForeignKey("blobs.digest"), nullable=False),
    UniqueConstraint("problem_id", "digest"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", Id, primary_key=True),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False),
    Column("problem_id", Id, ForeignKey("problems.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("solution_id", Id, ForeignKey("solutions.id"), nullable=False),
    Column("completion_digest", Digest, ForeignKey("blobs.digest"), nullable=False),
    Column("finish_reason", Word, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("mean_logprob", Float, comment="per token, in nats"),
    Column("claimed", Word, comment="the status that came with the data"),
    Column("prompt_tokens", Integer, comment="as the model read it"),
    UniqueConstraint("run_id", "problem_id", "ordinal"),
    Index(None, "solution_id", "run_id"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False),
    Column("kind", Word, nullable=False),
    Column("verifier_digest", Digest, nullable=False),
    Column("environment_digest", Digest, nullable=False),
    Column("condition", Word, nullable=False),
    Column("parent_id", String(32), ForeignKey("batches.id")),
    Column("state", Word, nullable=False),
    Column("token", String(32)),
    Column("worker", Text),
    Column("lease_until", UtcDateTime),
    Column("tries", Integer, nullable=False, comment="times it was claimed"),
    Column("deaths", Integer, nullable=False, comment="claims that ended without a word"),
    Column("publishes", Integer, nullable=False),
    Column("published_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index(None, "run_id", "state"),
    Index(None, "state", "published_at"),
)

batch_items = Table(
    "batch_items",
    metadata,
    Column("batch_id", String(32), ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("solution_id", Id, ForeignKey("solutions.id"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False, comment="of the attempt to make"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("solution_id", Id, ForeignKey("solutions.id"), nullable=False),
    Column("verifier_digest", Digest, nullable=False),
    Column("environment_digest", Digest, nullable=False),
    Column("condition", Word, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("infra_try", Integer, nullable=False, comment="0, or the count of infra_errors"),
    Column("status", Word, nullable=False),
    Column("code", Text, nullable=False),
    Column("flags", Text, nullable=False, comment="sorted, commas between"),
    Column("message", Text, nullable=False),
    Column("n_checks", Integer, nullable=False),
    Column("outcomes", LargeBinary, nullable=False, comment="two bits a check, first lowest"),
    Column("wall_s", Float, nullable=False),
    Column("cpu_user_s", Float, nullable=False),
    Column("cpu_system_s", Float, nullable=False),
    Column("peak_memory", BigInteger, nullable=False),
    Column("output", BigInteger, nullable=False),
    Column("run_delay_s", Float, nullable=False),
    Column("host", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("layers", Text, nullable=False, comment="of isolation, commas between"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
    Column("batch_id", String(32), ForeignKey("batches.id")),
    UniqueConstraint(
        "solution_id",
        "verifier_digest",
        "environment_digest",
        "condition",
        "ordinal",
        "infra_try",
        name="uq_attempts_key",
    ),
    CheckConstraint("(status = 'infra_error') = (infra_try > 0)", name="infra_try"),
    Index(
        "ix_attempts_infra",
        "solution_id",
        sqlite_where=text("infra_try > 0"),
        postgresql_where=text("infra_try > 0"),
    ),
)

checks = Table(
    "checks",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempts.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("expected_digest", Digest, ForeignKey("blobs.digest")),
    Column("actual_digest", Digest, ForeignKey("blobs.digest")),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("solution_id", Id, ForeignKey("solutions.id"), primary_key=True),
    Column("verifier_digest", Digest, primary_key=True),
    Column("environment_digest", Digest, primary_key=True),
    Column("settlement", Word, primary_key=True),
    Column("status", Word, nullable=False),
    Column("code", Text, nullable=False),
    Column("flags", Text, nullable=False, comment="sorted, commas between"),
    Column("counts_as_passed", Boolean, nullable=False),
    Column("unsettled", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("settled_at", UtcDateTime, nullable=False),
    CheckConstraint("status <> 'infra_error'", name="no_infra_error"),
)

scores = Table(
    "scores",
    metadata,
    Column("candidate_id", Id, ForeignKey("candidates.id"), primary_key=True),
    Column("scorer_digest", Digest, primary_key=True),
    Column("scorer", Text, nullable=False),
    Column("value", Float, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

answer_classes = Table(
    "answer_classes",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True),
    Column("solution_id", Id, ForeignKey("solutions.id"), primary_key=True),
    Column(
        "class_id",
        Id,
        ForeignKey("solutions.id"),
        nullable=False,
        comment="the lowest id of equal solutions",
    ),
    Column("conflicts", Integer, nullable=False, comment="of its own class, told apart"),
    Column("undecided", Integer, nullable=False, comment="comparisons without result"),
    Column("compared_at", UtcDateTime, nullable=False),
)

audits = Table(
    "audits",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Word, nullable=False),
    Column("run_id", Id, ForeignKey("runs.id"), index=True),
    Column("config", JSON, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", Word, nullable=False),
    Column("summary", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

audit_items = Table(
    "audit_items",
    metadata,
    Column("audit_id", Id, ForeignKey("audits.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("problem_id", Id, ForeignKey("problems.id"), nullable=False),
    Column("solution_id", Id, ForeignKey("solutions.id")),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("finding", Word, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("against_attempt_id", Id, ForeignKey("attempts.id")),
)

prices = Table(
    "prices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("model", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("input_usd", Float, nullable=False, comment="per million tokens"),
    Column("output_usd", Float, nullable=False, comment="per million tokens"),
    Column("source", Text, nullable=False),
    UniqueConstraint("model", "provider", "valid_from"),
)
