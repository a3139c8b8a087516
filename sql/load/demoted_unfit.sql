-- The lesser of two contents under one id, where it is in quarantine already because it cannot be a row: it
-- stays there under an id of its own. $losers: see losers.sql.
UPDATE quarantine SET id = id || '~' || left(content_hash, 16), reason = 'duplicate_id'
WHERE organization_id = $organization_id AND (id, content_hash) IN (
    SELECT (loser.id, loser.content_hash)
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
);
