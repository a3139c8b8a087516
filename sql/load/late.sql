-- New rows that came late, and by how many microseconds at most: older than the watermark of the last
-- proof ($watermark), and of days that were proven then (from $proven_from on).
SELECT count(*), epoch_us($watermark::TIMESTAMPTZ) - epoch_us(min(occurred_at))
FROM arrivals
WHERE stored_hash IS NULL
    AND occurred_at < $watermark::TIMESTAMPTZ
    AND occurred_at >= $proven_from::DATE::TIMESTAMPTZ;
