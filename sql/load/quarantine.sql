-- What cannot be a row, kept with its text.
INSERT INTO quarantine
SELECT
    $organization_id, id, reason, position_at, raw, content_hash, $now::TIMESTAMPTZ, $run_id,
    not_before, not_after
FROM ({entries}) AS entries JOIN served USING (number);
