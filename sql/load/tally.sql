-- What the arrivals will do: new rows, changed rows, new rows from before the watermark and how far
-- before it at most (microseconds).
SELECT
    count(*) FILTER (WHERE stored_hash IS NULL),
    count(*) FILTER (WHERE stored_hash <> content_hash),
    count(*) FILTER (WHERE stored_hash IS NULL AND occurred_at < $watermark::TIMESTAMPTZ),
    max(epoch_us($watermark::TIMESTAMPTZ) - epoch_us(occurred_at))
        FILTER (WHERE stored_hash IS NULL AND occurred_at < $watermark::TIMESTAMPTZ)
FROM arrivals;
