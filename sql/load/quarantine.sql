-- What cannot be a row, kept with its text.
INSERT INTO quarantine BY NAME
SELECT
    $organization_id AS organization_id, served.id, served.reason, entries.raw, served.content_hash,
    $now::TIMESTAMPTZ AS first_synced_at, $run_id AS run_id
FROM ({entries}) AS entries JOIN served USING (number);
