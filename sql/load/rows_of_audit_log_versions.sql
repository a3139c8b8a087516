-- Rows of audit_log_versions, by their rowid. Without those whose text was erased.
SELECT *, rowid AS place, id AS stored_id, NULL::VARCHAR AS reason FROM audit_log_versions
WHERE rowid BETWEEN $first AND $last AND raw <> '';
