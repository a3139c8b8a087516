-- The rows that are to be put in the place of others: see reread.sql.
CREATE OR REPLACE TEMP TABLE reread AS
SELECT '' AS origin, 0::BIGINT AS place, '' AS old_id, '' AS reason, []::VARCHAR[] AS differs, *
FROM audit_log_versions
LIMIT 0;
