-- Millions of entries as a large organization leaves them, each drawn from a hash of its number.
--
-- So many rows of so many actors, over weeks that end with the current one's Monday: hardly any at
-- weekends, four in a hundred by automation at night, the others from eight to six, in the order of
-- time. Without texts `raw` is empty but for a pair of braces: nothing that only reads the columns needs
-- its bytes.
--
-- The organization's own sample holds no change of access, so the sandbox's company is the model. Of a
-- million entries that it makes up over 700 days, 291,000 change access, as many as by the weights below;
-- the others are weighed roughly as there. Whoever is off does not act there, but for one entry; of 104,000
-- revocations 100,000 follow a grant of the same, one of them within the hour; a role holds in the
-- department of its holder, or everywhere. So here, too, those who go off and on never act, but for one
-- change in 100,000, and a person has few roles, departments and grants. Whether something is given or
-- taken is drawn, though, so that many revocations follow no grant.

CREATE OR REPLACE TEMP TABLE kinds AS
SELECT (row_number() OVER () - 1)::INTEGER AS slot, entity_type, action_type
FROM (VALUES
    ('knowledge_slice', 'created', 192), ('knowledge_slice', 'updated', 150),
    ('knowledge_slice', 'deleted', 23), ('knowledge_slice', 'reparented', 12),
    ('vector_store', 'created', 23), ('vector_store', 'updated', 69),
    ('vector_store', 'deleted', 12), ('knowledge_composite', 'created', 12),
    ('knowledge_composite', 'updated', 23), ('knowledge_grant', 'created', 38),
    ('knowledge_grant', 'deleted', 24), ('role_assignment', 'assigned', 44),
    ('role_assignment', 'unassigned', 36), ('department_membership', 'membership_added', 28),
    ('department_membership', 'membership_removed', 28), ('user', 'updated', 69),
    ('user', 'deactivated', 33), ('user', 'reactivated', 17), ('user', 'invited', 16),
    ('user', 'removed', 16), ('role', 'created', 6), ('role', 'updated', 25),
    ('role', 'deleted', 6), ('permission', 'created', 12), ('permission', 'updated', 23),
    ('permission', 'deleted', 6), ('department', 'created', 15), ('department', 'updated', 15),
    ('department', 'deleted', 15), ('department', 'reparented', 12)
) AS kind (entity_type, action_type, weight), range(1000) AS times (n)
WHERE n < weight;

