-- Where the newest row of the ledger proves a whole history, as many entries are known as it says.
WITH newest AS (
    SELECT organization_id, arg_max(total, seq) AS total, arg_max(verdict, seq) AS verdict,
        arg_max_null(from_day, seq) AS from_day, arg_max_null(to_day, seq) AS to_day
    FROM windows GROUP BY organization_id
)
SELECT newest.organization_id, newest.total, watermark.known
FROM newest JOIN watermark USING (organization_id)
WHERE verdict = 'complete' AND from_day IS NULL AND to_day IS NULL
    AND newest.total <> watermark.known;
