-- One row per attempt: what was tried on which solution, where, when, and what it said,
-- beside the verdict that the solution has now under the rule `first`.
SELECT
    suites.name AS suite,
    problems.name AS problem,
    solutions.id AS solution_id,
    solutions.digest AS solution,
    attempts.id AS attempt_id,
    attempts.verifier_digest,
    attempts.environment_digest,
    attempts.condition,
    attempts.ordinal,
    attempts.infra_try,
    attempts.status,
    attempts.code,
    attempts.flags,
    attempts.message,
    attempts.n_checks,
    attempts.wall_s,
    attempts.cpu_user_s + attempts.cpu_system_s AS cpu_s,
    attempts.peak_memory,
    attempts.host,
    attempts.worker,
    attempts.layers,
    attempts.started_at,
    attempts.finished_at,
    attempts.batch_id,
    verdicts.status AS verdict,
    verdicts.flags AS verdict_flags,
    verdicts.settled_at
FROM attempts
JOIN solutions ON solutions.id = attempts.solution_id
JOIN problems ON problems.id = solutions.problem_id
JOIN suites ON suites.id = problems.suite_id
LEFT JOIN verdicts
    ON verdicts.solution_id = attempts.solution_id
    AND verdicts.verifier_digest = attempts.verifier_digest
    AND verdicts.environment_digest = attempts.environment_digest
    AND verdicts.settlement = 'first'
