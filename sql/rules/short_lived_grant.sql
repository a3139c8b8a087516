-- id: short_lived_grant
-- title: Access granted and taken again within an hour
-- severity: medium
-- technique: T1548.005
-- advice: See what the person did while they held it (actor_timeline), and ask whoever granted it
--   what it was for.
-- false alarms: A grant to the wrong person or role, put right at once; temporary elevation that your
--   organization uses on purpose; automated tests.
SELECT
    organization_id,
    valid_to AS occurred_at,
    granted_by AS actor_id,
    revocation_entry_id AS entry_id,
    format(
        '{} held for {} minutes: {} (entry {})',
        known_as(person_name, person_id),
        datediff('minute', granted_at, valid_to),
        access_text(kind, object_name, object_id),
        grant_entry_id
    ) AS explanation
FROM access_intervals
WHERE valid_to - granted_at <= INTERVAL 1 HOUR
