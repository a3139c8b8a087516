-- Entries in quarantine that lack a readable time, with the columns of audit_log.
SELECT *, rowid AS place FROM quarantine
WHERE reason IN ('no_time', 'unreadable_time')
UNION ALL BY NAME
SELECT *, 0 AS place, '' AS reason FROM (FROM audit_log LIMIT 0);
