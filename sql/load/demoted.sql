-- A row that turned out to be the lesser of two contents under one id goes to quarantine. $losers: see
-- losers.sql.
INSERT INTO quarantine BY NAME
SELECT
    organization_id, id || '~' || left(content_hash, 16) AS id, 'duplicate_id' AS reason,
    raw, content_hash, first_synced_at, run_id
FROM audit_log
WHERE organization_id = $organization_id AND (id, content_hash) IN (
    SELECT (loser.id, loser.content_hash)
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
);
