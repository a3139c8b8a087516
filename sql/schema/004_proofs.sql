-- One invariant: rows held = what the windows add up to = what the source states of everything. `windows`
-- becomes the tiling of now, `proofs` its history; what served to count rows by the source's days goes.
-- Tables are created again and renamed, since DuckDB 1.5 cannot fill and drop columns in one transaction.

CREATE TABLE proofs (
    seq BIGINT NOT NULL,
    run_id VARCHAR NOT NULL,
    organization_id VARCHAR NOT NULL,
    from_day DATE,
    to_day DATE,
    stated BIGINT,
    held BIGINT,
    how VARCHAR NOT NULL,
    verdict VARCHAR NOT NULL,
    reason VARCHAR,
    watermark TIMESTAMPTZ,
    run_started_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

INSERT INTO proofs BY NAME
SELECT
    seq, run_id, organization_id, coalesce(from_day, DATE '1970-01-01') AS from_day, to_day,
    total AS stated, distinct_entries AS held, coalesce(proof, 'count') AS how, verdict, reason,
    run_started_at, recorded_at
FROM windows
WHERE verdict IN ('complete', 'unproven') AND entity_type IS NULL AND action_type IS NULL;

CREATE TABLE new_streams (
    organization_id VARCHAR NOT NULL,
    api_base_url VARCHAR NOT NULL,
    filters JSON NOT NULL,
    bound_at TIMESTAMPTZ NOT NULL,
    newest_first BOOLEAN,
    ordered BOOLEAN NOT NULL,
    to_day_included BOOLEAN,
    total_cap BIGINT,
    undated BIGINT NOT NULL,
    excluding BOOLEAN NOT NULL
);

INSERT INTO new_streams BY NAME
SELECT
    organization_id, api_base_url, filters, bound_at, newest_first, TRUE AS ordered,
    to_day_included, 0 AS undated, FALSE AS excluding
FROM streams
LEFT JOIN (
    SELECT
        organization_id,
        arg_max(newest_first, seq) FILTER (WHERE newest_first IS NOT NULL) AS newest_first,
        arg_max(to_day_included, seq) FILTER (WHERE to_day_included IS NOT NULL) AS to_day_included
    FROM windows
    GROUP BY organization_id
) AS learned USING (organization_id);

CREATE TABLE new_quarantine (
    organization_id VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    raw VARCHAR NOT NULL,
    content_hash VARCHAR NOT NULL,
    first_synced_at TIMESTAMPTZ NOT NULL,
    run_id VARCHAR NOT NULL
);

-- Entries with neither an id nor a time were named by where they stood as well.
INSERT INTO new_quarantine BY NAME
SELECT
    organization_id,
    CASE WHEN id LIKE 'content:%@%' THEN split_part(id, '@', 1) ELSE id END AS id,
    reason, raw, content_hash, first_synced_at, run_id
FROM quarantine;

-- DuckDB 1.5 updates in place what was not altered in this transaction.
UPDATE absences SET id = split_part(id, '@', 1) WHERE id LIKE 'content:%@%';

CREATE TABLE new_windows (
    organization_id VARCHAR NOT NULL,
    from_day DATE NOT NULL,
    to_day DATE,
    stated BIGINT,
    total BIGINT,
    read_to BIGINT NOT NULL,
    reason VARCHAR,
    counted_on DATE,
    deep_read_at TIMESTAMPTZ
);

-- One window of all that is held. The next sync compares it with what the source states: where that is
-- equal, nothing is read again, and later syncs cut it by counts. Where rows are held from before
-- ETL_FROM_DATE, it begins before them, so that the next sync tells these apart.
INSERT INTO new_windows BY NAME
SELECT
    streams.organization_id,
    CASE
        WHEN oldest < history_from - INTERVAL 1 DAY THEN DATE '1970-01-01'
        ELSE coalesce(history_from, DATE '1970-01-01')
    END AS from_day,
    coalesce(held, 0) AS stated,
    0 AS read_to
FROM streams
JOIN (
    SELECT organization_id, arg_max_null(history_from, seq) AS history_from
    FROM windows GROUP BY organization_id
) AS begun USING (organization_id)
LEFT JOIN (
    SELECT organization_id, count(DISTINCT id) AS held, min(occurred_at) AS oldest
    FROM (
        SELECT organization_id, id, occurred_at FROM audit_log
        UNION ALL
        SELECT organization_id, id, NULL FROM new_quarantine
    )
    ANTI JOIN (
        SELECT organization_id, id FROM absences
        GROUP BY organization_id, id
        HAVING arg_max(reason, noticed_at) <> 'returned'
    ) AS gone USING (organization_id, id)
    GROUP BY organization_id
) AS counted USING (organization_id);

DROP TABLE windows;
DROP TABLE streams;
DROP TABLE quarantine;
DROP TABLE placements;
DROP VIEW IF EXISTS known_entries;
DROP MACRO IF EXISTS refutes;
ALTER TABLE new_windows RENAME TO windows;
ALTER TABLE new_streams RENAME TO streams;
ALTER TABLE new_quarantine RENAME TO quarantine;
