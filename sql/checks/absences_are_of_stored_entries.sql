-- Nothing is deleted: what is recorded as absent is still here.
SELECT absences.organization_id, absences.id FROM absences
ANTI JOIN audit_log USING (organization_id, id)
ANTI JOIN quarantine USING (organization_id, id);
