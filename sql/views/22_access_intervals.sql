CREATE OR REPLACE VIEW access_intervals AS
WITH sequenced AS (
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
        CASE WHEN isfinite(tenures.until) THEN {
            'at': tenures.until, 'by': tenures.ended_by, 'entry_id': tenures.end_entry_id
        } END AS removal,
        lag(changes.change) OVER sequence AS former_change,
        lead(CASE WHEN changes.change = 'revoked' THEN {
            'at': changes.occurred_at, 'by': changes.changed_by, 'entry_id': changes.entry_id
        } END IGNORE NULLS) OVER sequence AS revocation
    FROM keyed_access_changes AS changes
    LEFT JOIN account_tenures AS tenures
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
), held AS (
    SELECT
        * EXCLUDE (change, occurred_at, changed_by, entry_id, tenure_since, removal, former_change, revocation),
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
        ELSE former_change IS NULL AND NOT isfinite(coalesce(tenure_since, TIMESTAMPTZ '-infinity'))
    END
), cut AS (
    SELECT
        held.* EXCLUDE (valid_from, ended),
        greatest(held.valid_from, spans.since) AS valid_from,
        CASE
            WHEN spans.until < coalesce(held.ended.at, TIMESTAMPTZ 'infinity')
                THEN {'at': spans.until, 'by': spans.ended_by, 'entry_id': spans.end_entry_id}
            ELSE held.ended
        END AS ended
    FROM held
    LEFT JOIN account_active_spans AS spans
        ON spans.organization_id = held.organization_id
        AND spans.person_key = held.holder_key
    WHERE spans.person_key IS NULL
        OR spans.since < coalesce(held.ended.at, TIMESTAMPTZ 'infinity') AND held.valid_from < spans.until
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
