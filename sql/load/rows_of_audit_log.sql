-- The rows of audit_log.
SELECT *, rowid AS place, NULL::VARCHAR AS reason FROM audit_log;
