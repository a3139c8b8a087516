-- The columns of audit_log that are taken from an entry: name, type, and where an entry may have the value,
-- as JSON paths; the first that holds one wins. A text column takes text, numbers and booleans, no object
-- and no list. To add a column, add a line: the next sync adds it to the tables and fills it from the stored texts.
SELECT * FROM (VALUES
    ('id', 'VARCHAR', ['$.id', '$._id', '$.entry_id', '$.entryId', '$.audit_id', '$.uuid', '$.id."$oid"', '$._id."$oid"']),
    ('occurred_at', 'TIMESTAMPTZ', [
        '$.occurred_at', '$.occurredAt', '$.created_at', '$.createdAt', '$.timestamp',
        '$.occurred_at."$date"', '$.occurredAt."$date"', '$.created_at."$date"', '$.createdAt."$date"',
        '$.timestamp."$date"', '$.occurred_at."$date"."$numberLong"', '$.occurredAt."$date"."$numberLong"',
        '$.created_at."$date"."$numberLong"', '$.createdAt."$date"."$numberLong"',
        '$.timestamp."$date"."$numberLong"'
    ]),
    ('action_type', 'VARCHAR', ['$.action_type', '$.actionType', '$.action.type', '$.action']),
    ('entity_type', 'VARCHAR', ['$.entity_type', '$.entityType', '$.entity.type']),
    ('entity_id', 'VARCHAR', ['$.entity_id', '$.entityId', '$.entity.id']),
    ('entity_name', 'VARCHAR', ['$.entity_name', '$.entityName', '$.entity.name', '$.entity']),
    ('actor_id', 'VARCHAR', ['$.actor_id', '$.actorId', '$.actor.id']),
    ('actor_name', 'VARCHAR', ['$.actor_name', '$.actorName', '$.actor.name', '$.actor']),
    ('actor_email', 'VARCHAR', ['$.actor_email', '$.actorEmail', '$.actor.email']),
    ('target_type', 'VARCHAR', ['$.target_type', '$.targetType', '$.target.type']),
    ('target_id', 'VARCHAR', ['$.target_id', '$.targetId', '$.target.id']),
    ('target_name', 'VARCHAR', ['$.target_name', '$.targetName', '$.target.name', '$.target']),
    ('department_id', 'VARCHAR', ['$.department_id', '$.departmentId', '$.department.id']),
    ('department_name', 'VARCHAR', ['$.department_name', '$.departmentName', '$.department.name', '$.department']),
    ('previous_value', 'JSON', ['$.previous_value', '$.previousValue']),
    ('new_value', 'JSON', ['$.new_value', '$.newValue']),
    ('metadata', 'JSON', ['$.metadata'])
) AS columns(name, type, places);
