-- What is kept as a former version has a row that came after it.
SELECT former.organization_id, former.id FROM audit_log_versions AS former
ANTI JOIN audit_log USING (organization_id, id);
