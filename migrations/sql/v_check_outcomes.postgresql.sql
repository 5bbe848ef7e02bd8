-- One row per check of an attempt: the two-bit outcomes of `attempts.outcomes`, first lowest.
SELECT
    attempts.id AS attempt_id,
    attempts.solution_id,
    numbers.n AS check_ordinal,
    CASE (get_byte(attempts.outcomes, numbers.n / 4) >> (numbers.n % 4 * 2)) & 3
        WHEN 0 THEN 'not_run'
        WHEN 1 THEN 'passed'
        WHEN 2 THEN 'failed'
        ELSE 'error'
    END AS outcome
FROM attempts
CROSS JOIN LATERAL generate_series(0, attempts.n_checks - 1) AS numbers (n)
