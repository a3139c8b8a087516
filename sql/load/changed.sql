-- The upsert's second half: rows whose content is another now. Unchanged ones are not among the arrivals
-- here at all, so that no row group is rewritten for them. In braces: made from columns.sql.
MERGE INTO audit_log AS stored
USING (
    SELECT
        $organization_id AS organization_id, served.id, served.occurred_at, served.content_hash,
        entries.* EXCLUDE (number)
    FROM ({entries}) AS entries JOIN served USING (number)
) AS arrival
ON stored.organization_id = arrival.organization_id AND stored.id = arrival.id
WHEN MATCHED THEN UPDATE SET
    occurred_at = arrival.occurred_at,
    {assigned},
    raw = arrival.raw,
    content_hash = arrival.content_hash,
    run_id = $run_id;
