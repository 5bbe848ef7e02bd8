-- One row per check that was both met and missed by attempts under equal conditions: the same
-- solution, verifier, environment and condition. What ended in infra_error says nothing.
-- `attempts` are all of them, also those that did not come to this check; `passed` and `missed`
-- (failed or error) are those that did; `first_at` and `last_at` are of these. `check_name` is
-- null where no evidence names it. `is_reference` is 1 for a solution that is known to be right.
WITH RECURSIVE repeated AS (
    SELECT solution_id, verifier_digest, environment_digest, condition
    FROM attempts
    WHERE infra_try = 0
    GROUP BY solution_id, verifier_digest, environment_digest, condition
    HAVING COUNT(*) > 1
),
differing AS (
    SELECT
        attempts.solution_id,
        attempts.verifier_digest,
        attempts.environment_digest,
        attempts.condition,
        COUNT(*) AS attempts,
        MAX(attempts.n_checks) AS most_checks
    FROM repeated
    JOIN attempts
        ON attempts.solution_id = repeated.solution_id
        AND attempts.verifier_digest = repeated.verifier_digest
        AND attempts.environment_digest = repeated.environment_digest
        AND attempts.condition = repeated.condition
        AND attempts.infra_try = 0
    GROUP BY
        attempts.solution_id,
        attempts.verifier_digest,
        attempts.environment_digest,
        attempts.condition
    HAVING COUNT(DISTINCT attempts.outcomes) > 1
),
numbers (n) AS (
    SELECT 0
    UNION ALL
    SELECT n + 1 FROM numbers WHERE n + 1 < (SELECT MAX(most_checks) FROM differing)
),
unpacked AS (
    SELECT
        differing.solution_id,
        differing.verifier_digest,
        differing.environment_digest,
        differing.condition,
        differing.attempts,
        numbers.n AS check_ordinal,
        -- SQLite reads a byte as two hex digits: checks 0 and 1 of its four are in the second one.
        (instr(
            '0123456789ABCDEF',
            substr(hex(substr(tried.outcomes, numbers.n / 4 + 1, 1)), 2 - numbers.n % 4 / 2, 1)
        ) - 1) >> (numbers.n % 2 * 2) & 3 AS outcome,
        tried.started_at,
        tried.finished_at
    FROM differing
    JOIN attempts AS tried
        ON tried.solution_id = differing.solution_id
        AND tried.verifier_digest = differing.verifier_digest
        AND tried.environment_digest = differing.environment_digest
        AND tried.condition = differing.condition
        AND tried.infra_try = 0
    JOIN numbers ON numbers.n < tried.n_checks
),
counted AS (
    SELECT
        solution_id,
        verifier_digest,
        environment_digest,
        condition,
        attempts,
        check_ordinal,
        SUM(CASE WHEN outcome = 1 THEN 1 ELSE 0 END) AS passed,
        SUM(CASE WHEN outcome > 1 THEN 1 ELSE 0 END) AS missed,
        MIN(started_at) AS first_at,
        MAX(finished_at) AS last_at
    FROM unpacked
    WHERE outcome > 0
    GROUP BY
        solution_id, verifier_digest, environment_digest, condition, attempts, check_ordinal
    HAVING MIN(outcome) = 1 AND MAX(outcome) > 1
)
SELECT
    suites.name AS suite,
    problems.name AS problem,
    counted.solution_id,
    solutions.digest AS solution,
    counted.check_ordinal,
    (
        SELECT MAX(checks.name)
        FROM attempts
        JOIN checks ON checks.attempt_id = attempts.id
        WHERE attempts.solution_id = counted.solution_id
            AND attempts.verifier_digest = counted.verifier_digest
            AND attempts.environment_digest = counted.environment_digest
            AND attempts.condition = counted.condition
            AND checks.ordinal = counted.check_ordinal
            AND checks.outcome > 0
    ) AS check_name,
    counted.verifier_digest,
    counted.environment_digest,
    counted.condition,
    counted.attempts,
    counted.passed,
    counted.missed,
    counted.first_at,
    counted.last_at,
    CASE WHEN EXISTS (
        SELECT 1
        FROM candidates
        JOIN runs ON runs.id = candidates.run_id
        WHERE candidates.solution_id = counted.solution_id AND runs.engine = 'references'
    ) THEN 1 ELSE 0 END AS is_reference
FROM counted
JOIN solutions ON solutions.id = counted.solution_id
JOIN problems ON problems.id = solutions.problem_id
JOIN suites ON suites.id = problems.suite_id
