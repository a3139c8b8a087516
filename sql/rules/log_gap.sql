-- id: log_gap
-- title: The log is silent for longer than the organization ever was
-- severity: medium
-- technique: T1562.008
-- advice: Find out whether logging was off or nobody worked: ask people who changed something in
--   that time whether it is in the log.
-- false alarms: Company holidays; a quiet start; a copy with filters, which always has gaps.
-- A gap of an hour or more lies between two quarters of an hour, so the first and last entry of each suffice.
WITH quarters AS (
    SELECT
        organization_id,
        quarter_hour(occurred_at) AS quarter,
        min(occurred_at) AS first_at,
        max(occurred_at) AS last_at
    FROM entries
    WHERE occurred_at <= now()
    GROUP BY ALL
-- A gap that has not ended is measured up to the last proof of the newest days.
), looks AS (
    SELECT organization_id, max(run_started_at) AS looked_at
    FROM proofs
    WHERE verdict = 'complete' AND to_day IS NULL
    GROUP BY organization_id
), silences AS (
    SELECT
        organization_id,
        last_at AS begun_at,
        coalesce(lead(first_at) OVER sequence, looked_at) AS ended_at,
        lead(first_at) OVER sequence IS NULL AS still,
        min(first_at) OVER sequence AS history_at
    FROM quarters
    LEFT JOIN looks USING (organization_id)
    WINDOW sequence AS (PARTITION BY organization_id ORDER BY quarter)
), compared AS (
    SELECT
        *,
        max(ended_at - begun_at) OVER (
            PARTITION BY organization_id ORDER BY begun_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS longest_before
    FROM silences
    WHERE ended_at > begun_at
)
SELECT
    compared.organization_id,
    compared.begun_at + compared.longest_before AS occurred_at,
    NULL AS actor_id,
    max(entries.entry_id) AS entry_id,
    format(
        'No entry from {} to {}{}: {}, and never more than {} before',
        local_text(begun_at), local_text(ended_at),
        CASE WHEN still THEN ', the last look' ELSE '' END,
        span_text(ended_at - begun_at), span_text(longest_before)
    ) AS explanation
FROM compared
JOIN entries
    ON entries.organization_id = compared.organization_id
    AND entries.occurred_at = compared.begun_at
WHERE ended_at - begun_at > greatest(longest_before, INTERVAL 1 HOUR)
    AND begun_at - history_at >= INTERVAL 336 HOUR
GROUP BY ALL
