-- What was fetched and is not committed yet, beside the warehouse in memory: who and when each entry is.
-- The rest of an entry is taken from its text when it becomes a row.
CREATE OR REPLACE TEMP TABLE served (
    number INTEGER, walk INTEGER, page INTEGER, id VARCHAR, reason VARCHAR,
    occurred_at TIMESTAMPTZ, content_hash VARCHAR
);
