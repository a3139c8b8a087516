-- Rows of audit_log, by their rowid, so that DuckDB reads no others. Without those whose text was erased
-- (`etl help privacy`): they can be neither checked nor read again.
SELECT *, rowid AS place, id AS stored_id, NULL::VARCHAR AS reason FROM audit_log
WHERE rowid BETWEEN $first AND $last AND raw <> '';
