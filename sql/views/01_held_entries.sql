CREATE OR REPLACE VIEW absent_entries AS
SELECT organization_id, id, arg_max(reason, noticed_at) AS reason, max(noticed_at) AS noticed_at
FROM absences
GROUP BY organization_id, id
HAVING arg_max(reason, noticed_at) <> 'returned';

COMMENT ON VIEW absent_entries IS 'Entries kept here that the source no longer serves';

CREATE OR REPLACE VIEW held_entries AS
SELECT organization_id, id FROM audit_log
ANTI JOIN absent_entries USING (organization_id, id)
UNION ALL
SELECT DISTINCT organization_id, id FROM quarantine
ANTI JOIN audit_log USING (organization_id, id)
ANTI JOIN absent_entries USING (organization_id, id);

COMMENT ON VIEW held_entries IS 'Entries in audit_log or quarantine, less those that the source no longer serves: what is compared with its totals';
