-- Known entries that have neither an id nor a time of their own, each with where it counts and between
-- which instants its time lies (microseconds). What has gone is another one if it comes again.
SELECT
    kept.content_hash, kept.id, epoch_us(any_value(kept.not_before)),
    epoch_us(any_value(kept.not_after)),
    epoch_us(coalesce(arg_max(placements.position_at, placements.noticed_at), min(kept.position_at)))
FROM quarantine AS kept
LEFT JOIN placements USING (organization_id, id)
WHERE organization_id = $organization_id
    AND kept.reason <> 'duplicate_id' AND starts_with(kept.id, 'content:')
    AND kept.id NOT IN (SELECT id FROM absent_entries WHERE organization_id = $organization_id)
GROUP BY kept.content_hash, kept.id
ORDER BY kept.id;
