-- While windows are read again: notes which entries were served. $losers: see losers.sql.
INSERT INTO served_again BY NAME
SELECT DISTINCT $organization_id AS organization_id, id
FROM (
    SELECT id FROM served
    UNION ALL
    SELECT loser.id || '~' || left(loser.content_hash, 16)
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
)
WHERE id NOT IN (SELECT id FROM served_again WHERE organization_id = $organization_id);
