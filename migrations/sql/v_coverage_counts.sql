-- One row per run and problem: candidates as often as they were sampled, by what became of them.
-- `passed` leaves out passes that are flagged, beside or unsafe; `passed_all_flags` has them too.
-- `unsettled` have no verdict under the run's verifier, environment and settlement, or one that
-- says so itself; all columns of statuses are of settled ones and add up to n with `unsettled`.
SELECT
    runs.id AS run_id,
    runs.name AS run,
    runs.engine || ':' || runs.model AS model,
    suites.name AS suite,
    problems.id AS problem_id,
    problems.name AS problem,
    COUNT(tally.solution_id) AS solutions,
    CAST(COALESCE(SUM(tally.n), 0) AS INTEGER) AS n,
    CAST(COALESCE(SUM(CASE WHEN settled.counts_as_passed THEN tally.n END), 0) AS INTEGER)
        AS passed,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'passed' THEN tally.n END), 0) AS INTEGER)
        AS passed_all_flags,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'failed' THEN tally.n END), 0) AS INTEGER)
        AS failed,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'crashed' THEN tally.n END), 0) AS INTEGER)
        AS crashed,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'timed_out' THEN tally.n END), 0) AS INTEGER)
        AS timed_out,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'memory_exceeded' THEN tally.n END), 0) AS INTEGER)
        AS memory_exceeded,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'output_exceeded' THEN tally.n END), 0) AS INTEGER)
        AS output_exceeded,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'malformed' THEN tally.n END), 0) AS INTEGER)
        AS malformed,
    CAST(COALESCE(SUM(CASE WHEN settled.status = 'rejected' THEN tally.n END), 0) AS INTEGER)
        AS rejected,
    CAST(
        COALESCE(SUM(CASE WHEN settled.status IS NULL THEN tally.n END), 0) AS INTEGER
    ) AS unsettled
FROM runs
JOIN suites ON suites.id = runs.suite_id
JOIN problems ON problems.suite_id = suites.id
LEFT JOIN (
    SELECT run_id, problem_id, solution_id, COUNT(*) AS n
    FROM candidates
    GROUP BY run_id, problem_id, solution_id
) AS tally ON tally.run_id = runs.id AND tally.problem_id = problems.id
LEFT JOIN verdicts AS settled
    ON settled.solution_id = tally.solution_id
    AND settled.verifier_digest = runs.verifier_digest
    AND settled.environment_digest = runs.environment_digest
    AND settled.settlement = runs.settlement
    AND NOT settled.unsettled
GROUP BY runs.id, runs.name, runs.engine, runs.model, suites.name, problems.id, problems.name
