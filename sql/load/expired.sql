-- Held rows older than $before, the time of the oldest entry that the source still serves.
CREATE OR REPLACE TEMP TABLE gone AS
SELECT id, occurred_at
FROM audit_log
WHERE organization_id = $organization_id AND occurred_at < $before::TIMESTAMPTZ
    AND id NOT IN (SELECT id FROM absent_entries WHERE organization_id = $organization_id);
