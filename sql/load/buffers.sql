-- What has been fetched and not yet committed. In memory, beside the warehouse, never in it.
CREATE TEMP TABLE served (
    walk INTEGER, page INTEGER, place INTEGER,
    id VARCHAR, reason VARCHAR, position_at TIMESTAMPTZ, occurred_at TIMESTAMPTZ,
    action_type VARCHAR, entity_type VARCHAR, entity_id VARCHAR, entity_name VARCHAR,
    actor_id VARCHAR, actor_name VARCHAR, actor_email VARCHAR,
    target_type VARCHAR, target_id VARCHAR, target_name VARCHAR,
    department_id VARCHAR, department_name VARCHAR,
    previous_value JSON, new_value JSON, metadata JSON,
    raw VARCHAR, content_hash VARCHAR
);

-- The distinct entries served since each walk began, also those that are committed already.
CREATE TEMP TABLE walked (walk INTEGER, id VARCHAR, position_at TIMESTAMPTZ, readable BOOLEAN);
