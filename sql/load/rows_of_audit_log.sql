-- Rows of audit_log, by their rowid, so that DuckDB reads no others.
SELECT *, rowid AS place, NULL::VARCHAR AS reason FROM audit_log WHERE rowid BETWEEN $first AND $last;
