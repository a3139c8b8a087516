-- Of what a run has stored: how many entries have a column that matters, and how many lack a readable time.
SELECT
    (
        SELECT count(*) FROM quarantine
        WHERE organization_id = $organization_id AND run_id = $run_id
            AND reason IN ('no_time', 'unreadable_time')
    ) AS timeless,
    count(*) AS rows, count(coalesce(actor_id, actor_name, actor_email)) AS actor,
    count(actor_id) AS actor_id, count(action_type) AS action_type, count(entity_type) AS entity_type
FROM audit_log
WHERE organization_id = $organization_id AND run_id = $run_id;
