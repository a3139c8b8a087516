-- Which of the entries served are to be stored, and as what, in the order in which they were served.
WITH superseded AS (
    -- Entries that changed between two pages of this batch: what was served first is a former version.
    SELECT min(number) AS number
    FROM served
    JOIN (SELECT id, content_hash AS latest, stored_hash FROM arrivals) AS arrivals USING (id)
    WHERE reason IS NULL AND content_hash <> latest AND content_hash IS DISTINCT FROM stored_hash
    GROUP BY id, content_hash
),
unfit AS (
    SELECT min(number) AS number
    FROM served
    WHERE reason IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM quarantine AS kept
            WHERE kept.organization_id = $organization_id
                AND kept.id = served.id AND kept.content_hash = served.content_hash
        )
    GROUP BY id, content_hash
)
SELECT what, number
FROM (
    SELECT 'new' AS what, number FROM arrivals WHERE stored_hash IS NULL
    UNION ALL
    SELECT 'changed', number FROM arrivals WHERE stored_hash <> content_hash
    UNION ALL
    SELECT 'superseded', number FROM superseded
    UNION ALL
    SELECT 'quarantine', number FROM unfit
)
ORDER BY number;
