-- id: source_changed
-- title: An entry changed or vanished at the source
-- severity: critical
-- technique: T1070
-- advice: An audit log does not change. Ask Aitronos with the entry's id what happened, and keep this
--   copy, which holds what was served before (audit_log, audit_log_versions).
-- false alarms: A correction or a new field by the vendor, which changes many entries at once, or text that
--   differs each time it is served (ETL_IGNORE_FIELDS leaves it out): one finding for the run that noticed
--   it. Entries that the source no longer keeps because of their age are not reported.
-- occurred_at is when it was noticed: when it happened at the source, nobody tells.
-- Each former version is compared with what was served in its place, which is the next version, and for
-- the last one the row: against today's row, a change that was undone since would be none.
WITH at_once AS (
    -- Runs in which most of what was read had changed.
    SELECT former.organization_id, former.noticed_run_id, count(*) AS changed, runs.fetched AS fetched
    FROM audit_log_versions AS former
    JOIN runs ON runs.organization_id = former.organization_id AND runs.run_id = former.noticed_run_id
    GROUP BY ALL
    HAVING changed >= 20 AND 2 * changed >= runs.fetched
), members AS (
    -- Which members differ, in a few of these entries.
    SELECT organization_id, noticed_run_id, mode(name) AS name
    FROM (
        SELECT
            former.organization_id, former.noticed_run_id, former.raw, latest.raw AS later_raw,
            unnest(json_keys(latest.raw)) AS name
        FROM (
            SELECT * FROM audit_log_versions
            SEMI JOIN at_once USING (organization_id, noticed_run_id)
            QUALIFY row_number() OVER (PARTITION BY organization_id, noticed_run_id ORDER BY id) <= 100
        ) AS former
        JOIN audit_log AS latest USING (organization_id, id)
    )
    WHERE json_extract(raw, concat('$."', name, '"'))
        IS DISTINCT FROM json_extract(later_raw, concat('$."', name, '"'))
    GROUP BY ALL
), changed_again AS (
    SELECT organization_id, id
    FROM audit_log_versions
    GROUP BY ALL
    HAVING count(*) > 1
-- Only these are put in order: where the vendor changes all entries once, that would cost the most.
-- By number and not by time: versions that one batch served are noticed at one instant. What was stored
-- before comes first of them.
), numbered AS (
    SELECT
        *,
        row_number() OVER sequence AS number,
        lag(noticed_at) OVER sequence IS DISTINCT FROM noticed_at AS first_noticed
    FROM audit_log_versions
    SEMI JOIN changed_again USING (organization_id, id)
    WINDOW sequence AS (
        PARTITION BY organization_id, id ORDER BY noticed_at, first_synced_at, content_hash
    )
-- One of each instant: two findings of one entry and instant could not be told apart.
), formers AS (
    SELECT *, 1 AS number
    FROM audit_log_versions
    ANTI JOIN changed_again USING (organization_id, id)
    UNION ALL
    SELECT * EXCLUDE (first_noticed)
    FROM numbered
    WHERE first_noticed
), successions AS (
    SELECT
        former.*,
        newer.id IS NOT NULL AS again,
        CASE WHEN again THEN newer.occurred_at ELSE latest.occurred_at END AS later_occurred_at,
        CASE WHEN again THEN newer.action_type ELSE latest.action_type END AS later_action_type,
        CASE WHEN again THEN newer.entity_type ELSE latest.entity_type END AS later_entity_type,
        CASE WHEN again THEN newer.entity_id ELSE latest.entity_id END AS later_entity_id,
        CASE WHEN again THEN newer.entity_name ELSE latest.entity_name END AS later_entity_name,
        CASE WHEN again THEN newer.actor_id ELSE latest.actor_id END AS later_actor_id,
        CASE WHEN again THEN newer.actor_name ELSE latest.actor_name END AS later_actor_name,
        CASE WHEN again THEN newer.actor_email ELSE latest.actor_email END AS later_actor_email,
        CASE WHEN again THEN newer.target_type ELSE latest.target_type END AS later_target_type,
        CASE WHEN again THEN newer.target_id ELSE latest.target_id END AS later_target_id,
        CASE WHEN again THEN newer.target_name ELSE latest.target_name END AS later_target_name,
        CASE WHEN again THEN newer.department_id ELSE latest.department_id END AS later_department_id,
        CASE WHEN again THEN newer.department_name ELSE latest.department_name END AS later_department_name,
        CASE WHEN again THEN newer.previous_value ELSE latest.previous_value END AS later_previous_value,
        CASE WHEN again THEN newer.new_value ELSE latest.new_value END AS later_new_value,
        CASE WHEN again THEN newer.metadata ELSE latest.metadata END AS later_metadata
    FROM formers AS former
    JOIN audit_log AS latest USING (organization_id, id)
    LEFT JOIN numbered AS newer
        ON newer.organization_id = former.organization_id
        AND newer.id = former.id
        AND newer.number = former.number + 1
)
SELECT
    former.organization_id,
    former.noticed_at AS occurred_at,
    coalesce(former.actor_id, former.actor_email, former.actor_name) AS actor_id,
    former.id AS entry_id,
    format(
        'The entry of {} was served differently before: {}',
        local_text(former.occurred_at),
        coalesce(nullif(concat_ws(
            ', ',
            CASE WHEN former.occurred_at <> later_occurred_at THEN 'time' END,
            CASE WHEN former.action_type IS DISTINCT FROM later_action_type THEN 'action' END,
            CASE
                WHEN (former.entity_type, former.entity_id, former.entity_name)
                    IS DISTINCT FROM (later_entity_type, later_entity_id, later_entity_name)
                    THEN 'entity'
            END,
            CASE
                WHEN (former.actor_id, former.actor_name, former.actor_email)
                    IS DISTINCT FROM (later_actor_id, later_actor_name, later_actor_email)
                    THEN 'actor'
            END,
            CASE
                WHEN (former.target_type, former.target_id, former.target_name)
                    IS DISTINCT FROM (later_target_type, later_target_id, later_target_name)
                    THEN 'target'
            END,
            CASE
                WHEN (former.department_id, former.department_name)
                    IS DISTINCT FROM (later_department_id, later_department_name)
                    THEN 'department'
            END,
            CASE
                WHEN former.previous_value IS DISTINCT FROM later_previous_value
                    THEN 'previous value'
            END,
            CASE WHEN former.new_value IS DISTINCT FROM later_new_value THEN 'new value' END,
            CASE WHEN former.metadata IS DISTINCT FROM later_metadata THEN 'metadata' END
        ), ''), 'other fields')
    ) AS explanation
FROM successions AS former
ANTI JOIN at_once USING (organization_id, noticed_run_id)
UNION ALL
SELECT
    organization_id,
    max(noticed_at) AS occurred_at,
    NULL AS actor_id,
    min(id) AS entry_id,
    format(
        '{:d} of {:d} entries read were served differently before, most in {}; if that differs at each '
        'reading, put it into ETL_IGNORE_FIELDS',
        any_value(changed), any_value(fetched), coalesce(any_value(name), 'a member that is gone again')
    ) AS explanation
FROM audit_log_versions
JOIN at_once USING (organization_id, noticed_run_id)
LEFT JOIN members USING (organization_id, noticed_run_id)
GROUP BY organization_id, noticed_run_id
UNION ALL
SELECT
    organization_id,
    noticed_at AS occurred_at,
    coalesce(actor_id, actor_email, actor_name) AS actor_id,
    id AS entry_id,
    format(
        'The entry of {} is no longer served: {} {}',
        coalesce(local_text(occurred_at), 'an unreadable time'),
        coalesce(action_type, 'unknown action'), coalesce(entity_type, '')
    ) AS explanation
FROM absences
LEFT JOIN audit_log USING (organization_id, id)
WHERE reason = 'vanished'
