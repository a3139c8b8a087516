-- The former versions of rows that are about to be replaced.
INSERT INTO audit_log_versions
SELECT stored.*, $now::TIMESTAMPTZ, $run_id
FROM audit_log AS stored
JOIN arrivals USING (id)
WHERE stored.organization_id = $organization_id AND arrivals.stored_hash <> arrivals.content_hash;
