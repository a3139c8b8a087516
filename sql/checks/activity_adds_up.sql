-- The entries of each activity view add up to audit_log, organization by organization.
WITH counted AS (
    SELECT 'activity_by_actor' AS view_name, organization_id, entries FROM activity_by_actor
    UNION ALL
    SELECT 'activity_by_department' AS view_name, organization_id, entries FROM activity_by_department
    UNION ALL
    SELECT 'activity_by_action' AS view_name, organization_id, entries FROM activity_by_action
    UNION ALL
    SELECT 'activity_daily' AS view_name, organization_id, entries FROM activity_daily
), summed AS (
    SELECT view_name, organization_id, sum(entries) AS entries
    FROM counted
    GROUP BY view_name, organization_id
), held AS (
    SELECT organization_id, count(*) AS entries
    FROM audit_log
    GROUP BY organization_id
)
SELECT view_name, organization_id, summed.entries AS in_view, held.entries AS in_table
FROM summed
FULL JOIN held USING (organization_id)
WHERE summed.entries IS DISTINCT FROM held.entries;
