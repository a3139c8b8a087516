-- Whether what a row of the ledger has shown cannot be, if the source's days begin in this zone: all from
-- its first day on is served, nothing from before, and nothing from after its last.
CREATE OR REPLACE MACRO refutes(zone, from_day, oldest_served, newest_before, to_day, newest_served) AS
    (from_day AT TIME ZONE zone) > oldest_served
    OR (from_day AT TIME ZONE zone) <= newest_before
    OR (to_day AT TIME ZONE zone) <= newest_served;

-- The ledger, day by day: for each stretch of days the verdict that was recorded last.
CREATE OR REPLACE VIEW coverage AS
WITH ledger AS (
    SELECT
        organization_id, seq, verdict, reason, recorded_at, run_started_at,
        coalesce(from_day, DATE '0001-01-01') AS low,
        coalesce(to_day, DATE '9999-12-31') AS high,
        from_day, to_day, total, pages_done, history_from, day_zone
    FROM windows
    WHERE entity_type IS NULL AND action_type IS NULL AND verdict <> 'counted'
),
-- A later open window hides all earlier rows from its first day on. Without this the comparison of
-- every row with every edge would grow with the square of the number of runs.
visible AS (
    SELECT
        * REPLACE (least(high, coalesce(
            min(low) FILTER (WHERE to_day IS NULL) OVER (
                PARTITION BY organization_id ORDER BY seq
                ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
            ), high)) AS high)
    FROM ledger
),
pieces AS (SELECT * FROM visible WHERE low < high),
edges AS (
    SELECT organization_id, low AS day FROM pieces
    UNION
    SELECT organization_id, high FROM pieces
),
stretches AS (
    SELECT organization_id, day AS low, lead(day) OVER (PARTITION BY organization_id ORDER BY day) AS high
    FROM edges
)
SELECT
    stretches.organization_id,
    stretches.low AS from_day,
    stretches.high AS to_day,
    coalesce(arg_max(pieces.verdict, seq), 'unproven') AS verdict,
    coalesce(arg_max(coalesce(pieces.reason, ''), seq), 'never walked') AS reason,
    arg_max_null(pieces.total, seq) AS total,
    max(seq) AS seq,
    arg_max(pieces.run_started_at, seq) AS run_started_at,
    arg_max(pieces.recorded_at, seq) AS recorded_at
FROM stretches
LEFT JOIN pieces
    ON pieces.organization_id = stretches.organization_id
    AND pieces.low <= stretches.low AND pieces.high >= stretches.high
WHERE stretches.high IS NOT NULL
GROUP BY stretches.organization_id, stretches.low, stretches.high;

CREATE OR REPLACE VIEW watermark AS
WITH latest AS (
    SELECT
        organization_id,
        arg_max(coalesce(history_from, DATE '0001-01-01'), seq) AS history_from,
        arg_max(day_zone, seq) AS day_zone,
        max(run_started_at) FILTER (WHERE verdict = 'complete' AND to_day IS NULL) AS last_proof
    FROM windows
    GROUP BY organization_id
),
-- The stretches since the history begins, each with whether all up to it are proven.
proven AS (
    SELECT
        coverage.organization_id, coverage.to_day, coverage.recorded_at,
        latest.last_proof, latest.day_zone,
        -- As of when days are proven that were not over then.
        CASE
            WHEN coverage.to_day > coverage.run_started_at::DATE THEN coverage.run_started_at
        END AS proven_at,
        bool_and(coverage.verdict = 'complete') OVER before
            AND first_value(coverage.from_day) OVER before <= latest.history_from AS unbroken
    FROM coverage
    JOIN latest USING (organization_id)
    WHERE coverage.to_day > latest.history_from
    WINDOW before AS (PARTITION BY coverage.organization_id ORDER BY coverage.from_day)
),
reach AS (
    SELECT
        organization_id,
        bool_and(unbroken) AS complete,
        min(recorded_at) AS stated_at,
        any_value(last_proof) AS last_proof,
        -- Some of the last days alone may have been proven since.
        CASE WHEN bool_and(unbroken) THEN min(proven_at) ELSE any_value(last_proof) END AS proven_at,
        -- Worked out here, once: to turn days into instants for each entry took most of the time.
        CASE
            WHEN bool_and(unbroken) THEN TIMESTAMPTZ 'infinity'
            ELSE max(to_day) FILTER (WHERE unbroken)::TIMESTAMP AT TIME ZONE any_value(day_zone)
        END AS proven_until
    FROM proven
    GROUP BY organization_id
)
SELECT
    reach.organization_id,
    max(known.position_at) FILTER (
        WHERE known.position_at <= reach.last_proof AND known.position_at < reach.proven_until
    ) AS watermark,
    any_value(reach.complete) AS complete,
    any_value(reach.proven_at) AS proven_at,
    any_value(reach.stated_at) AS stated_at,
    count(known.id) AS known
FROM reach
LEFT JOIN known_entries AS known USING (organization_id)
GROUP BY reach.organization_id;

COMMENT ON VIEW watermark IS 'Up to where each organization is proven complete since its history begins';
