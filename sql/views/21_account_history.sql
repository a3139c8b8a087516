-- What an account's own history does to the access that the person holds: a removal ends it for good,
-- a deactivation suspends it until the account is on again. Open ends are infinite, so that ranges
-- are compared without a thought for NULL.

CREATE OR REPLACE VIEW keyed_access_changes AS
SELECT
    *,
    coalesce(person_id, person_name) AS person_key,
    coalesce(object_id, object_name) AS object_key,
    CASE WHEN kind = 'role' THEN department_id END AS scope,
    CASE WHEN kind <> 'account' THEN coalesce(person_id, person_name) END AS holder_key
FROM access_changes
WHERE coalesce(person_id, person_name) IS NOT NULL AND coalesce(object_id, object_name) IS NOT NULL;

CREATE OR REPLACE VIEW account_changes AS
SELECT
    changes.organization_id,
    changes.person_key,
    changes.occurred_at,
    changes.change,
    changes.changed_by,
    changes.entry_id,
    removals.id IS NOT NULL AS is_removal,
    changes.change = 'revoked' AND removals.id IS NULL AS is_suspension
FROM keyed_access_changes AS changes
LEFT JOIN (SELECT organization_id, id FROM audit_log WHERE action_type = 'removed') AS removals
    ON removals.organization_id = changes.organization_id AND removals.id = changes.entry_id
WHERE changes.kind = 'account';

CREATE OR REPLACE VIEW account_tenures AS
SELECT
    organization_id,
    person_key,
    coalesce(lag(occurred_at) OVER (
        PARTITION BY organization_id, person_key ORDER BY occurred_at, entry_id
    ), TIMESTAMPTZ '-infinity') AS since,
    occurred_at AS until,
    changed_by AS ended_by,
    entry_id AS end_entry_id
FROM account_changes
WHERE is_removal
UNION ALL
SELECT
    organization_id,
    person_key,
    max(occurred_at) AS since,
    TIMESTAMPTZ 'infinity' AS until,
    NULL AS ended_by,
    NULL AS end_entry_id
FROM account_changes
WHERE is_removal
GROUP BY organization_id, person_key;

CREATE OR REPLACE VIEW account_active_spans AS
WITH switches AS (
    SELECT *, coalesce(lag(is_suspension) OVER sequence, false) AS was_suspended
    FROM account_changes
    WINDOW sequence AS (
        PARTITION BY organization_id, person_key ORDER BY occurred_at, change DESC, entry_id
    )
), spans AS (
    SELECT
        organization_id,
        person_key,
        is_suspension,
        coalesce(lag(occurred_at) OVER sequence, TIMESTAMPTZ '-infinity') AS since,
        occurred_at AS until,
        lead(occurred_at) OVER sequence AS resumed_at,
        changed_by,
        entry_id
    FROM switches
    WHERE is_suspension <> was_suspended
    WINDOW sequence AS (
        PARTITION BY organization_id, person_key ORDER BY occurred_at, change DESC, entry_id
    )
)
SELECT organization_id, person_key, since, until, changed_by AS ended_by, entry_id AS end_entry_id
FROM spans
WHERE is_suspension
UNION ALL
SELECT organization_id, person_key, until AS since, TIMESTAMPTZ 'infinity' AS until, NULL AS ended_by, NULL AS end_entry_id
FROM spans
WHERE NOT is_suspension AND resumed_at IS NULL;
