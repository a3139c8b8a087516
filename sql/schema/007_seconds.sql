-- Spans of time are seconds: many programs that read the file do not know the type INTERVAL. As a new table:
-- DuckDB 1.5 cannot commit an UPDATE and an ALTER of one table together.
CREATE TABLE new_runs (
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
    source_total BIGINT,
    warehouse_total BIGINT,
    version VARCHAR NOT NULL,
    latest_by_seconds BIGINT
);

INSERT INTO new_runs BY NAME
SELECT * EXCLUDE (latest_by), ceil(epoch(latest_by))::BIGINT AS latest_by_seconds FROM runs;

DROP TABLE runs;
ALTER TABLE new_runs RENAME TO runs;
