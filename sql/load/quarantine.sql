-- What cannot be a row, kept with its text; once for each content.
INSERT INTO quarantine
SELECT
    $organization_id, id, any_value(reason), min(position_at), any_value(raw), content_hash,
    $now::TIMESTAMPTZ, $run_id
FROM served
WHERE reason IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM quarantine AS kept
        WHERE kept.organization_id = $organization_id
            AND kept.id = served.id AND kept.content_hash = served.content_hash
    )
GROUP BY id, content_hash;
