-- How many entries have other columns now.
SELECT count(*) FROM reread WHERE origin = 'audit_log' OR (origin = 'quarantine' AND occurred_at IS NOT NULL);
