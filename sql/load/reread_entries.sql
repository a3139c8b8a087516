-- How many entries have other columns now.
SELECT count(*) FROM reread
WHERE (origin = 'audit_log' AND (len(differs) > 0 OR id <> old_id))
    OR (origin = 'quarantine' AND occurred_at IS NOT NULL);
