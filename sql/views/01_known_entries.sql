CREATE OR REPLACE VIEW absent_entries AS
SELECT organization_id, id, arg_max(reason, noticed_at) AS reason, max(noticed_at) AS noticed_at
FROM absences
GROUP BY organization_id, id
HAVING arg_max(reason, noticed_at) <> 'returned';

COMMENT ON VIEW absent_entries IS 'Entries kept here that the source no longer serves';

-- The entries that count in a proof, each at the time under which it counts.
CREATE OR REPLACE VIEW known_entries AS
SELECT organization_id, id, occurred_at AS position_at, entity_type, action_type
FROM audit_log
ANTI JOIN (SELECT DISTINCT organization_id, id FROM placements) AS placed USING (organization_id, id)
ANTI JOIN absent_entries USING (organization_id, id)
UNION ALL
SELECT placed.organization_id, placed.id, placed.position_at, entity_type, action_type
FROM (
    SELECT organization_id, id, arg_max(position_at, noticed_at) AS position_at
    FROM placements GROUP BY organization_id, id
) AS placed
JOIN audit_log USING (organization_id, id)
ANTI JOIN absent_entries USING (organization_id, id)
UNION ALL
SELECT
    kept.organization_id, kept.id,
    coalesce(arg_max(placements.position_at, placements.noticed_at), min(kept.position_at)),
    NULL, NULL
FROM quarantine AS kept
LEFT JOIN placements USING (organization_id, id)
ANTI JOIN audit_log USING (organization_id, id)
ANTI JOIN absent_entries USING (organization_id, id)
GROUP BY kept.organization_id, kept.id;

COMMENT ON VIEW known_entries IS 'Entries held in audit_log or quarantine that the source is not known to have dropped: what a proof counts';
