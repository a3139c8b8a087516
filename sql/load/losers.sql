-- Of two contents under one id in one walk the greater hash is the row. What is staged under that id with
-- the other goes to quarantine. $losers: `id`, `content_hash` as a JSON list.
UPDATE served SET
    id = served.id || '~' || left(served.content_hash, 16),
    reason = 'duplicate_id'
FROM (
    SELECT loser.id AS id, loser.content_hash AS content_hash
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
) AS losers
WHERE served.id = losers.id AND served.content_hash = losers.content_hash;
