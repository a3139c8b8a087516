-- id: self_grant
-- title: A person grants access to themselves
-- severity: high
-- technique: T1098.003
-- advice: Ask a second administrator whether this was agreed; if not, revoke the grant and look at
--   what the person did with it (actor_timeline).
-- false alarms: The founder of an organization, who has nobody else to ask; people who enter open
--   departments by themselves; a first sign-up that the API logs as the person's own invitation.
SELECT
    organization_id,
    occurred_at,
    changed_by AS actor_id,
    entry_id,
    format(
        '{} granted themselves: {}',
        known_as(person_name, person_id),
        access_text(kind, object_name, object_id)
    ) AS explanation
FROM access_changes
WHERE change = 'granted' AND changed_by = coalesce(person_id, person_name)
