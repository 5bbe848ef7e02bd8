-- One row per candidate and scorer, all that a selector may see and the verdict it is judged by;
-- `scorer`, `score` and `detail` are null for a candidate that nothing has scored.
-- `answer_class` is shared by answers that the verifier finds equal (the connected components
-- of that relation: the lowest solution id in them); where they were not compared (`compared`
-- is 0) by equal solutions alone; null where nothing was extracted. `conflicts` are solutions
-- of the same class from which the verifier tells this one apart, `undecided` those that it
-- could not compare it with.
SELECT
    runs.id AS run_id,
    runs.name AS run,
    problems.id AS problem_id,
    problems.name AS problem,
    problems.position,
    problems.kind,
    problems.labels,
    candidates.id AS candidate_id,
    candidates.ordinal,
    candidates.solution_id,
    CASE WHEN solutions.malformed = ''
        THEN COALESCE(answer_classes.class_id, candidates.solution_id) END AS answer_class,
    CASE WHEN answer_classes.class_id IS NULL THEN 0 ELSE 1 END AS compared,
    COALESCE(answer_classes.conflicts, 0) AS conflicts,
    COALESCE(answer_classes.undecided, 0) AS undecided,
    settled.status,
    CASE WHEN settled.counts_as_passed THEN 1 ELSE 0 END AS passed,
    CASE WHEN settled.status IS NULL THEN 1 ELSE 0 END AS unsettled,
    candidates.mean_logprob,
    scores.scorer,
    scores.scorer_digest,
    scores.value AS score,
    scores.detail
FROM candidates
JOIN runs ON runs.id = candidates.run_id
JOIN problems ON problems.id = candidates.problem_id
JOIN solutions ON solutions.id = candidates.solution_id
LEFT JOIN answer_classes
    ON answer_classes.run_id = candidates.run_id
    AND answer_classes.solution_id = candidates.solution_id
LEFT JOIN verdicts AS settled
    ON settled.solution_id = candidates.solution_id
    AND settled.verifier_digest = runs.verifier_digest
    AND settled.environment_digest = runs.environment_digest
    AND settled.settlement = runs.settlement
    AND NOT settled.unsettled
LEFT JOIN scores ON scores.candidate_id = candidates.id
