-- The rows of audit_log_versions.
SELECT *, rowid AS place, NULL::VARCHAR AS reason FROM audit_log_versions;
