-- What is stored already under the ids that were served. One search of all ids finds the rows, and
-- only of these the hashes are read: together they would cost twice as much.
CREATE OR REPLACE TEMP TABLE matches AS
SELECT id, content_hash
FROM audit_log
WHERE rowid IN (
    SELECT rowid FROM audit_log
    WHERE organization_id = $organization_id AND id IN (SELECT id FROM served)
);
