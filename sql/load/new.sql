-- The upsert's first half: arrivals that are not stored yet. Not one MERGE for both halves: with a
-- condition on the arrival beside the keys DuckDB 1.5 compares each row with each.
INSERT INTO audit_log BY NAME
SELECT
    $organization_id AS organization_id, served.id, served.occurred_at, served.content_hash,
    entries.* EXCLUDE (number), $now::TIMESTAMPTZ AS first_synced_at, $run_id AS run_id
FROM ({entries}) AS entries JOIN served USING (number);
