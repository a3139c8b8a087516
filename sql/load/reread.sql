-- Puts the rows of `reread` in the place of those that were stored, in one transaction with the mapping.
DELETE FROM audit_log WHERE rowid IN (SELECT place FROM reread WHERE origin = 'audit_log');

DELETE FROM quarantine WHERE rowid IN (SELECT place FROM reread WHERE origin = 'quarantine');

DELETE FROM audit_log_versions WHERE rowid IN (SELECT place FROM reread WHERE origin = 'audit_log_versions');

INSERT INTO audit_log_versions BY NAME
SELECT * EXCLUDE (origin, place, old_id, reason, differs) FROM reread WHERE origin = 'audit_log_versions';

INSERT INTO quarantine BY NAME
SELECT organization_id, id, reason, raw, content_hash, first_synced_at, run_id
FROM reread
WHERE origin <> 'audit_log_versions' AND occurred_at IS NULL;

-- Of several rows that have one id now the one that came last is the row, the others are former versions.
CREATE OR REPLACE TEMP TABLE formers AS
WITH moved AS (SELECT organization_id, id FROM reread WHERE id <> old_id OR origin = 'quarantine'),
placed AS (
    SELECT
        origin, place,
        row_number() OVER (
            PARTITION BY organization_id, id ORDER BY first_synced_at DESC, content_hash DESC
        ) > 1
        OR (organization_id, id) IN (SELECT (organization_id, id) FROM audit_log) AS former
    FROM reread
    WHERE origin <> 'audit_log_versions' AND occurred_at IS NOT NULL
        AND (organization_id, id) IN (SELECT (organization_id, id) FROM moved)
)
SELECT origin, place FROM placed WHERE former;

INSERT INTO audit_log_versions BY NAME
SELECT
    * EXCLUDE (origin, place, old_id, reason, differs)
        REPLACE ($now::TIMESTAMPTZ AS noticed_at, '' AS noticed_run_id)
FROM reread
SEMI JOIN formers USING (origin, place);

INSERT INTO audit_log BY NAME
SELECT * EXCLUDE (origin, place, old_id, reason, differs, noticed_at, noticed_run_id)
FROM reread
ANTI JOIN formers USING (origin, place)
WHERE origin <> 'audit_log_versions' AND occurred_at IS NOT NULL;

UPDATE absences SET id = renamed.id
FROM (SELECT organization_id, old_id, id FROM reread WHERE id <> old_id AND origin <> 'audit_log_versions') AS renamed
WHERE absences.organization_id = renamed.organization_id AND absences.id = renamed.old_id;
