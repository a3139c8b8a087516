-- Rows of quarantine, by their rowid, with the columns of audit_log. Without those whose text was erased.
-- The lesser of two contents under one id has a part of its hash at the end of its id: without that here.
SELECT
    * REPLACE (
        CASE WHEN ends_with(id, '~' || left(content_hash, 16)) THEN left(id, length(id) - 17) ELSE id END AS id
    ),
    rowid AS place, id AS stored_id
FROM quarantine
WHERE rowid BETWEEN $first AND $last AND raw <> ''
UNION ALL BY NAME
SELECT *, 0 AS place, '' AS stored_id, '' AS reason FROM (FROM audit_log LIMIT 0);
