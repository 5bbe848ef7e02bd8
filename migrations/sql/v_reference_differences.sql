-- One row per solution whose attempt in reference mode ended otherwise than its normal one.
-- `finding`: differs (so did the repetition of both), flaky (one of the two does not agree with
-- itself), speed_dependent (all of them came near the limit of CPU time).
SELECT
    runs.name AS run,
    suites.name AS suite,
    problems.name AS problem,
    solutions.id AS solution_id,
    solutions.digest AS solution,
    audit_items.finding,
    normal.id AS normal_attempt_id,
    normal.status AS normal_status,
    normal.code AS normal_code,
    normal.message AS normal_message,
    reference.id AS reference_attempt_id,
    reference.status AS reference_status,
    reference.code AS reference_code,
    reference.message AS reference_message,
    reference.finished_at
FROM audits
JOIN audit_items ON audit_items.audit_id = audits.id
JOIN problems ON problems.id = audit_items.problem_id
JOIN suites ON suites.id = problems.suite_id
JOIN solutions ON solutions.id = audit_items.solution_id
JOIN attempts AS normal ON normal.id = audit_items.attempt_id
JOIN attempts AS reference ON reference.id = audit_items.against_attempt_id
LEFT JOIN runs ON runs.id = audits.run_id
WHERE audits.kind = 'reference'
