-- Rows of audit_log_versions, by their rowid.
SELECT *, rowid AS place, NULL::VARCHAR AS reason FROM audit_log_versions WHERE rowid BETWEEN $first AND $last;
