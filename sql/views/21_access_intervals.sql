-- Access as spans of time: every change on access_changes, paired.
--
-- How a history is read that is not simply grant, revocation, grant, revocation:
--   * A revocation without a grant: held since before the history; valid_from is NULL.
--   * A second grant in a row changes nothing: the span began with the first. So does a second
--     revocation in a row.
--   * At one instant a revocation comes before a grant: access replaced within one transaction is
--     common, access given and taken within the clock's resolution is not.
--   * An account that is off (deactivated) suspends all that the person holds: the span ends there,
--     and another begins when the account is on again (reactivated, invited), still with the grant
--     that gave it.
--   * A person removed loses everything for good: the spans end there, and a later invitation brings
--     nothing back.
--   * Where the history leaves it open, access is shown rather than hidden.
-- A change that names no person or no object cannot be followed and has no span.

CREATE OR REPLACE VIEW keyed_access_changes AS
SELECT
    *,
    coalesce(person_id, person_name) AS person_key,
    coalesce(object_id, object_name) AS object_key,
    CASE WHEN kind = 'role' THEN department_id END AS scope,
    CASE WHEN kind <> 'account' THEN coalesce(person_id, person_name) END AS holder_key
FROM access_changes
WHERE coalesce(person_id, person_name) IS NOT NULL AND coalesce(object_id, object_name) IS NOT NULL;

CREATE OR REPLACE VIEW access_intervals AS
WITH accounts AS (
    SELECT
        changes.organization_id,
        changes.person_key,
        changes.occurred_at,
        changes.change,
        {'at': changes.occurred_at, 'by': changes.changed_by, 'entry_id': changes.entry_id} AS event,
        removals.id IS NOT NULL AS removes,
        changes.change = 'revoked' AND removals.id IS NULL AS suspends
    FROM keyed_access_changes AS changes
    LEFT JOIN (
        SELECT organization_id, id FROM audit_log
        WHERE entity_type = 'user' AND action_type = 'removed'
    ) AS removals
        ON removals.organization_id = changes.organization_id AND removals.id = changes.entry_id
    WHERE changes.kind = 'account'
),
-- From one removal of a person to the next: what was held before one says nothing after it.
tenures AS (
    SELECT
        organization_id,
        person_key,
        coalesce(lag(occurred_at) OVER (
            PARTITION BY organization_id, person_key ORDER BY occurred_at, event.entry_id
        ), TIMESTAMPTZ '-infinity') AS since,
        occurred_at AS until,
        event AS ended
    FROM accounts
    WHERE removes
    UNION ALL
    SELECT organization_id, person_key, max(occurred_at), TIMESTAMPTZ 'infinity', NULL
    FROM accounts
    WHERE removes
    GROUP BY organization_id, person_key
),
switches AS (
    SELECT
        * EXCLUDE (change),
        coalesce(lag(suspends) OVER (
            PARTITION BY organization_id, person_key
            ORDER BY occurred_at, change DESC, event.entry_id
        ), false) AS was_suspended
    FROM accounts
),
-- While an account is on; none for a person whose account was never switched off.
stretches AS (
    SELECT
        organization_id,
        person_key,
        suspends,
        coalesce(lag(occurred_at) OVER sequence, TIMESTAMPTZ '-infinity') AS since,
        occurred_at AS until,
        event,
        lead(occurred_at) OVER sequence IS NULL AS is_last
    FROM switches
    WHERE suspends <> was_suspended
    WINDOW sequence AS (PARTITION BY organization_id, person_key ORDER BY occurred_at, NOT suspends)
),
active AS (
    SELECT organization_id, person_key, since, until, event AS ended
    FROM stretches
    WHERE suspends
    UNION ALL
    SELECT organization_id, person_key, until, TIMESTAMPTZ 'infinity', NULL
    FROM stretches
    WHERE is_last AND NOT suspends
),
sequenced AS (
    SELECT
        changes.organization_id,
        changes.kind,
        changes.person_id,
        changes.person_key,
        changes.holder_key,
        changes.object_id,
        changes.object_key,
        changes.department_id,
        changes.change,
        changes.occurred_at,
        changes.changed_by,
        changes.entry_id,
        tenures.since AS tenure_since,
        tenures.ended AS removal,
        lag(changes.change) OVER sequence AS former_change,
        lead(CASE WHEN changes.change = 'revoked' THEN {
            'at': changes.occurred_at, 'by': changes.changed_by, 'entry_id': changes.entry_id
        } END IGNORE NULLS) OVER sequence AS revocation
    FROM keyed_access_changes AS changes
    LEFT JOIN tenures
        ON tenures.organization_id = changes.organization_id
        AND tenures.person_key = changes.holder_key
        AND tenures.since <= changes.occurred_at
        AND tenures.until > changes.occurred_at
    WINDOW sequence AS (
        PARTITION BY
            changes.organization_id, changes.kind, changes.person_key, changes.object_key,
            changes.scope, tenures.since
        ORDER BY changes.occurred_at, changes.change DESC, changes.entry_id
    )
),
held AS (
    SELECT
        organization_id,
        kind,
        person_id,
        person_key,
        holder_key,
        object_id,
        object_key,
        department_id,
        CASE WHEN change = 'granted' THEN occurred_at ELSE TIMESTAMPTZ '-infinity' END AS valid_from,
        CASE WHEN change = 'granted' THEN changed_by END AS granted_by,
        CASE WHEN change = 'granted' THEN entry_id END AS grant_entry_id,
        CASE
            WHEN change = 'granted' THEN coalesce(revocation, removal)
            ELSE {'at': occurred_at, 'by': changed_by, 'entry_id': entry_id}
        END AS ended
    FROM sequenced
    WHERE CASE change
        WHEN 'granted' THEN former_change IS DISTINCT FROM 'granted'
        ELSE former_change IS NULL AND (tenure_since IS NULL OR NOT isfinite(tenure_since))
    END
),
cut AS (
    SELECT
        held.* EXCLUDE (valid_from, ended),
        greatest(held.valid_from, active.since) AS valid_from,
        CASE
            WHEN active.until < coalesce(held.ended.at, TIMESTAMPTZ 'infinity') THEN active.ended
            ELSE held.ended
        END AS ended
    FROM held
    LEFT JOIN active
        ON active.organization_id = held.organization_id
        AND active.person_key = held.holder_key
    WHERE active.person_key IS NULL
        OR active.since < coalesce(held.ended.at, TIMESTAMPTZ 'infinity')
        AND held.valid_from < active.until
)
SELECT
    organization_id,
    kind,
    person_key,
    person_id,
    object_key,
    object_id,
    department_id,
    CASE WHEN isfinite(valid_from) THEN valid_from END AS valid_from,
    ended.at AS valid_to,
    granted_by,
    ended.by AS revoked_by,
    grant_entry_id,
    ended.entry_id AS revocation_entry_id
FROM cut;
