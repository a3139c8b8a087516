-- How many entries of some days (of UTC) are held.
SELECT count(*)
FROM held_entries
JOIN audit_log USING (organization_id, id)
WHERE organization_id = $organization_id
    AND ($low::DATE IS NULL OR occurred_at >= $low::DATE::TIMESTAMPTZ)
    AND ($high::DATE IS NULL OR occurred_at < $high::DATE::TIMESTAMPTZ);
