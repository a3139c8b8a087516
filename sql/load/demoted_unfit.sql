-- So does one that is in quarantine already, since it cannot be a row.
UPDATE quarantine SET id = id || '~' || left(content_hash, 16)
WHERE organization_id = $organization_id AND (id, content_hash) IN (
    SELECT (loser.id, loser.content_hash)
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
);
