-- Takes away the rows that demoted.sql has kept in quarantine.
DELETE FROM audit_log
WHERE organization_id = $organization_id AND (id, content_hash) IN (
    SELECT (loser.id, loser.content_hash)
    FROM (SELECT unnest(from_json($losers, '[{"id": "VARCHAR", "content_hash": "VARCHAR"}]')) AS loser)
);