INSERT INTO audit_log
WITH numbered AS (
    SELECT
        range AS n,
        range * 100 / $rows AS week,
        md5(range::VARCHAR) AS digits,
        -- Their lowest bits go together.
        hash(range, 1) >> 11 AS who, hash(range, 2) >> 17 AS what, hash(range, 3) >> 23 AS whom,
        hash(range, 4) >> 5 AS kind
    FROM range($rows)
),
dated AS (
    SELECT
        *,
        CASE
            WHEN (week % 1) * 5.1 < 5 THEN (week % 1) * 5.1
            ELSE 5 + least((week % 1) * 51 - 50, 0.999999) * 2
        END AS day
    FROM numbered
),
timed AS (
    SELECT
        *,
        CASE
            WHEN day % 1 < 0.02 THEN (day % 1) / 0.02 * 8
            WHEN day % 1 < 0.98 THEN 8 + (day % 1 - 0.02) / 0.96 * 10
            ELSE 18 + (day % 1 - 0.98) / 0.02 * 6
        END AS hour,
        day % 1 < 0.02 OR day % 1 >= 0.98 AS at_night
    FROM dated
),
drawn AS (
    SELECT
        n, digits, entity_type, action_type,
        date_trunc('week', $now::TIMESTAMPTZ) + to_microseconds(
            ((floor(week) - 100) * 604800e6 + floor(day) * 86400e6 + hour * 3600e6)::BIGINT
        ) AS occurred_at,
        -- a few do much, most do little
        CASE
            WHEN at_night THEN 0
            ELSE 1 + floor(pow((who % 1000000) / 1e6, 1.5) * (2000 - 1))
        END::INTEGER AS actor,
        CASE
            WHEN action_type NOT IN ('deactivated', 'reactivated', 'invited', 'removed')
                THEN whom % 20000
            WHEN n % 100000 = 0 THEN whom % 2000
            ELSE 2000 + whom % 18000
        END::INTEGER AS person,
        CASE entity_type
            WHEN 'role_assignment' THEN (person + what % 4) % 12
            WHEN 'department_membership' THEN (person + what % 3) % 40
            WHEN 'knowledge_grant' THEN (person * 6 + what % 6) % 50000
            ELSE what % 50000
        END::INTEGER AS thing
    FROM timed
    JOIN kinds ON kinds.slot = (kind % 1000)::INTEGER
),
entry AS (
    SELECT
        'aud_' || left(digits, 20) AS id,
        occurred_at, action_type, entity_type,
        CASE entity_type
            WHEN 'user' THEN printf('usr_%012d', person)
            WHEN 'role_assignment' THEN printf('rol_%012d', thing)
            WHEN 'department_membership' THEN printf('dep_%012d', thing)
            ELSE printf('%.3s_%012d', entity_type, thing)
        END AS entity_id,
        CASE entity_type
            WHEN 'user' THEN 'Person ' || person
            WHEN 'role_assignment' THEN 'Role ' || thing
            WHEN 'department_membership' THEN 'Department ' || thing
            ELSE 'Thing ' || thing
        END AS entity_name,
        printf('usr_%012d', actor) AS actor_id,
        'Person ' || actor AS actor_name,
        'person' || actor || '@example.com' AS actor_email,
        entity_type IN ('role_assignment', 'department_membership', 'knowledge_grant') AS aimed,
        CASE WHEN aimed THEN 'user' END AS target_type,
        CASE WHEN aimed THEN printf('usr_%012d', person) END AS target_id,
        CASE WHEN aimed THEN 'Person ' || person END AS target_name,
        CASE
            WHEN entity_type = 'department_membership' THEN thing
            WHEN entity_type = 'role_assignment' THEN CASE WHEN thing % 5 < 3 THEN person % 40 END
            WHEN n % 10 <> 0 THEN actor % 40
        END AS department,
        'dep_' || printf('%012d', department) AS department_id,
        'Department ' || department AS department_name,
        CASE
            WHEN action_type IN ('updated', 'deleted', 'reparented')
                THEN '{"name":"Thing ' || thing || '","version":' || n % 9 || '}'
        END AS previous_value,
        CASE
            WHEN action_type IN ('created', 'updated', 'reparented')
                THEN '{"name":"Thing ' || thing || '","version":' || n % 9 + 1 || '}'
        END AS new_value,
        '{"ip_address":"192.0.2.' || actor % 250
            || '","user_agent":"Mozilla/5.0 (X11; Linux x86_64) Firefox/141.0"}' AS metadata,
        digits
    FROM drawn
)
SELECT
    $organization_id, id, occurred_at, action_type, entity_type, entity_id, entity_name,
    actor_id, actor_name, actor_email, target_type, target_id, target_name,
    department_id, department_name, previous_value::JSON, new_value::JSON, metadata::JSON,
    CASE
        WHEN NOT $texts THEN '{}'
        ELSE concat(
            '{"id":"', id, '","organization_id":"', $organization_id, '","entity_type":"', entity_type,
            '","entity_id":"', entity_id, '","entity_name":"', entity_name,
            '","action_type":"', action_type, '","actor_id":"', actor_id,
            '","actor_name":"', actor_name, '","actor_email":"', actor_email,
            '","target_id":"', target_id, '","department_id":"', department_id,
            '","previous_value":', coalesce(previous_value, 'null'),
            ',"new_value":', coalesce(new_value, 'null'), ',"metadata":', metadata,
            ',"created_at":"', strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'), '"}'
        )
    END,
    digits || digits, $now::TIMESTAMPTZ, 'made'
FROM entry;

INSERT INTO streams BY NAME
SELECT
    $organization_id AS organization_id, 'http://127.0.0.1' AS api_base_url, '{}' AS filters,
    $now::TIMESTAMPTZ AS bound_at, TRUE AS newest_first, TRUE AS ordered, TRUE AS to_day_included,
    0 AS undated, 0 AS kept;

-- The ledger as a backfill leaves it: a proven window for each week, the newest one open.
INSERT INTO windows BY NAME
WITH weekly AS (
    SELECT
        date_trunc('week', $now::TIMESTAMPTZ)::DATE - (7 * (100 - range))::INTEGER AS from_day,
        CASE WHEN range < 100 THEN from_day + 7 END AS to_day
    FROM range(100 + 1)
),
held AS (
    SELECT date_trunc('week', occurred_at)::DATE AS from_day, count(*) AS stated
    FROM audit_log
    GROUP BY ALL
)
SELECT
    $organization_id AS organization_id, from_day, to_day, coalesce(stated, 0) AS stated,
    0 AS read_to, $now::DATE AS counted_on
FROM weekly
LEFT JOIN held USING (from_day);

INSERT INTO proofs BY NAME
SELECT
    row_number() OVER (ORDER BY watermark NULLS FIRST, from_day) AS seq, 'made' AS run_id,
    $organization_id AS organization_id, from_day, to_day, stated, stated AS held, how,
    'complete' AS verdict, watermark,
    $now::TIMESTAMPTZ AS run_started_at, $now::TIMESTAMPTZ AS recorded_at
FROM (
    SELECT from_day, to_day, stated, 'walk' AS how, NULL::TIMESTAMPTZ AS watermark FROM windows
    UNION ALL
    SELECT NULL, NULL, count(*), 'count', max(occurred_at) FROM audit_log
);
