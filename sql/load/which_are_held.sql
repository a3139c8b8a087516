-- Which of the entries of the new pages are held. $page: the first of these pages.
WITH new AS (SELECT DISTINCT id FROM served WHERE page >= $page),
stored AS (
    SELECT id FROM audit_log WHERE organization_id = $organization_id AND id IN (SELECT id FROM new)
    UNION
    SELECT id FROM quarantine WHERE organization_id = $organization_id AND id IN (SELECT id FROM new)
)
SELECT id FROM stored
WHERE id NOT IN (SELECT id FROM absent_entries WHERE organization_id = $organization_id);
