-- One scan finds what is stored already under the ids that were served.
CREATE OR REPLACE TEMP TABLE matches AS
SELECT id, content_hash
FROM audit_log
WHERE organization_id = $organization_id AND id IN (SELECT id FROM served);
