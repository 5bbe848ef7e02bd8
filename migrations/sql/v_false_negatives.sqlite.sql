-- One row per check that a reference (a candidate of a run with the engine `references`) missed
-- in its first normal attempt, where its verdict under that run's verifier, environment and
-- settlement is no pass; one row without a check where it missed none that can be named.
-- `message` is that of the check's evidence, or else of the attempt; only the first checks that
-- were missed have evidence, whose bytes are in `blobs`. `cause` is the finding of the latest
-- audit of false negatives that has one on the solution.
WITH RECURSIVE failing AS (
    SELECT DISTINCT
        runs.id AS run_id,
        runs.name AS run,
        candidates.solution_id,
        verdicts.status,
        verdicts.code,
        runs.verifier_digest,
        runs.environment_digest
    FROM runs
    JOIN candidates ON candidates.run_id = runs.id
    JOIN verdicts
        ON verdicts.solution_id = candidates.solution_id
        AND verdicts.verifier_digest = runs.verifier_digest
        AND verdicts.environment_digest = runs.environment_digest
        AND verdicts.settlement = runs.settlement
        AND verdicts.status <> 'passed'
        AND NOT verdicts.unsettled
    WHERE runs.engine = 'references'
),
told AS (
    SELECT
        failing.run_id,
        failing.run,
        failing.solution_id,
        failing.status,
        failing.code,
        attempts.id AS attempt_id,
        attempts.message,
        attempts.outcomes,
        attempts.n_checks
    FROM failing
    LEFT JOIN attempts
        ON attempts.solution_id = failing.solution_id
        AND attempts.verifier_digest = failing.verifier_digest
        AND attempts.environment_digest = failing.environment_digest
        AND attempts.condition = 'normal'
        AND attempts.infra_try = 0
        AND attempts.ordinal = (
            SELECT MIN(tried.ordinal)
            FROM attempts AS tried
            WHERE tried.solution_id = failing.solution_id
                AND tried.verifier_digest = failing.verifier_digest
                AND tried.environment_digest = failing.environment_digest
                AND tried.condition = 'normal'
                AND tried.infra_try = 0
        )
),
numbers (n) AS (
    SELECT 0
    UNION ALL
    SELECT n + 1 FROM numbers WHERE n + 1 < (SELECT MAX(n_checks) FROM told)
),
latest AS (
    SELECT audit_items.solution_id, MAX(audits.id) AS audit_id
    FROM audits
    JOIN audit_items ON audit_items.audit_id = audits.id
    WHERE audits.kind = 'false-negatives'
    GROUP BY audit_items.solution_id
),
causes AS (
    SELECT latest.solution_id, MAX(audit_items.finding) AS cause
    FROM latest
    JOIN audit_items
        ON audit_items.audit_id = latest.audit_id
        AND audit_items.solution_id = latest.solution_id
    GROUP BY latest.solution_id
)
SELECT
    told.run_id,
    told.run,
    suites.name AS suite,
    problems.name AS problem,
    told.solution_id,
    solutions.digest AS solution,
    told.status,
    told.code,
    told.attempt_id,
    numbers.n AS check_ordinal,
    checks.name AS check_name,
    COALESCE(checks.message, told.message) AS message,
    checks.expected_digest,
    checks.actual_digest,
    causes.cause
FROM told
JOIN solutions ON solutions.id = told.solution_id
JOIN problems ON problems.id = solutions.problem_id
JOIN suites ON suites.id = problems.suite_id
LEFT JOIN numbers
    ON numbers.n < told.n_checks
    -- SQLite reads a byte as two hex digits: checks 0 and 1 of its four are in the second one.
    AND (instr(
        '0123456789ABCDEF',
        substr(hex(substr(told.outcomes, numbers.n / 4 + 1, 1)), 2 - numbers.n % 4 / 2, 1)
    ) - 1) >> (numbers.n % 2 * 2) & 3 > 1
LEFT JOIN checks
    ON checks.attempt_id = told.attempt_id
    AND checks.ordinal = numbers.n
LEFT JOIN causes ON causes.solution_id = told.solution_id
