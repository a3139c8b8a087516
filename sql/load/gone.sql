-- Held entries that were not served since windows are read again: those of the days in $spans (a JSON list of
-- `low`, inclusive, and `high`, exclusive, as days in UTC), or all (NULL). An entry without a readable time
-- belongs to no day.
CREATE OR REPLACE TEMP TABLE gone AS
WITH spans AS (
    SELECT span.low::DATE::TIMESTAMPTZ AS low, span.high::DATE::TIMESTAMPTZ AS high
    FROM (SELECT unnest(from_json($spans, '[{"low": "VARCHAR", "high": "VARCHAR"}]')) AS span)
)
SELECT held.id, log.occurred_at
FROM held_entries AS held
LEFT JOIN audit_log AS log USING (organization_id, id)
WHERE held.organization_id = $organization_id
    AND held.id NOT IN (SELECT id FROM served_again WHERE organization_id = $organization_id)
    AND (
        $spans IS NULL
        OR EXISTS (
            SELECT 1 FROM spans
            WHERE (low IS NULL OR log.occurred_at >= low) AND (high IS NULL OR log.occurred_at < high)
        )
    );
