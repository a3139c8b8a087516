-- Puts the rows of `reread` in the place of those that were stored, in one transaction with the mapping.
-- Of several contents that have one id now, the greatest hash is the row, as when they are served (losers.sql):
-- so those that share an id with a row of `reread` come to it, as they are.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT DISTINCT organization_id, id FROM reread
WHERE origin = 'quarantine' OR (origin = 'audit_log' AND id <> old_id);

INSERT INTO reread BY NAME
SELECT 'audit_log' AS origin, rowid AS place, id AS old_id, '' AS reason, []::VARCHAR[] AS differs, *
FROM audit_log
WHERE (organization_id, id) IN (SELECT (organization_id, id) FROM moved)
    AND rowid NOT IN (SELECT place FROM reread WHERE origin = 'audit_log');

INSERT INTO reread BY NAME
SELECT 'quarantine' AS origin, rowid AS place, id AS old_id, []::VARCHAR[] AS differs, *
FROM quarantine
WHERE (organization_id, id) IN (SELECT (organization_id, id) FROM moved)
    AND rowid NOT IN (SELECT place FROM reread WHERE origin = 'quarantine');

CREATE OR REPLACE TEMP TABLE lesser AS
WITH ranked AS (
    SELECT
        origin, place, id, content_hash,
        dense_rank() OVER (PARTITION BY organization_id, id ORDER BY content_hash DESC) AS rank,
        row_number() OVER (
            PARTITION BY organization_id, id, content_hash ORDER BY first_synced_at, origin, place
        ) AS copy
    FROM reread
    WHERE origin <> 'audit_log_versions'
        AND (organization_id, id) IN (SELECT (organization_id, id) FROM moved)
)
SELECT origin, place, copy > 1 AS again, id || '~' || left(content_hash, 16) AS id
FROM ranked
WHERE rank > 1 OR copy > 1;

DELETE FROM audit_log WHERE rowid IN (SELECT place FROM reread WHERE origin = 'audit_log');

DELETE FROM quarantine WHERE rowid IN (SELECT place FROM reread WHERE origin = 'quarantine');

DELETE FROM audit_log_versions WHERE rowid IN (SELECT place FROM reread WHERE origin = 'audit_log_versions');

DELETE FROM reread WHERE (origin, place) IN (SELECT (origin, place) FROM lesser WHERE again);

UPDATE reread SET
    id = lesser.id,
    reason = 'duplicate_id',
    occurred_at = NULL
FROM lesser
WHERE lesser.origin = reread.origin AND lesser.place = reread.place;

INSERT INTO audit_log_versions BY NAME
SELECT * EXCLUDE (origin, place, old_id, reason, differs) FROM reread WHERE origin = 'audit_log_versions';

INSERT INTO quarantine BY NAME
SELECT organization_id, id, reason, raw, content_hash, first_synced_at, run_id
FROM reread
WHERE origin <> 'audit_log_versions' AND occurred_at IS NULL;

INSERT INTO audit_log BY NAME
SELECT * EXCLUDE (origin, place, old_id, reason, differs, noticed_at, noticed_run_id)
FROM reread
WHERE origin <> 'audit_log_versions' AND occurred_at IS NOT NULL;

-- What is known of an entry by its id stays with it.
CREATE OR REPLACE TEMP TABLE renamed AS
SELECT organization_id, old_id, id FROM reread WHERE id <> old_id AND origin <> 'audit_log_versions';

UPDATE absences SET id = renamed.id
FROM renamed
WHERE absences.organization_id = renamed.organization_id AND absences.id = renamed.old_id;

UPDATE audit_log_versions SET id = renamed.id
FROM renamed
WHERE audit_log_versions.organization_id = renamed.organization_id AND audit_log_versions.id = renamed.old_id;
