-- What has been fetched and not yet committed: who and when each entry is. In memory, beside the
-- warehouse, never in it. The rest of an entry is taken from its text when it becomes a row.
CREATE OR REPLACE TEMP TABLE served (
    number INTEGER, walk INTEGER, page INTEGER, place INTEGER, spot BIGINT, steady BOOLEAN,
    id VARCHAR, own_id VARCHAR, reason VARCHAR,
    position_at TIMESTAMPTZ, astray BOOLEAN, occurred_at TIMESTAMPTZ, content_hash VARCHAR,
    not_before TIMESTAMPTZ, not_after TIMESTAMPTZ
);

-- The distinct entries served since each walk began, also those that are committed already.
-- `spot` is an entry's place in its walk, counted from the walk's beginning.
CREATE OR REPLACE TEMP TABLE walked (
    walk INTEGER, id VARCHAR, own_id VARCHAR, spot BIGINT, content_hash VARCHAR,
    position_at TIMESTAMPTZ, readable BOOLEAN
);

-- Second contents of an id, by the id under which they are kept in quarantine.
CREATE OR REPLACE TEMP TABLE twins (id VARCHAR);
