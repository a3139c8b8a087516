-- Entries that changed between two pages of one batch: the contents that were served before the last.
INSERT INTO audit_log_versions BY NAME
SELECT
    $organization_id AS organization_id, served.id, served.occurred_at, served.content_hash,
    entries.* EXCLUDE (number), $now::TIMESTAMPTZ AS first_synced_at, $run_id AS run_id,
    $now::TIMESTAMPTZ AS noticed_at, $run_id AS noticed_run_id
FROM ({entries}) AS entries JOIN served USING (number);
