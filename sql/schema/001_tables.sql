-- The warehouse's tables. Forward only: once released, a schema file is never edited; a change is a
-- new file with the next number. No key, constraint, sequence or generated column: the same files
-- must run on DuckLake, which has none of them; uniqueness is kept by sql/load and held by sql/checks.
-- What is marked as repeating is stored as a dictionary in a DuckDB file, what varies by FSST (schema.py).
-- DuckDB itself would try every way at each commit, and choose another one for a third of the rows, by
-- chance. DuckLake knows no such thing.

CREATE TABLE schema_migrations (
    version INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    applied_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE streams (
    organization_id VARCHAR NOT NULL,
    api_base_url VARCHAR NOT NULL,
    filters JSON NOT NULL,
    bound_at TIMESTAMPTZ NOT NULL,
    checked_at TIMESTAMPTZ
);

CREATE TABLE audit_log (
    organization_id VARCHAR /* repeats */ NOT NULL,
    id VARCHAR /* varies */ NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    action_type VARCHAR /* repeats */,
    entity_type VARCHAR /* repeats */,
    entity_id VARCHAR /* repeats */,
    entity_name VARCHAR /* repeats */,
    actor_id VARCHAR /* repeats */,
    actor_name VARCHAR /* repeats */,
    actor_email VARCHAR /* repeats */,
    target_type VARCHAR /* repeats */,
    target_id VARCHAR /* repeats */,
    target_name VARCHAR /* repeats */,
    department_id VARCHAR /* repeats */,
    department_name VARCHAR /* repeats */,
    previous_value JSON /* repeats */,
    new_value JSON /* repeats */,
    metadata JSON /* repeats */,
    raw VARCHAR /* varies */ NOT NULL,
    content_hash VARCHAR /* varies */ NOT NULL,
    first_synced_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR /* repeats */ NOT NULL
);

CREATE TABLE audit_log_versions (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    occurred_at TIMESTAMPTZ NOT NULL,
    action_type VARCHAR,
    entity_type VARCHAR,
    entity_id VARCHAR,
    entity_name VARCHAR,
    actor_id VARCHAR,
    actor_name VARCHAR,
    actor_email VARCHAR,
    target_type VARCHAR,
    target_id VARCHAR,
    target_name VARCHAR,
    department_id VARCHAR,
    department_name VARCHAR,
    previous_value JSON,
    new_value JSON,
    metadata JSON,
    raw VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    first_synced_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL,
    noticed_run_id VARCHAR NOT NULL
);

CREATE TABLE absences (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);

CREATE TABLE quarantine (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    position_at TIMESTAMPTZ NOT NULL,
    raw VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    first_synced_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);

CREATE TABLE placements (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    position_at TIMESTAMPTZ NOT NULL,
    noticed_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);

CREATE TABLE windows (
    seq BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    organization_id VARCHAR NOT NULL,
    from_day DATE,
    to_day DATE,
    entity_type VARCHAR,
    action_type VARCHAR,
    verdict VARCHAR NOT NULL,
    proof VARCHAR,
    reason VARCHAR,
    total BIGINT,
    distinct_entries BIGINT,
    pages_done VARCHAR,
    requests INTEGER NOT NULL,
    history_from DATE,
    newest_first BOOLEAN,
    to_day_included BOOLEAN,
    total_cap BIGINT,
    day_zone VARCHAR NOT NULL,
    oldest_served TIMESTAMPTZ,
    newest_served TIMESTAMPTZ,
    newest_before TIMESTAMPTZ,
    beyond_reach BOOLEAN,
    run_started_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE runs (
    run_id VARCHAR NOT NULL,
    organization_id VARCHAR NOT NULL,
    command VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    message VARCHAR,
    started_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ NOT NULL,
    requests BIGINT NOT NULL,
    fetched BIGINT NOT NULL,
    inserted BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    vanished BIGINT NOT NULL,
    late BIGINT NOT NULL,
    latest_by INTERVAL,
    source_total BIGINT,
    warehouse_total BIGINT,
    version VARCHAR NOT NULL
);
