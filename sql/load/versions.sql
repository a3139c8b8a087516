-- The former versions of rows that are about to be replaced.
INSERT INTO audit_log_versions BY NAME
SELECT stored.*, $now::TIMESTAMPTZ AS noticed_at, $run_id AS noticed_run_id
FROM audit_log AS stored
JOIN (SELECT id FROM arrivals WHERE stored_hash <> content_hash) AS changed USING (id)
WHERE stored.organization_id = $organization_id;
