-- id: short_lived_grant
-- title: Access granted and taken again within an hour
-- severity: medium
-- technique: T1548.005
-- advice: See what the person did while they held it (actor_timeline), and ask whoever granted it
--   what it was for.
-- false alarms: A grant to the wrong person or role, put right at once; temporary elevation that your
--   organization uses on purpose; a grant repeated to somebody who held it already; automated tests.
WITH changes AS NOT MATERIALIZED (
    SELECT
        *,
        coalesce(person_id, person_name) AS person_key,
        coalesce(object_id, object_name) AS object_key,
        CASE WHEN kind = 'role' THEN department_id END AS scope,
        epoch_us(occurred_at) // 3600000000 AS hour_number
    FROM access_changes
-- Candidates first, by numbers only: a hash stands for who holds what, and what it brings together by
-- chance, the pairs below reject. To pair all changes with all their columns takes half as long again.
), marks AS MATERIALIZED (
    SELECT
        hash(organization_id, kind, person_key, object_key, scope) AS held,
        change,
        occurred_at,
        hour_number
    FROM changes
-- What is less than an hour apart lies in one hour by the clock or in two neighbouring ones: as a key
-- of the join, that spares it comparing each grant with all revocations that the person ever had.
), grants AS (
    SELECT held, occurred_at, hour_number + later AS until_hour
    FROM marks
    CROSS JOIN (VALUES (0), (1)) AS hours (later)
    WHERE change = 'granted'
), close_marks AS (
    SELECT unnest([grants.occurred_at, marks.occurred_at]) AS occurred_at
    FROM marks
    JOIN grants
        ON grants.held = marks.held
        AND grants.until_hour = marks.hour_number
        AND grants.occurred_at < marks.occurred_at
        AND grants.occurred_at >= marks.occurred_at - INTERVAL 1 HOUR
    WHERE marks.change = 'revoked'
), candidates AS (
    SELECT *
    FROM changes
    SEMI JOIN (SELECT unnest(list(DISTINCT occurred_at)) AS occurred_at FROM close_marks) AS instants
        USING (occurred_at)
), pairs AS (
    SELECT
        revoked.*,
        granted.occurred_at AS granted_at,
        granted.changed_by AS granted_by,
        granted.entry_id AS grant_entry_id
    FROM candidates AS revoked
    JOIN candidates AS granted
        ON granted.change = 'granted'
        AND granted.organization_id = revoked.organization_id
        AND granted.kind = revoked.kind
        AND granted.person_key = revoked.person_key
        AND granted.object_key = revoked.object_key
        AND granted.scope IS NOT DISTINCT FROM revoked.scope
        AND granted.occurred_at < revoked.occurred_at
        AND granted.occurred_at >= revoked.occurred_at - INTERVAL 1 HOUR
    WHERE revoked.change = 'revoked'
    -- The next revocation of each grant.
    QUALIFY row_number() OVER (
        PARTITION BY granted.entry_id, granted.organization_id
        ORDER BY revoked.occurred_at, revoked.entry_id
    ) = 1
)
SELECT
    organization_id,
    occurred_at,
    granted_by AS actor_id,
    entry_id,
    format(
        '{} held for {} minutes: {} (entry {})',
        known_as(person_name, person_id),
        datediff('minute', granted_at, occurred_at),
        access_text(kind, object_name, object_id),
        grant_entry_id
    ) AS explanation
FROM pairs
-- And of each revocation the first such grant: only of the pairs that are left, as a grant that an
-- earlier revocation ended is not the one that this revocation ends.
QUALIFY row_number() OVER (
    PARTITION BY entry_id, organization_id ORDER BY granted_at, grant_entry_id
) = 1
