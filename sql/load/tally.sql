-- What the arrivals will do: new rows, changed rows, new rows that came late and how far before $until,
-- the newest entry known when the run began, at most (microseconds). Late is what belongs to days that
-- an earlier run has proven: of others nobody has said that all is here.
WITH proven AS (
    SELECT
        coalesce(from_day::TIMESTAMP AT TIME ZONE day_zone, TIMESTAMPTZ '-infinity') AS since,
        coalesce(to_day::TIMESTAMP AT TIME ZONE day_zone, run_started_at) AS until
    FROM windows
    WHERE organization_id = $organization_id AND run_id <> $run_id AND verdict = 'complete'
        AND entity_type IS NULL AND action_type IS NULL AND $until IS NOT NULL
),
late AS (
    SELECT occurred_at
    FROM arrivals
    SEMI JOIN proven ON arrivals.occurred_at >= proven.since AND arrivals.occurred_at < proven.until
    WHERE stored_hash IS NULL AND occurred_at < $until::TIMESTAMPTZ
)
SELECT
    count(*) FILTER (WHERE stored_hash IS NULL),
    count(*) FILTER (WHERE stored_hash <> content_hash),
    (SELECT count(*) FROM late),
    (SELECT epoch_us($until::TIMESTAMPTZ) - epoch_us(min(occurred_at)) FROM late)
FROM arrivals;
