-- One row per run, problem and provider with a price for the run's model when it was made
-- (one row with null prices where there is none): what its candidates took.
-- `prompt_tokens` is one reading of the prompt, null where no candidate says; `decoded_tokens`
-- is over all candidates. The verifier's seconds are of all attempts, in normal condition and
-- under the run's own verifier and environment, at the solutions that the run sampled.
-- `prompt_usd` is one reading, `decoded_usd` all candidates.
SELECT
    runs.id AS run_id,
    runs.name AS run,
    runs.engine || ':' || runs.model AS model,
    problems.id AS problem_id,
    problems.name AS problem,
    problems.position,
    sampled.candidates,
    sampled.prompt_tokens,
    sampled.decoded_tokens,
    COALESCE(verified.attempts, 0) AS attempts,
    COALESCE(verified.cpu_s, 0.0) AS verifier_cpu_s,
    COALESCE(verified.wall_s, 0.0) AS verifier_wall_s,
    prices.provider,
    prices.input_usd,
    prices.output_usd,
    sampled.prompt_tokens * prices.input_usd / 1000000.0 AS prompt_usd,
    sampled.decoded_tokens * prices.output_usd / 1000000.0 AS decoded_usd
FROM runs
JOIN (
    SELECT
        run_id,
        problem_id,
        COUNT(*) AS candidates,
        MAX(prompt_tokens) AS prompt_tokens,
        CAST(SUM(tokens) AS BIGINT) AS decoded_tokens
    FROM candidates
    GROUP BY run_id, problem_id
) AS sampled ON sampled.run_id = runs.id
JOIN problems ON problems.id = sampled.problem_id
LEFT JOIN (
    SELECT
        tried.run_id,
        tried.problem_id,
        COUNT(*) AS attempts,
        SUM(attempts.cpu_user_s + attempts.cpu_system_s) AS cpu_s,
        SUM(attempts.wall_s) AS wall_s
    FROM (SELECT DISTINCT run_id, problem_id, solution_id FROM candidates) AS tried
    JOIN runs AS tried_in ON tried_in.id = tried.run_id
    JOIN attempts
        ON attempts.solution_id = tried.solution_id
        AND attempts.verifier_digest = tried_in.verifier_digest
        AND attempts.environment_digest = tried_in.environment_digest
        AND attempts.condition = 'normal'
    GROUP BY tried.run_id, tried.problem_id
) AS verified ON verified.run_id = runs.id AND verified.problem_id = problems.id
LEFT JOIN prices
    ON prices.model IN (runs.model, runs.engine || ':' || runs.model)
    AND prices.valid_from = (
        SELECT MAX(dated.valid_from)
        FROM prices AS dated
        WHERE dated.model = prices.model
            AND dated.provider = prices.provider
            AND dated.valid_from <= runs.created_at
    )
