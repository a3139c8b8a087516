-- Access as spans of time: every change on access_changes, paired. What removes a person for good,
-- account_removals says.
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
-- A change that names no person or no object cannot be followed and has no span. What was granted before
-- the history and never revoked since has none either: no entry tells of it.

-- The spans of one kind of access (else of all), of one object and of one person, NULL meaning any.
-- Accounts are always looked at, since they cut all others. Asked for a moment, it leaves out what was
-- over by then: all spans that hold at the moment are among those that it gives.
CREATE OR REPLACE MACRO access_spans_at(the_kind, the_object, the_person, the_moment) AS TABLE
-- Read once: numbers, accounts, spans and names are all made from it.
WITH changes AS (
    SELECT
        *,
        -- Where the entry gives no id, the name stands in for it.
        coalesce(person_id, person_name) AS person_key,
        coalesce(object_id, object_name) AS object_key,
        CASE WHEN kind = 'role' THEN department_id END AS scope
    FROM access_changes
    WHERE coalesce(person_id, person_name) IS NOT NULL
        AND coalesce(object_id, object_name) IS NOT NULL
        AND (the_person IS NULL OR coalesce(person_id, person_name) = the_person)
        AND (the_kind IS NULL OR kind IN (the_kind, 'account'))
        AND (
            the_object IS NULL OR kind = 'account'
            OR coalesce(object_id, object_name) = the_object
        )
),
-- People and objects go by number: joining and sorting by their keys takes twice the time. Numbered in
-- order, so that the numbers are the same wherever they are looked at.
people AS (
    SELECT *, row_number() OVER (ORDER BY organization_id, person_key) AS person
    FROM (
        SELECT
            organization_id,
            coalesce(person_id, person_name) AS person_key,
            max(person_id) AS person_id,
            arg_max(person_name, (last_at, person_name)) AS person_name
        FROM (
            SELECT organization_id, person_id, person_name, max(occurred_at) AS last_at
            FROM changes
            GROUP BY ALL
        )
        GROUP BY ALL
    )
),
objects AS (
    SELECT *, row_number() OVER (ORDER BY organization_id, kind, object_key) AS object
    FROM (
        SELECT
            organization_id,
            kind,
            coalesce(object_id, object_name) AS object_key,
            max(object_id) AS object_id,
            arg_max(object_name, (last_at, object_name)) AS object_name
        FROM (
            SELECT organization_id, kind, object_id, object_name, max(occurred_at) AS last_at
            FROM changes
            WHERE the_kind IS NULL OR kind = the_kind
            GROUP BY ALL
        )
        GROUP BY ALL
    )
),
scopes AS (
    SELECT scope, row_number() OVER (ORDER BY scope) AS scope_number
    FROM (SELECT DISTINCT scope FROM changes)
    WHERE scope IS NOT NULL
),
account_changes AS (
    SELECT
        people.person,
        changes.occurred_at,
        changes.changed_by,
        changes.entry_id,
        removals.entry_id IS NOT NULL AS removes,
        changes.change = 'revoked' AND removals.entry_id IS NULL AS suspends
    FROM changes
    JOIN people USING (organization_id, person_key)
    LEFT JOIN account_removals AS removals
        ON removals.organization_id = changes.organization_id
        AND removals.entry_id = changes.entry_id
    WHERE changes.kind = 'account'
),
-- Since when each person's changes count for the moment: access begins anew with the last removal, and
-- the account's own life with that or the last deactivation, whichever is earlier.
bygones AS (
    SELECT
        person,
        max(occurred_at) FILTER (removes) AS removed_at,
        least(removed_at, max(occurred_at) FILTER (suspends)) AS account_since
    FROM account_changes
    WHERE occurred_at <= CAST(the_moment AS TIMESTAMPTZ)
    GROUP BY person
),
accounts AS (
    SELECT
        person,
        occurred_at,
        changed_by,
        entry_id,
        removes,
        suspends
    FROM account_changes
    LEFT JOIN bygones USING (person)
    WHERE coalesce(occurred_at >= account_since, true)
),
-- From one removal of a person to the next. What is known of one tenure says nothing of another.
tenures AS (
    SELECT
        person,
        coalesce(lag(occurred_at) OVER (
            PARTITION BY person ORDER BY occurred_at, entry_id
        ), TIMESTAMPTZ '-infinity') AS since,
        occurred_at AS until,
        {'at': occurred_at, 'by': changed_by, 'entry_id': entry_id} AS ended
    FROM accounts
    WHERE removes
    UNION ALL
    SELECT person, max(occurred_at) AS since, TIMESTAMPTZ 'infinity' AS until, NULL AS ended
    FROM accounts
    WHERE removes
    GROUP BY person
),
-- Where an account goes off or on; the second in a row is none.
switches AS (
    SELECT *
    FROM accounts
    QUALIFY suspends IS DISTINCT FROM coalesce(lag(suspends) OVER (
        PARTITION BY person ORDER BY occurred_at, suspends DESC, entry_id
    ), false)
),
-- The stretches of an account's life in which it is on: at least one where it ever went off, since it
-- was on before; none for one that never did.
stretches AS (
    SELECT
        person,
        coalesce(lag(occurred_at) OVER (
            PARTITION BY person ORDER BY occurred_at, suspends DESC
        ), TIMESTAMPTZ '-infinity') AS since,
        occurred_at AS until,
        {'at': occurred_at, 'by': changed_by, 'entry_id': entry_id} AS ended
    FROM switches
    QUALIFY suspends
    UNION ALL
    SELECT person, max(occurred_at) AS since, TIMESTAMPTZ 'infinity' AS until, NULL AS ended
    FROM switches
    GROUP BY person
    HAVING NOT arg_max(suspends, (occurred_at, NOT suspends))
),
counting AS (
    SELECT
        people.person,
        objects.object,
        scopes.scope_number,
        changes.department_id,
        -- Whose account suspends and ends it: nobody's, if it is an account itself.
        CASE WHEN changes.kind <> 'account' THEN people.person END AS holder,
        changes.change = 'granted' AS granted,
        changes.occurred_at,
        changes.changed_by,
        changes.entry_id
    FROM changes
    -- All are found. Said so, the planner would rather pair each person with each object first.
    LEFT JOIN people USING (organization_id, person_key)
    LEFT JOIN objects USING (organization_id, kind, object_key)
    LEFT JOIN scopes USING (scope)
    LEFT JOIN bygones ON bygones.person = people.person
    -- The accounts that are looked at as well are no answer, unless they are asked for.
    WHERE (the_kind IS NULL OR kind = the_kind)
        AND (the_object IS NULL OR object_key = the_object)
        AND coalesce(
            changes.occurred_at >= CASE WHEN kind = 'account' THEN account_since ELSE removed_at END,
            true
        )
),
sequenced AS (
    SELECT
        counting.*,
        tenures.since AS tenure_since,
        tenures.ended AS removal,
        lag(granted) OVER sequence AS after_grant,
        lead(CASE WHEN NOT granted THEN {
            'at': occurred_at, 'by': changed_by, 'entry_id': entry_id
        } END IGNORE NULLS) OVER sequence AS revocation
    FROM counting
    LEFT JOIN tenures
        ON tenures.person = counting.holder
        AND tenures.since <= counting.occurred_at
        AND tenures.until > counting.occurred_at
    WINDOW sequence AS (
        PARTITION BY counting.person, counting.object, counting.scope_number, tenures.since
        -- A revocation before a grant.
        ORDER BY counting.occurred_at, counting.granted, counting.entry_id
    )
),
held AS (
    SELECT
        person,
        object,
        holder,
        department_id,
        CASE WHEN granted THEN occurred_at ELSE TIMESTAMPTZ '-infinity' END AS granted_at,
        CASE WHEN granted THEN changed_by END AS granted_by,
        CASE WHEN granted THEN entry_id END AS grant_entry_id,
        CASE
            WHEN granted THEN coalesce(revocation, removal)
            ELSE {'at': occurred_at, 'by': changed_by, 'entry_id': entry_id}
        END AS ended
    FROM sequenced
    WHERE CASE
        WHEN granted THEN after_grant IS DISTINCT FROM true
        ELSE after_grant IS NULL
            AND coalesce(tenure_since, TIMESTAMPTZ '-infinity') = TIMESTAMPTZ '-infinity'
    END
),
in_force AS (
    SELECT
        held.* EXCLUDE (ended),
        greatest(held.granted_at, stretches.since) AS valid_from,
        CASE
            WHEN stretches.until < coalesce(held.ended.at, TIMESTAMPTZ 'infinity')
                THEN stretches.ended
            ELSE held.ended
        END AS ended
    FROM held
    LEFT JOIN stretches ON stretches.person = held.holder
    WHERE stretches.person IS NULL
        OR stretches.since < coalesce(held.ended.at, TIMESTAMPTZ 'infinity')
        AND held.granted_at < stretches.until
)
SELECT
    people.organization_id,
    people.person_id,
    people.person_name,
    people.person_key,
    objects.kind,
    objects.object_id,
    objects.object_name,
    objects.object_key,
    in_force.department_id,
    CASE WHEN isfinite(in_force.valid_from) THEN in_force.valid_from END AS valid_from,
    in_force.ended.at AS valid_to,
    CASE WHEN isfinite(in_force.granted_at) THEN in_force.granted_at END AS granted_at,
    in_force.granted_by,
    in_force.ended.by AS revoked_by,
    in_force.grant_entry_id,
    in_force.ended.entry_id AS revocation_entry_id
FROM in_force
JOIN people USING (person)
JOIN objects USING (object);

CREATE OR REPLACE MACRO access_spans(the_kind, the_object, the_person) AS TABLE
FROM access_spans_at(the_kind, the_object, the_person, NULL);

CREATE OR REPLACE VIEW access_intervals AS
FROM access_spans(NULL, NULL, NULL);

COMMENT ON VIEW access_intervals IS 'Who held what from when to when: the spans behind role_assignments, department_memberships and the access macros. What was granted before the history and never revoked since is missing: no entry tells of it';
