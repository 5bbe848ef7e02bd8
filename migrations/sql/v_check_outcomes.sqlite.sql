-- One row per check of an attempt: the two-bit outcomes of `attempts.outcomes`, first lowest.
WITH RECURSIVE numbers (n) AS (
    SELECT 0
    UNION ALL
    SELECT n + 1 FROM numbers WHERE n + 1 < (SELECT MAX(n_checks) FROM attempts)
)
SELECT
    attempts.id AS attempt_id,
    attempts.solution_id,
    numbers.n AS check_ordinal,
    -- SQLite reads a byte as two hex digits: checks 0 and 1 of its four are in the second one.
    CASE
        (instr(
            '0123456789ABCDEF',
            substr(hex(substr(attempts.outcomes, numbers.n / 4 + 1, 1)), 2 - numbers.n % 4 / 2, 1)
        ) - 1) >> (numbers.n % 2 * 2) & 3
        WHEN 0 THEN 'not_run'
        WHEN 1 THEN 'passed'
        WHEN 2 THEN 'failed'
        ELSE 'error'
    END AS outcome
FROM attempts
JOIN numbers ON numbers.n < attempts.n_checks
