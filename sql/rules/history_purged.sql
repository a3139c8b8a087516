-- id: history_purged
-- title: The source has dropped more of its history than age explains
-- severity: critical
-- technique: T1070
-- advice: Ask Aitronos who shortened the retention and when. This copy holds what has gone; keep it,
--   and keep a second copy of it.
-- false alarms: A retention that was set on purpose, or one that is enforced less often than daily.
SELECT
    organization_id,
    noticed_at AS occurred_at,
    NULL::VARCHAR AS actor_id,
    NULL::VARCHAR AS entry_id,
    format(
        '{} entries from {} to {} are no longer served: {} of history in {}',
        entries, local_text(oldest), local_text(newest), span_text(to_seconds(span_seconds)),
        span_text(to_seconds(passed_seconds))
    ) AS explanation
FROM purges
