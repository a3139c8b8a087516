-- How many entries have other columns now, how many rows have no readable time any longer, and of how many.
SELECT
    count(*) FILTER (origin = 'audit_log' AND (len(differs) > 0 OR id <> old_id))
    + count(*) FILTER (origin = 'quarantine' AND occurred_at IS NOT NULL),
    count(*) FILTER (origin = 'audit_log' AND reason IN ('no_time', 'unreadable_time') AND occurred_at IS NULL),
    (SELECT count(*) FROM audit_log)
    + count(*) FILTER (origin = 'audit_log' AND occurred_at IS NULL)
FROM reread;
