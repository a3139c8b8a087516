-- Entries in quarantine that lack a readable time, by their rowid, with the columns of audit_log.
SELECT *, rowid AS place FROM quarantine
WHERE rowid BETWEEN $first AND $last AND reason IN ('no_time', 'unreadable_time')
UNION ALL BY NAME
SELECT *, 0 AS place, '' AS reason FROM (FROM audit_log LIMIT 0);
